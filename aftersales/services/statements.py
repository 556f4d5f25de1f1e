"""Statements of refunds, by order, by customer and by period. Reads only; nothing is locked.

Only pages are held in memory, and no transaction stays open between them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Order, Payment
from aftersales.domain.refunds import CauseKind, Refund
from aftersales.domain.statements import Line, Scope, Statement, make_line, make_statement
from aftersales.ports import UnitOfWork
from aftersales.services.access import normal_number
from aftersales.services.batches import for_each
from aftersales.services.context import Context

PAGE = 200
_AT_ONCE = 8  # orders that the shop is asked for side by side
_NEWEST_ORDERS = 100
_LONGEST_NUMBER = 40


async def read_statement(ctx: Context, *, number: str) -> Statement:
    """Of any customer's order, for the shop's own people. Raises NotFound, Unavailable."""
    wanted = normal_number(number)
    if not wanted or len(wanted) > _LONGEST_NUMBER or not wanted.isprintable():
        raise NotFound("order")
    return await _state(ctx, await ctx.shop.find_order(wanted))


async def statements_of_customer(ctx: Context, *, customer_id: str) -> AsyncIterator[Statement]:
    """The newest hundred orders, newest first, then all older ones of which something was refunded.

    Orders that the shop no longer has are left out. Raises Unavailable.
    """
    told = set()
    for order in await ctx.shop.list_orders(customer_id, limit=_NEWEST_ORDERS):
        told.add(order.id)
        yield await _state(ctx, order)
    async for refunds in _pages(ctx, Scope(customer_id=customer_id)):
        fresh = {refund.order_id for refund in refunds} - told
        told |= fresh
        for order in (await _orders(ctx, fresh)).values():
            yield await _state(ctx, order)


async def walk_lines(ctx: Context, scope: Scope) -> AsyncIterator[Sequence[Line]]:
    """All refunds that are meant, page by page, oldest first. Raises Unavailable."""
    async for refunds in _pages(ctx, scope):
        yield await _with_payments(ctx, refunds)


async def read_lines(ctx: Context, scope: Scope, *, after: str | None, limit: int) -> Sequence[Line]:
    """One page of them, from the one behind the refund of the id `after`. Raises NotFound for it, Unavailable."""
    async with ctx.unit_of_work(read_only=True) as uow:
        last = await uow.refunds.get(after) if after else None
        refunds = await uow.refunds.walk(scope, after=last, limit=limit)
    return await _with_payments(ctx, refunds)


async def _state(ctx: Context, order: Order) -> Statement:
    lines: list[Line] = []
    async for refunds in _pages(ctx, Scope(order_number=order.number)):
        lines += await _lines(ctx, refunds, {order.id: order})
    return make_statement(order, lines)


async def _pages(ctx: Context, scope: Scope) -> AsyncIterator[Sequence[Refund]]:
    last: Refund | None = None
    while True:
        async with ctx.unit_of_work(read_only=True) as uow:
            refunds = await uow.refunds.walk(scope, after=last, limit=PAGE)
        if refunds:
            yield refunds
        if len(refunds) < PAGE:
            return
        last = refunds[-1]


async def _with_payments(ctx: Context, refunds: Sequence[Refund]) -> Sequence[Line]:
    return await _lines(ctx, refunds, await _orders(ctx, {refund.order_id for refund in refunds}))


async def _orders(ctx: Context, ids: Collection[str]) -> Mapping[str, Order]:
    """By id; those that the shop no longer has are left out."""
    found: dict[str, Order] = {}

    async def read(order_id: str) -> None:
        try:
            found[order_id] = await ctx.shop.get_order(order_id)
        except NotFound:
            return

    await for_each(ids, read, at_once=_AT_ONCE)
    return found


async def _lines(ctx: Context, refunds: Sequence[Refund], orders: Mapping[str, Order]) -> Sequence[Line]:
    payments = {payment.id: payment for order in orders.values() for payment in order.payments}
    async with ctx.unit_of_work(read_only=True) as uow:
        return await _told(uow, refunds, payments=payments)


async def _told(uow: UnitOfWork, refunds: Sequence[Refund], *, payments: Mapping[str, Payment]) -> Sequence[Line]:
    journal = await uow.journal.of_each("refund", [refund.id for refund in refunds])
    of_returns = {refund.cause_id for refund in refunds if refund.cause_kind is CauseKind.RETURN}
    items = {item.id: item for item in await uow.returns.by_ids(of_returns)}
    return [
        make_line(
            refund,
            payment=payments.get(refund.payment_id),
            item=items.get(refund.cause_id),
            journal=journal.get(refund.id, ()),
        )
        for refund in refunds
    ]
