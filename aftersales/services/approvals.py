"""What people decide about a refund that waits for them: approve, lower, split, reject.

Each decision is one transaction under the locks of the refund and of its cause: of two people at once one is
first, and the other is told who did what. Amounts of refunds never change: to lower or to split one is to cancel
it and to write others in its place.
"""

from __future__ import annotations

from contextlib import suppress

from aftersales.domain.accounts import Account, Right
from aftersales.domain.approvals import Approval, Decided, NeedsAnother, OverLimit, Review, Step
from aftersales.domain.errors import Forbidden, Invalid, NotFound
from aftersales.domain.money import Money
from aftersales.domain.refunds import CauseKind, Refund, RefundState, RefundTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import add_agent_words, clean_text
from aftersales.services.manual_refunds import lock_cause
from aftersales.services.moves import By, note_consent
from aftersales.services.news import tell_of_refund
from aftersales.services.refund_outcomes import close_when_paid
from aftersales.services.refund_parts import replace_by_parts
from aftersales.services.refund_reviews import RefundReview, limit_of, review_of
from aftersales.services.refunds import decide_waiting

MERCHANT = "merchant"  # who decides with the merchant key
LONGEST_REASON = 500
CHANNEL = "desk"


async def approve(ctx: Context, *, refund_id: str, account: Account) -> Refund:
    """This person agrees; with enough people the refund goes on, else it still waits for another one.

    Raises NotFound, Forbidden, OverLimit (of what is paid for its cause in all), NeedsAnother when the same
    person has agreed already, Decided when somebody was faster.
    """
    async with ctx.unit_of_work() as uow:
        account = await check_account(uow, account)
        refund, review = await _lock(ctx, uow, refund_id)
        check_limit(ctx, account, review)
        if not await _keep(ctx, uow, refund, review, Step.APPROVE, account=account.name):
            raise NeedsAnother
        by = By(account.actor, CHANNEL)
        if review.is_agreed_with(account.name):
            agreed = {"agreed": [*review.agreed, account.name]}
            return await decide_waiting(ctx, uow, refund, RefundTrigger.APPROVE, by=by, detail=agreed)
        await note_consent(uow, refund, by=by, at=ctx.clock.now())
        return refund


async def approve_by_key(ctx: Context, *, refund_id: str, actor: str, channel: str) -> Refund:
    """The shop's own system agrees, where one person is enough: a key cannot tell two people apart.

    Raises NotFound, Forbidden where two have to agree, Decided when somebody was faster.
    """
    async with ctx.unit_of_work() as uow:
        refund, review = await _lock(ctx, uow, refund_id)
        if review.level is Review.TWO_PEOPLE or review.grounds.raised_by == actor:
            raise Forbidden("two_people")
        await _keep(ctx, uow, refund, review, Step.APPROVE, account=MERCHANT)
        return await decide_waiting(ctx, uow, refund, RefundTrigger.APPROVE, by=By(actor, channel))


async def lower(
    ctx: Context, *, refund_id: str, account: Account, amount: Money, reason: str, words: str = ""
) -> Refund:
    """Only `amount` of it is paid, once people agree to that; the rest is not owed any more. Gives the new one.

    The customer is told, with `words` if there are any; `reason` is for colleagues. Raises NotFound, Forbidden,
    Invalid (amount, reason, and as check_text for the words), Decided.
    """
    why = check_reason(reason)
    async with ctx.unit_of_work() as uow:
        account = await check_account(uow, account)
        refund, review = await _lock(ctx, uow, refund_id)
        if not _is_part(amount, refund.amount):
            raise Invalid("amount")
        await _keep(ctx, uow, refund, review, Step.LOWER, account=account.name, reason=why)
        by, rest = By(account.actor, CHANNEL), refund.amount - amount
        detail = {"step": Step.LOWER.value, "to": amount.decimal(), "reason": why}
        lowered, waived = await replace_by_parts(
            ctx, uow, refund, [amount, rest], grounds=review.grounds, by=by, detail=detail
        )
        await decide_waiting(ctx, uow, waived, RefundTrigger.REJECT, by=by, detail={"reason": why})
        await _tell(ctx, uow, lowered, "utter_refunds_lowered", words=words)
        return lowered


async def split(
    ctx: Context, *, refund_id: str, account: Account, amount: Money, reason: str
) -> tuple[Refund, Refund]:
    """Two refunds in its place, of `amount` and of the rest, each decided by itself. Raises as lower does."""
    why = check_reason(reason)
    async with ctx.unit_of_work() as uow:
        account = await check_account(uow, account)
        refund, review = await _lock(ctx, uow, refund_id)
        if not _is_part(amount, refund.amount):
            raise Invalid("amount")
        await _keep(ctx, uow, refund, review, Step.SPLIT, account=account.name, reason=why)
        detail = {"step": Step.SPLIT.value, "to": amount.decimal(), "reason": why}
        one, other = await replace_by_parts(
            ctx,
            uow,
            refund,
            [amount, refund.amount - amount],
            grounds=review.grounds,
            by=By(account.actor, CHANNEL),
            detail=detail,
        )
        return one, other


async def reject(ctx: Context, *, refund_id: str, account: Account, reason: str, words: str = "") -> Refund:
    """It is not paid, and nothing is owed for it any more. Tells the customer and raises as lower does."""
    why = check_reason(reason)
    async with ctx.unit_of_work() as uow:
        account = await check_account(uow, account)
        await lock_cause(
            uow, await uow.refunds.get(refund_id)
        )  # before the refund, as whoever else takes both does
        refund, review = await _lock(ctx, uow, refund_id)
        await _keep(ctx, uow, refund, review, Step.REJECT, account=account.name, reason=why)
        by = By(account.actor, CHANNEL)
        rejected = await decide_waiting(ctx, uow, refund, RefundTrigger.REJECT, by=by, detail={"reason": why})
        await _tell(ctx, uow, rejected, "utter_refunds_not_granted", words=words)
        if rejected.cause_kind is CauseKind.RETURN:
            await close_when_paid(ctx, uow, rejected.cause_id, by=by)
        return rejected


def check_limit(ctx: Context, account: Account, review: RefundReview) -> None:
    """Raises OverLimit when all that is paid for the cause is more than the account may agree to."""
    limit = limit_of(ctx, account, review.total.currency)
    if limit is not None and review.total > limit:
        raise OverLimit(limit)


async def check_account(uow: UnitOfWork, account: Account) -> Account:
    """The account as it is by now. Raises Forbidden when it has no right to decide (any more)."""
    now = await uow.accounts.get(account.id)
    now.check(Right.DECIDE_REFUNDS)
    return now


async def _lock(ctx: Context, uow: UnitOfWork, refund_id: str) -> tuple[Refund, RefundReview]:
    refund = await uow.refunds.lock(refund_id)
    await uow.refunds.lock_cause(refund.cause_id)
    review = await review_of(ctx, uow, refund)
    if refund.state is not RefundState.AWAITING_APPROVAL:
        raise Decided(review.approvals[-1] if review.approvals else None)
    return refund, review


async def _keep(
    ctx: Context,
    uow: UnitOfWork,
    refund: Refund,
    review: RefundReview,
    step: Step,
    *,
    account: str,
    reason: str = "",
) -> bool:
    return await uow.reviews.add_approval(
        Approval(
            refund_id=refund.id,
            round=review.round,
            account=account,
            step=step,
            reason=reason,
            at=ctx.clock.now(),
        )
    )


async def _tell(ctx: Context, uow: UnitOfWork, refund: Refund, response: str, *, words: str) -> None:
    """The news, and before it what the person wrote for the customer; nothing where the talk is gone."""
    if words.strip() and refund.conversation_id:
        with suppress(NotFound):
            await add_agent_words(
                ctx, uow, conversation_id=refund.conversation_id, text=words, key=f"refund:{refund.id}"
            )
    await tell_of_refund(ctx, uow, refund, response, key=f"refund-decided:{refund.id}")


def check_reason(given: str) -> str:
    """In clean words. Raises Invalid for none, or for more than 500 characters."""
    reason = clean_text(given)
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid("reason")
    return reason


def _is_part(amount: Money, whole: Money) -> bool:
    return amount.currency == whole.currency and 0 < amount.minor < whole.minor
