"""Which units of an order our own returns hold, however the shop's answer and a new request cross."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.orders import Order
from aftersales.domain.price_drops import lowered
from aftersales.domain.refunds import CauseKind
from aftersales.domain.returns import HOLDING, Return
from aftersales.ports import UnitOfWork
from aftersales.services.access import access_order
from aftersales.services.context import Context
from aftersales.services.external_refunds import note_external


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as the shop tells it, and which of our returns its lines surely count already."""

    order: Order
    filed: frozenset[str]


async def access_standing(ctx: Context, *, customer_id: str | None, number: str) -> Standing:
    """The customer's order, read after noting which returns the shop knew by then.

    Raises NotFound and Unavailable. Must not be called inside a transaction.
    """
    order = await access_order(ctx, customer_id=customer_id, number=number)
    await note_external(ctx, order)  # what was paid back before is not meant for a return of now
    async with ctx.unit_of_work(read_only=True) as uow:
        ours = await uow.returns.of_order(order.id)
    filed = frozenset(item.id for item in ours if item.shop_reference is not None)
    return Standing(await ctx.shop.get_order(order.id), filed) if filed else Standing(order, filed)


def with_held(order: Order, ours: Iterable[Return], *, filed: frozenset[str] | None = None) -> Order:
    """The order with the units of returns that it does not count yet counted as requested.

    `filed` None takes every return with a shop reference as counted.
    """
    held: Counter[str] = Counter()
    for item in ours:
        counted = item.shop_reference is not None if filed is None else item.id in filed
        if item.state in HOLDING and not counted:
            held.update({line.line_id: line.quantity for line in item.lines})
    if not held:
        return order
    lines = [replace(line, return_requested=line.return_requested + held[line.id]) for line in order.lines]
    return replace(order, lines=tuple(lines))


async def with_lower_prices(uow: UnitOfWork, order: Order) -> Order:
    """The order with its lines worth less by what was paid back because their prices fell."""
    paid_back = {
        item.line_id: item
        for item in await uow.adjustments.of_order(order.id)
        if item.kind is CauseKind.PRICE_PROTECTION and item.line_id is not None
    }
    if not paid_back:
        return order
    lines = (
        lowered(line, amount=paid_back[line.id].amount, units=paid_back[line.id].quantity)
        if line.id in paid_back
        else line
        for line in order.lines
    )
    return replace(order, lines=tuple(lines))


def count_units(items: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    """Units by line id, equal lines added up. Raises Invalid on nothing, on too many and on less than one unit."""
    wanted: Counter[str] = Counter()
    for line_id, quantity in items:
        if quantity < 1:
            raise Invalid("quantity")
        wanted[line_id] += quantity
    if not wanted or len(wanted) > 100:
        raise Invalid("items")
    return dict(wanted)


def check_units_left(order: Order, wanted: Mapping[str, int]) -> None:
    """Raises Conflict when units are short because others are back or on their way, NotFound for no such line."""
    for line_id, quantity in wanted.items():
        try:
            line = order.line(line_id)
        except KeyError:
            raise NotFound("line") from None
        if line.returnable < quantity <= line.fulfilled - line.dismissed:
            raise Conflict("units are being returned already")
