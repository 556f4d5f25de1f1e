"""What the shop paid back without us: found when an order is read, and booked once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from aftersales.domain.cases import CaseKind
from aftersales.domain.changes import Change, ChangeState
from aftersales.domain.errors import NotFound, Unavailable
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, Payment
from aftersales.domain.refunds import (
    COVERING,
    Cause,
    CauseKind,
    Refund,
    RefundState,
    RefundTrigger,
    is_under_way,
    may_be_paid,
)
from aftersales.domain.returns import ReturnState
from aftersales.ports import UnitOfWork
from aftersales.services.batches import for_each
from aftersales.services.cases import add_case
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, open_refund
from aftersales.services.news import tell_of_refund
from aftersales.services.refund_outcomes import close_when_paid
from aftersales.services.refund_sources import Funds, funds_of, lock_payments, refunds_of, sum_of
from aftersales.services.risk import MOST_ORDERS

ELSEWHERE = "refund_elsewhere"  # the reason of a case: the shop paid something back itself
_OWED = frozenset(
    {
        ReturnState.AWAITING_PARCEL,
        ReturnState.IN_TRANSIT,
        ReturnState.RECEIVED,
        ReturnState.REPLACING,
        ReturnState.INSPECTED,
    }
)
_AT_ONCE = 100


async def read_funds(ctx: Context, order_id: str) -> Funds:
    """The order's payments to grant refunds out of, with what the shop paid back without us booked first.

    Raises NotFound and Unavailable. Must not be called inside a transaction.
    """
    funds = await read_bare_funds(ctx, order_id)
    orders = await ctx.shop.list_orders(funds.order.customer.id, limit=MOST_ORDERS)
    return replace(funds, orders=tuple(orders))


async def read_bare_funds(ctx: Context, order_id: str) -> Funds:
    """As read_funds, without the customer's orders: for what grants nothing, and so weighs no signs of risk."""
    order = await ctx.shop.get_order(order_id)
    await note_external(ctx, order)
    return await funds_of(ctx, order)


async def note_external(ctx: Context, order: Order) -> Sequence[Refund]:
    """Books as external what the order's payments say was refunded above all that may be ours; once.

    It is of the one return, change or adjustment of the order that is owed exactly this sum, which closes with it
    and whose customer is told; otherwise of none, and a person is told when refunds of the order are under way.
    Must not be called inside a transaction.
    """
    if not any(payment.refunded.minor > 0 for payment in order.payments):
        return ()
    async with ctx.unit_of_work(read_only=True) as uow:
        if not await _unknown(uow, order):
            return ()
    async with ctx.unit_of_work() as uow:
        await lock_payments(uow, order.payments)
        found = await _unknown(uow, order)
        if not found:
            return ()
        total = sum((amount for _, amount in found), Money.zero(order.currency))
        cause = await _owed(uow, order, total)
        booked = [await _book(ctx, uow, order, payment, amount, cause=cause) for payment, amount in found]
        if cause is None:
            await _warn(ctx, uow, order, booked)
        for refund in booked if cause is not None else ():
            key = f"refund-external:{refund.id}"
            await tell_of_refund(ctx, uow, refund, "utter_refunds_external", key=key)
    if cause is not None and cause.kind is CauseKind.RETURN:
        async with ctx.unit_of_work() as uow:
            await close_when_paid(ctx, uow, cause.id, by=WORKER)
    return booked


async def note_order_refunds(ctx: Context, order_id: str) -> Sequence[Refund]:
    """As note_external, for an order of which the shop tells a refund. Raises NotFound, Unavailable."""
    return await note_external(ctx, await ctx.shop.get_order(order_id))


async def look_for_external(ctx: Context) -> int:
    """Looks at the orders of returns whose money is still owed; returns how many."""
    async with ctx.unit_of_work(read_only=True) as uow:
        owed = await uow.returns.in_state([ReturnState.INSPECTED], limit=_AT_ONCE)
    return await for_each(dict.fromkeys(item.order_id for item in owed), lambda order_id: _look(ctx, order_id))


async def _look(ctx: Context, order_id: str) -> None:
    """A shop that cannot be reached, or has the order no more, is asked again next time."""
    with suppress(NotFound, Unavailable):
        await note_order_refunds(ctx, order_id)


async def was_paid_elsewhere(uow: UnitOfWork, cause: Cause, payments: Sequence[Payment]) -> bool:
    """Whether the shop has paid something back for nothing that we know since this was owed."""
    known = await refunds_of(uow, payments)
    return any(refund.cause_kind is CauseKind.SHOP and refund.created_at > cause.since for refund in known)


async def collides(ctx: Context, refund: Refund, order: Order) -> bool:
    """Whether the shop has paid something back by itself since the refund was granted or a person released it."""
    async with ctx.unit_of_work(read_only=True) as uow:
        known = await refunds_of(uow, order.payments)
        journal = await uow.journal.of("refund", refund.id)
    released = [entry.at for entry in journal if entry.trigger == RefundTrigger.APPROVE]
    since = max([refund.created_at, *released])
    return any(found.cause_kind is CauseKind.SHOP and found.created_at > since for found in known)


async def _unknown(uow: UnitOfWork, order: Order) -> list[tuple[Payment, Money]]:
    """(payment, what was refunded of it above all that may be ours)."""
    found = []
    for payment in order.payments:
        if payment.refunded.minor > 0:
            ours = [refund for refund in await uow.refunds.of_payment(payment.id) if may_be_paid(refund)]
            beyond = payment.refunded - sum_of(ours, payment.refunded.currency)
            if beyond.minor > 0:
                found.append((payment, beyond))
    return found


async def _owed(uow: UnitOfWork, order: Order, total: Money) -> Cause | None:
    """What of this order is owed exactly `total`, if it is one thing alone."""
    causes = [item.cause for item in await uow.returns.of_order(order.id) if item.state in _OWED]
    causes += [change.cause for change in await uow.changes.of_order(order.id) if _is_made(change, order)]
    causes += [item.cause for item in await uow.adjustments.of_order(order.id)]
    fitting = []
    for cause in causes:
        covered = [refund for refund in await uow.refunds.of_cause(cause.id) if refund.state in COVERING]
        if cause.amount - sum_of(covered, total.currency) == total:
            fitting.append(cause)
    return fitting[0] if len(fitting) == 1 else None


def _is_made(change: Change, order: Order) -> bool:
    """Some shops pay back by themselves while they cancel an order: before we have heard that it is cancelled."""
    being_made = change.state is ChangeState.REQUESTED and order.is_cancelled
    return being_made or change.state is ChangeState.APPLIED


async def _book(
    ctx: Context, uow: UnitOfWork, order: Order, payment: Payment, amount: Money, *, cause: Cause | None
) -> Refund:
    now, refund_id = ctx.clock.now(), new_id()
    refund = Refund(
        id=refund_id,
        key=f"{cause.id if cause else refund_id}:external-{refund_id}:0",
        state=RefundState.EXTERNAL,
        cause_kind=cause.kind if cause else CauseKind.SHOP,
        cause_id=cause.id if cause else refund_id,
        cause_number=cause.number if cause else order.number[:32],
        conversation_id=cause.conversation_id if cause else None,
        policy_version=cause.policy_version if cause else ctx.policy.version,
        order_id=order.id,
        order_number=order.number,
        customer_id=order.customer.id,
        payment_id=payment.id,
        amount=amount,
        reason="shop",
        provider_reference=None,
        failure=None,
        attempts=0,
        next_attempt_at=None,
        created_at=now,
        updated_at=now,
    )
    await uow.refunds.add(refund)
    await open_refund(uow, refund, by=WORKER)
    return refund


async def _warn(ctx: Context, uow: UnitOfWork, order: Order, booked: Sequence[Refund]) -> None:
    """Refunds that are not called yet are held when their turn comes; others are held already, or no more."""
    under_way = [
        refund
        for refund in await refunds_of(uow, order.payments)
        if is_under_way([refund]) and refund.state is not RefundState.CREATED
    ]
    if under_way:
        total = sum_of(booked, order.currency)
        await add_case(
            ctx,
            uow,
            conversation_id=under_way[0].conversation_id or "",
            customer_id=order.customer.id,
            kind=CaseKind.APPROVAL,
            reason=ELSEWHERE,
            summary=f"{under_way[0].cause_number} {total.decimal()} {total.currency}",
            key=f"{ELSEWHERE}:{booked[0].id}",
            promise=ctx.promise,
            order_number=order.number,
        )
