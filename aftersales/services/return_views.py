"""Returns as their customer may see them: how far they are and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aftersales.domain.errors import NotFound
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.refunds import RESERVING, Refund, RefundState, less_rejected, uncovered
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import OUT_OF_STOCK, Return, ReturnState, ReturnTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

_PUBLIC_DETAIL = frozenset({"carrier", "tracking_number"})
_NEXT_STEP = {
    ReturnState.REQUESTED: "wait_approval",
    ReturnState.APPROVED: "wait_approval",
    ReturnState.REJECTED: "rejected",
    ReturnState.AWAITING_PAYMENT: "pay_difference",
    ReturnState.AWAITING_PARCEL: "send_parcel",
    ReturnState.IN_TRANSIT: "parcel_on_the_way",
    ReturnState.RECEIVED: "refund_underway",
    ReturnState.REPLACING: "replacement_underway",
    ReturnState.CLOSED: "done",
    ReturnState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnStep:
    """One change of the return. `by` is "customer", "agent" or "system"; `detail` carrier and tracking number."""

    trigger: str
    state: str
    by: str
    at: datetime
    detail: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnView:
    """A return with its refunds and steps, oldest first.

    `next_step` is one of wait_approval pay_difference payment_by_person send_parcel parcel_on_the_way
    replacement_underway refund_underway refund_approval refund_trouble done rejected sold_out cancelled.
    `refund_by` is the day (shop's zone) by which the money is sent, from receipt until it was (from approval where
    nothing comes back); None otherwise. `due` is the day by which the next step happens, whatever it is; None
    where none is promised.
    """

    item: Return
    refunds: tuple[Refund, ...]
    steps: tuple[ReturnStep, ...]
    next_step: str
    refund_by: date | None
    due: date | None

    @property
    def paid_back(self) -> Money:
        """The return's amount without what a person decided against."""
        return less_rejected(self.item.amount, self.refunds)


async def list_returns(ctx: Context, *, customer_id: str | None, limit: int = 50) -> Sequence[ReturnView]:
    """The customer's returns, newest first; none for a guest who has not proven who they are."""
    if customer_id is None:
        return ()
    async with ctx.unit_of_work(read_only=True) as uow:
        own = await uow.returns.of_customer(customer_id, limit=limit)
        return [await view_return(ctx, uow, item) for item in own]


async def access_return(ctx: Context, *, customer_id: str | None, number: str) -> ReturnView:
    """The customer's return of this number. Raises NotFound when there is none and when it is another's."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await view_return(ctx, uow, await own_return(uow, customer_id=customer_id, number=number))


async def find_filed(ctx: Context, *, key: str, customer_id: str | None) -> Return | None:
    """The customer's return that was filed under this key, if any; for a turn that is run again."""
    async with ctx.unit_of_work(read_only=True) as uow:
        item = await uow.returns.by_key(key)
    return item if item is not None and item.customer_id == customer_id else None


async def own_return(uow: UnitOfWork, *, customer_id: str | None, number: str) -> Return:
    """As access_return, inside the caller's transaction and bare. The number may be typed in small letters."""
    item = await uow.returns.by_number(number.strip().upper())
    if customer_id is None or item.customer_id != customer_id:
        raise NotFound("return")
    return item


def next_step(item: Return, refunds: Sequence[Refund]) -> str:
    """The code of what comes next, see ReturnView."""
    if item.state is ReturnState.AWAITING_PAYMENT and item.payment_link is None:
        return "payment_by_person"
    if item.state is ReturnState.RECEIVED and item.remedy is Remedy.EXCHANGE:
        return "replacement_underway"
    if item.state is ReturnState.CLOSED and item.remedy is not Remedy.EXCHANGE:
        return "done" if less_rejected(item.amount, refunds) or not item.amount else "rejected"
    if item.state is not ReturnState.INSPECTED:
        return _NEXT_STEP[item.state]
    live = [refund for refund in refunds if refund.state in RESERVING]
    if any(refund.state is RefundState.AWAITING_APPROVAL for refund in live):
        return "refund_approval"
    return "refund_trouble" if uncovered(item.amount, refunds).minor > 0 else "refund_underway"


async def view_return(ctx: Context, uow: UnitOfWork, item: Return) -> ReturnView:
    """For a caller who may see it."""
    refunds = tuple(await uow.refunds.of_cause(item.id))
    entries = await uow.journal.of("return", item.id)
    refund_by = _refund_by(ctx, item, entries)
    sold_out = item.state is ReturnState.REJECTED and entries[-1].detail.get("reason") == OUT_OF_STOCK
    return ReturnView(
        item=item,
        refunds=refunds,
        steps=tuple(_step(entry) for entry in entries),
        next_step="sold_out" if sold_out else next_step(item, refunds),
        refund_by=refund_by,
        due=_due(ctx, item, entries) or refund_by,
    )


def _step(entry: Entry) -> ReturnStep:
    return ReturnStep(
        trigger=entry.trigger,
        state=entry.to_state,
        by=entry.actor.partition(":")[0],
        at=entry.at,
        detail={name: str(value) for name, value in entry.detail.items() if name in _PUBLIC_DETAIL},
    )


def _refund_by(ctx: Context, item: Return, entries: Sequence[Entry]) -> date | None:
    if item.state not in {ReturnState.RECEIVED, ReturnState.INSPECTED}:
        return None
    policy = ctx.policy_named(item.policy_version)
    if item.remedy is Remedy.REFUND_ONLY:
        days = policy.remedies.refund_only.refund.days
        return _after(ctx, entries, ReturnTrigger.WAIVE, days=days)
    return _after(ctx, entries, ReturnTrigger.RECEIVE, days=policy.refund.days)


def _due(ctx: Context, item: Return, entries: Sequence[Entry]) -> date | None:
    """By when a difference is paid, or the new goods of an exchange are sent."""
    rules = ctx.policy_named(item.policy_version).remedies.exchange
    if item.state is ReturnState.AWAITING_PAYMENT and item.payment_link is not None:
        return _after(ctx, entries, ReturnTrigger.INVOICE, days=rules.payment.days)
    if item.remedy is Remedy.EXCHANGE and item.state in {ReturnState.RECEIVED, ReturnState.REPLACING}:
        begun = ReturnTrigger.RECEIVE if item.comes_back else ReturnTrigger.RESEND
        return _after(ctx, entries, begun, days=rules.dispatch.days)
    return None


def _after(ctx: Context, entries: Sequence[Entry], trigger: ReturnTrigger, *, days: int) -> date:
    """So many days after the last time of this step, in the shop's zone; after today where there was none."""
    times = [entry.at for entry in entries if entry.trigger == trigger]
    day = times[-1].astimezone(ctx.zone).date() if times else ctx.today()
    return day + timedelta(days=days)
