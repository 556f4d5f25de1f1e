"""Changes of orders as their customer and the desk may see them: whether they are made, and where the money is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from aftersales.domain.changes import Change, ChangeState
from aftersales.domain.money import Money
from aftersales.domain.refunds import RESERVING, SETTLED, Refund, RefundState, less_rejected, uncovered
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A change with its refunds, oldest first.

    `step` is one of waiting rejected failed done refund_underway refund_approval refund_trouble
    refund_rejected refunded.
    `refund_by` is the day (shop's zone) by which the money is sent.
    """

    change: Change
    refunds: tuple[Refund, ...]
    step: str
    refund_by: date

    @property
    def paid_back(self) -> Money:
        """The change's amount without what a person decided against."""
        return less_rejected(self.change.amount, self.refunds)

    @property
    def may_refund_again(self) -> bool:
        """What failed or was cancelled is covered by no other refund."""
        return self.step == "refund_trouble"


async def list_changes(ctx: Context, *, customer_id: str | None, limit: int = 50) -> Sequence[ChangeView]:
    """The customer's changes, newest first; none for a guest who has not proven who they are."""
    if customer_id is None:
        return ()
    async with ctx.unit_of_work(read_only=True) as uow:
        return [await _view(ctx, uow, own) for own in await uow.changes.of_customer(customer_id, limit=limit)]


async def latest_changes(ctx: Context, *, limit: int = 100) -> Sequence[ChangeView]:
    """For the shop's own people: the newest changes of all customers."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return [await _view(ctx, uow, change) for change in await uow.changes.latest(limit=limit)]


async def view_change(ctx: Context, change: Change) -> ChangeView:
    """A change that the caller may see, with its refunds."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await _view(ctx, uow, change)


def step_of(change: Change, refunds: Sequence[Refund]) -> str:
    """The code of where the change stands, see ChangeView."""
    if change.state is not ChangeState.APPLIED:
        return {"requested": "waiting"}.get(change.state.value, change.state.value)
    if not less_rejected(change.amount, refunds):
        return "refund_rejected" if change.amount else "done"
    live = [refund for refund in refunds if refund.state in RESERVING]
    if any(refund.state is RefundState.AWAITING_APPROVAL for refund in live):
        return "refund_approval"
    if uncovered(change.amount, refunds).minor > 0:
        return "refund_trouble"
    return "refunded" if all(refund.state in SETTLED for refund in live) else "refund_underway"


async def _view(ctx: Context, uow: UnitOfWork, change: Change) -> ChangeView:
    refunds = tuple(await uow.refunds.of_cause(change.id))
    day = change.created_at.astimezone(ctx.zone).date() + timedelta(days=ctx.policy.orders.cancel.days)
    return ChangeView(change=change, refunds=refunds, step=step_of(change, refunds), refund_by=day)
