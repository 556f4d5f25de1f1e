"""Who may say that a refund was paid by other means: of one that waits, as many agree as to its release."""

from __future__ import annotations

from aftersales.domain.accounts import Account, Right
from aftersales.domain.approvals import NeedsAnother, Review
from aftersales.domain.errors import Forbidden
from aftersales.domain.refunds import Refund, RefundState
from aftersales.services.approvals import CHANNEL, check_limit
from aftersales.services.context import Context
from aftersales.services.manual_refunds import record_manual_refund
from aftersales.services.refund_reviews import RefundReview, review_of


async def record_by_person(ctx: Context, *, refund_id: str, account: Account, reference: str) -> Refund:
    """As record_manual_refund; of a refund that waits it is this person's consent too.

    Raises also Forbidden, OverLimit, and NeedsAnother where somebody else has to agree first.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        account = await uow.accounts.get(account.id)
    account.check(Right.PAY_OUT)
    review = await _waiting(ctx, refund_id)
    if review is not None:
        check_limit(ctx, account, review)
        if not review.is_agreed_with(account.name):
            raise NeedsAnother
    return await record_manual_refund(
        ctx, refund_id=refund_id, reference=reference, actor=account.actor, channel=CHANNEL
    )


async def record_by_key(ctx: Context, *, refund_id: str, reference: str, actor: str, channel: str) -> Refund:
    """As record_manual_refund, by the shop's own system. Raises also Forbidden where two people have to agree."""
    review = await _waiting(ctx, refund_id)
    if review is not None and (review.level is Review.TWO_PEOPLE or review.grounds.raised_by == actor):
        raise Forbidden("two_people")
    return await record_manual_refund(ctx, refund_id=refund_id, reference=reference, actor=actor, channel=channel)


async def _waiting(ctx: Context, refund_id: str) -> RefundReview | None:
    """The review of a refund that waits for people. A consent is never taken back, so it holds afterwards too."""
    async with ctx.unit_of_work(read_only=True) as uow:
        refund = await uow.refunds.get(refund_id)
        if refund.state is not RefundState.AWAITING_APPROVAL:
            return None
        return await review_of(ctx, uow, refund)
