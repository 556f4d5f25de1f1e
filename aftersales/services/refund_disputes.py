"""What people decide about a refund of which its provider tells something else than we asked.

The provider is asked again right before each decision, outside the transaction; the decision is refused when it
tells anything new, so that nobody decides about what has changed. Of two people at once one is first, and the
other is told who did what.
"""

from __future__ import annotations

from dataclasses import dataclass

from aftersales.domain.accounts import Account, Right
from aftersales.domain.approvals import Approval, Decided, NeedsAnother, Step, is_agreed
from aftersales.domain.errors import Conflict, Unavailable
from aftersales.domain.refund_disputes import Tale, ToldAnew, contradiction, is_disputed, tales_of
from aftersales.domain.refunds import Refund, RefundTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.approvals import CHANNEL, check_account, check_limit, check_reason
from aftersales.services.context import Context
from aftersales.services.moves import By, move_refund, note_consent
from aftersales.services.news import tell_of_refund
from aftersales.services.refund_cases import failed_key, file_refund_case
from aftersales.services.refund_contradictions import ask_provider, close_disputes, note_contradiction
from aftersales.services.refund_outcomes import settle
from aftersales.services.refund_reviews import RefundReview, review_of

GIVEN_UP = "given_up"  # the failure of a refund that a person has given up
_REST = "refund_rest"  # the reason of a case: its provider has paid less than was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """`told` is what the provider told last against what we asked; None for one from before such was kept.

    `now` is what it tells when asked again; None where it cannot be asked just now. `agreed` are those who have
    agreed to a step by now, in their order.
    """

    told: Tale | None
    now: Tale | None
    agreed: tuple[tuple[Step, str], ...]

    @property
    def says(self) -> Tale | None:
        return self.now or self.told


async def read_dispute(ctx: Context, refund: Refund) -> Dispute | None:
    """None for a refund about which there is nothing to decide. Asks the provider; reads only."""
    if not is_disputed(refund):
        return None
    async with ctx.unit_of_work(read_only=True) as uow:
        tales = tales_of(await uow.journal.of("refund", refund.id))
        consents = await _consents(uow, refund, len(tales))
    try:
        now = await ask_provider(ctx, refund.id)
    except Unavailable:
        now = None
    agreed = tuple((consent.step, consent.account) for consent in consents)
    return Dispute(told=tales[-1] if tales else None, now=now, agreed=agreed)


async def accept_told(ctx: Context, *, refund_id: str, account: Account, reason: str) -> Refund:
    """What the provider tells is true: the refund has its amount and reference from now on, and goes on with them.

    What it paid less is owed still, and a case says so. With as many people as the corrected sum takes; until then
    the consent is kept and the refund given back as it is. Raises NotFound, Forbidden, OverLimit, NeedsAnother,
    Decided, Invalid (reason), Unavailable, ToldAnew, and Conflict when it tells of nothing that is paid.
    """
    why = check_reason(reason)
    seen, tale = await _look(ctx, refund_id)
    if tale.amount is None or not tale.may_be_accepted(seen.refund):
        raise Conflict("nothing to accept")
    async with ctx.unit_of_work() as uow:
        by = By((await check_account(uow, account)).actor, CHANNEL)
        refund = await _lock(uow, seen)
        review = await review_of(ctx, uow, refund, amount=tale.amount)
        if not await _consent(ctx, uow, refund, review, Step.ACCEPT, account=account, seen=seen, words=why):
            return refund
        detail = {"asked": refund.amount.decimal(), "accepted": tale.amount.decimal(), "reason": why}
        await close_disputes(ctx, uow, refund.id, by=by)
        accepted = await move_refund(
            uow,
            refund,
            RefundTrigger.ACCEPT,
            by=by,
            at=ctx.clock.now(),
            amount=tale.amount,
            provider_reference=tale.reference,
            failure=None,
            detail=detail,
        )
        if tale.amount < refund.amount:
            await file_refund_case(ctx, uow, accepted, reason=_REST)
    if tale.status == "succeeded":
        await settle(ctx, refund_id, reference=tale.reference, amount=tale.amount)
    return accepted


async def give_up(ctx: Context, *, refund_id: str, account: Account, reason: str) -> Refund:
    """Nothing was refunded and nothing will be: its amount is free again, and owed as before.

    Only while the provider has no such refund, or one that failed. The customer hears that a person takes over,
    and a case reminds of what is owed. Consents and errors as for accept_told.
    """
    why = check_reason(reason)
    seen, tale = await _look(ctx, refund_id)
    if not tale.may_be_given_up():
        raise Conflict("paid by the provider")
    async with ctx.unit_of_work() as uow:
        by = By((await check_account(uow, account)).actor, CHANNEL)
        refund = await _lock(uow, seen)
        review = await review_of(ctx, uow, refund)
        if not await _consent(ctx, uow, refund, review, Step.GIVE_UP, account=account, seen=seen, words=why):
            return refund
        await close_disputes(ctx, uow, refund.id, by=by)
        at, trigger = ctx.clock.now(), RefundTrigger.GIVE_UP
        failed = await move_refund(
            uow, refund, trigger, by=by, at=at, failure=GIVEN_UP, detail={"reason": why, **tale.detail()}
        )
        await file_refund_case(ctx, uow, failed, reason="refund_failed", key=failed_key(failed.id))
        await tell_of_refund(ctx, uow, failed, "utter_refunds_trouble", key=f"refund-trouble:{failed.id}")
        return failed


async def agree_to_record(ctx: Context, *, refund_id: str, account: Account, reference: str) -> bool:
    """Whether enough people say by now that a disputed refund was paid by other means; this one does with this.

    Raises NotFound, Forbidden, OverLimit, NeedsAnother, Decided, ToldAnew.
    """
    async with ctx.unit_of_work() as uow:
        account = await uow.accounts.get(account.id)
        account.check(Right.PAY_OUT)
        refund = await uow.refunds.get(refund_id)
        seen = _Seen(refund, len(tales_of(await uow.journal.of("refund", refund_id))))
        refund = await _lock(uow, seen)
        review = await review_of(ctx, uow, refund)
        return await _consent(ctx, uow, refund, review, Step.RECORD, account=account, seen=seen, words=reference)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A disputed refund as it stood before its provider was asked, and how often it had told something by then."""

    refund: Refund
    tales: int


async def _look(ctx: Context, refund_id: str) -> tuple[_Seen, Tale]:
    """What there is to decide about, with what the provider tells now.

    Raises NotFound, Unavailable, Decided, and ToldAnew when it is something else than people could read until now.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        refund = await uow.refunds.get(refund_id)
        tales = tales_of(await uow.journal.of("refund", refund_id))
        if not is_disputed(refund):
            await _raise_decided(uow, refund_id)
    tale = await ask_provider(ctx, refund_id)
    if contradiction(refund, tale) is None:
        raise ToldAnew  # it agrees with us by now: the worker takes it in
    if tales[-1:] != [tale]:
        await note_contradiction(ctx, refund_id, tale)
        raise ToldAnew
    return _Seen(refund, len(tales)), tale


async def _lock(uow: UnitOfWork, seen: _Seen) -> Refund:
    """The refund, with the locks of its payment, itself and its cause held. Raises Decided, ToldAnew."""
    await uow.refunds.lock_payment(seen.refund.payment_id)
    refund = await uow.refunds.lock(seen.refund.id)
    await uow.refunds.lock_cause(refund.cause_id)
    if not is_disputed(refund):
        await _raise_decided(uow, refund.id)
    if len(tales_of(await uow.journal.of("refund", refund.id))) != seen.tales:
        raise ToldAnew
    return refund


async def _consent(
    ctx: Context,
    uow: UnitOfWork,
    refund: Refund,
    review: RefundReview,
    step: Step,
    *,
    account: Account,
    seen: _Seen,
    words: str,
) -> bool:
    """Keeps that this person agrees to the step; whether that is enough. `words` stay among colleagues.

    Raises OverLimit, and NeedsAnother for who has agreed already and is not enough. The locks are held.
    """
    check_limit(ctx, account, review)
    now = ctx.clock.now()
    is_new = await uow.reviews.add_approval(
        Approval(refund_id=refund.id, round=seen.tales, account=account.name, step=step, reason=words, at=now)
    )
    consents = [consent for consent in await _consents(uow, refund, seen.tales) if consent.step is step]
    actors = [f"agent:{consent.account}" for consent in consents]
    if is_agreed(review.level, approvers=actors, raised_by=review.barred):
        return True
    if not is_new:
        raise NeedsAnother
    await note_consent(uow, refund, by=By(account.actor, CHANNEL), at=now)
    return False


async def _consents(uow: UnitOfWork, refund: Refund, tales: int) -> list[Approval]:
    steps = {Step.ACCEPT, Step.GIVE_UP, Step.RECORD}
    given = await uow.reviews.approvals([refund.id])
    return [approval for approval in given if approval.round == tales and approval.step in steps]


async def _raise_decided(uow: UnitOfWork, refund_id: str) -> None:
    given = await uow.reviews.approvals([refund_id])
    raise Decided(given[-1] if given else None)
