"""Who may say that a refund was paid by other means: as many as have to agree to its release."""

from __future__ import annotations

from aftersales.domain.accounts import Account, Right
from aftersales.domain.approvals import NeedsAnother, Review
from aftersales.domain.errors import Forbidden
from aftersales.domain.refund_disputes import is_disputed
from aftersales.domain.refunds import Refund, RefundState
from aftersales.services.approvals import CHANNEL, check_limit
from aftersales.services.context import Context
from aftersales.services.manual_refunds import check_reference, record_manual_refund
from aftersales.services.refund_disputes import agree_to_record
from aftersales.services.refund_reviews import RefundReview, review_of


async def record_by_person(ctx: Context, *, refund_id: str, account: Account, reference: str) -> Refund:
    """As record_manual_refund; of a refund that waits, or is disputed, it is this person's consent too.

    Where two have to agree that a disputed one was paid so, the first consent is kept and the refund given back as
    it is. Raises also Forbidden, OverLimit, Decided, and NeedsAnother where somebody else has to agree first.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        account = await uow.accounts.get(account.id)
        account.check(Right.PAY_OUT)
        refund = await uow.refunds.get(refund_id)
    if is_disputed(refund):
        words = check_reference(reference)
        if not await agree_to_record(ctx, refund_id=refund_id, account=account, reference=words):
            return refund
    elif (review := await _review(ctx, refund_id)) is not None:
        check_limit(ctx, account, review)
        if not review.is_agreed_with(account.name):
            raise NeedsAnother
    return await record_manual_refund(
        ctx, refund_id=refund_id, reference=reference, actor=account.actor, channel=CHANNEL
    )


async def record_by_key(ctx: Context, *, refund_id: str, reference: str, actor: str, channel: str) -> Refund:
    """As record_manual_refund, by the shop's own system. Raises also Forbidden where two people have to agree."""
    review = await _review(ctx, refund_id)
    if review is not None and (review.level is Review.TWO_PEOPLE or review.grounds.raised_by == actor):
        raise Forbidden("two_people")
    return await record_manual_refund(ctx, refund_id=refund_id, reference=reference, actor=actor, channel=channel)


async def _review(ctx: Context, refund_id: str) -> RefundReview | None:
    """The review of a refund that people agree on. A consent is never taken back, so it holds afterwards too."""
    async with ctx.unit_of_work(read_only=True) as uow:
        refund = await uow.refunds.get(refund_id)
        if refund.state is not RefundState.AWAITING_APPROVAL and not is_disputed(refund):
            return None
        return await review_of(ctx, uow, refund)
