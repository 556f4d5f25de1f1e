"""What a person at the desk looks at before deciding about a refund. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftersales.domain.approvals import Approval
from aftersales.domain.changes import Change
from aftersales.domain.refunds import CauseKind, Refund, RefundState
from aftersales.domain.returns import Return
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.refund_reviews import RefundReview, review_of

_WAITING = frozenset({RefundState.AWAITING_APPROVAL})
_OTHERS = frozenset(RefundState) - _WAITING
_MOST_WAITING, _MOST_OTHERS = 10, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRefund:
    """A refund with what it is reviewed by and what it is for.

    `siblings` are all refunds for the same cause, this one too, oldest first; `approvals` what was decided about
    any of them. `names` are the names to show of the people in these, by their sign-in names. `item` and `change`
    are the cause, where it is one.
    """

    refund: Refund
    review: RefundReview
    siblings: Sequence[Refund]
    approvals: Sequence[Approval]
    names: Mapping[str, str]
    item: Return | None = None
    change: Change | None = None

    @property
    def waits(self) -> bool:
        return self.refund.state is RefundState.AWAITING_APPROVAL

    @property
    def last(self) -> Approval | None:
        """What was decided last about this refund itself."""
        return self.review.approvals[-1] if self.review.approvals else None


@dataclass(frozen=True, slots=True)
class WaitingRefund:
    """`names` as in FullRefund."""

    refund: Refund
    review: RefundReview
    names: Mapping[str, str]


async def refunds_to_decide(ctx: Context, *, limit: int = 100) -> Sequence[WaitingRefund]:
    """Refunds that wait for people, oldest first."""
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await uow.refunds.due([RefundState.AWAITING_APPROVAL], now=ctx.clock.now(), limit=limit)
        names = await _names(uow)
        return [WaitingRefund(refund, await review_of(ctx, uow, refund), names) for refund in waiting]


async def refunds_in_dispute(ctx: Context, *, limit: int = 100) -> Sequence[Refund]:
    """Refunds of which the provider tells something else than we asked, oldest first."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.refunds.disputed(limit=limit)


async def find_refund(ctx: Context, *, refund_id: str) -> FullRefund:
    """Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await _full(ctx, uow, await uow.refunds.get(refund_id))


async def refunds_of_customer(
    ctx: Context, *, customer_id: str | None
) -> tuple[Sequence[FullRefund], Sequence[Refund]]:
    """The customer's refunds that wait for people, oldest first, and the latest of the others, newest first.

    Ten and five at most; none for somebody who has not proven who they are.
    """
    if customer_id is None:
        return (), ()
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await uow.refunds.of_customer(customer_id, states=_WAITING, limit=_MOST_WAITING)
        others = await uow.refunds.of_customer(customer_id, states=_OTHERS, limit=_MOST_OTHERS)
        return [await _full(ctx, uow, refund) for refund in reversed(waiting)], others


async def _full(ctx: Context, uow: UnitOfWork, refund: Refund) -> FullRefund:
    siblings = await uow.refunds.of_cause(refund.cause_id)
    returned, changed = CauseKind.RETURN, CauseKind.CHANGE
    return FullRefund(
        refund=refund,
        review=await review_of(ctx, uow, refund),
        siblings=siblings,
        approvals=await uow.reviews.approvals([sibling.id for sibling in siblings]),
        names=await _names(uow),
        item=await uow.returns.get(refund.cause_id) if refund.cause_kind is returned else None,
        change=await uow.changes.get(refund.cause_id) if refund.cause_kind is changed else None,
    )


async def _names(uow: UnitOfWork) -> Mapping[str, str]:
    return {account.name: account.display_name for account in await uow.accounts.all()}
