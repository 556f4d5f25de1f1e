"""Changing an order before it is sent: from what it comes to, over the customer's consent, to the shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aftersales.domain.changes import Change, ChangeKind, ChangeState, Rewrite, Units, Version
from aftersales.domain.changes_quote import (
    ChangeQuote,
    Obstacle,
    obstacle_to_any,
    quote_fewer,
    quote_variant,
)
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Order
from aftersales.ports import UnitOfWork
from aftersales.services.access import access_order
from aftersales.services.changes_at_shop import make_change
from aftersales.services.context import Context
from aftersales.services.external_refunds import note_external
from aftersales.services.moves import By, open_change
from aftersales.services.numbers import add_numbered
from aftersales.services.return_units import with_lower_prices

_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a customer wants changed: one of units to take out, a variant for a line, or an address.

    `units` are by line id; `variant` is (line id, variant id).
    """

    kind: ChangeKind
    units: Mapping[str, int] | None = None
    variant: tuple[str, str] | None = None
    address: Address | None = None


async def quote_change(ctx: Context, *, order: Order, wish: Wish) -> ChangeQuote:
    """What the wish comes to by now for an order that the caller may see.

    Raises NotFound for no such line or variant, Invalid for a wish that says nothing, Unavailable.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        order = await with_lower_prices(uow, order)
    try:
        return await _quote(ctx, order, wish)
    except KeyError as error:
        raise NotFound(str(error)) from None


async def request_change(
    ctx: Context,
    *,
    customer_id: str | None,
    order_number: str,
    wish: Wish,
    agreed: Money,
    conversation_id: str | None = None,
    channel: str,
    key: str,
    by: By | None = None,
) -> Change:
    """Files a change and has the shop make it; the same key again gives the same change.

    `agreed` is the amount to be paid back that the customer said yes to; `by` who asks where it is another. The
    row stands before the shop is called; when the shop cannot be reached it stays requested and the worker carries
    on. The order's lock is held while it is filed, and only one change of an order is open at a time.
    Raises NotFound (order, line or variant missing or another's), Conflict (the obstacle's code,
    "amount_changed", "change_under_way", "changed_meanwhile", "key_used"), Invalid, Unavailable.
    """
    if not 0 < len(key) <= _LONGEST_KEY:
        raise Invalid("key")
    order, settled = await _read(ctx, customer_id=customer_id, number=order_number)
    known = await find_change(ctx, key=key, customer_id=customer_id)
    if known is not None:
        return _same(known, order, wish)
    quote = await quote_change(ctx, order=order, wish=wish)
    if quote.obstacle is not None or quote.rewrite is None:
        raise Conflict(quote.obstacle or "nothing")
    if quote.amount != agreed:
        raise Conflict("amount_changed")
    by = by or By(f"customer:{customer_id}", channel)
    async with ctx.unit_of_work() as uow:
        await uow.returns.lock_order(order.id)
        known = await uow.changes.by_key(key)
        if known is not None:
            return _same(known, order, wish)
        await _check_alone(uow, order.id, settled=settled)
        draft = _draft(ctx, order, wish.kind, quote.rewrite, amount=quote.amount, key=key)
        change = await _add(ctx, uow, replace(draft, conversation_id=conversation_id), by=by)
    return await make_change(ctx, change, by=by, tell=False)


async def find_change(ctx: Context, *, key: str, customer_id: str | None) -> Change | None:
    """The customer's change that was filed under this key, if any; for a turn that is run again."""
    async with ctx.unit_of_work(read_only=True) as uow:
        change = await uow.changes.by_key(key)
    return change if change is not None and change.customer_id == customer_id else None


async def _quote(ctx: Context, order: Order, wish: Wish) -> ChangeQuote:
    if wish.units is not None:
        if not wish.units or any(count < 1 for count in wish.units.values()):
            raise Invalid("quantity")
        return quote_fewer(order, wish.units, by_person=ctx.policy.orders.by_person.tags)
    if wish.variant is not None:
        line_id, variant_id = wish.variant
        if order.line(line_id).tags & ctx.policy.orders.by_person.tags:
            return _impossible(order, Obstacle.BY_PERSON)
        variants = await ctx.shop.list_variants(order.line(line_id).product_id, currency=order.currency)
        variant = next((known for known in variants if known.id == variant_id), None)
        if variant is None:
            raise KeyError(variant_id)
        return quote_variant(order, line_id, variant, variants)
    if wish.address is None:
        raise Invalid("wish")
    sent = any(line.fulfilled for line in order.lines)
    obstacle = obstacle_to_any(order) or (Obstacle.SENT if sent else None)
    if obstacle is None and wish.address == order.address:
        obstacle = Obstacle.SAME
    if obstacle is not None:
        return _impossible(order, obstacle)
    return replace(_impossible(order, None), rewrite=Rewrite(order.address, wish.address))


def _impossible(order: Order, obstacle: Obstacle | None) -> ChangeQuote:
    zero = Money.zero(order.currency)
    return ChangeQuote(obstacle=obstacle, rewrite=None, amount=zero, postage=zero, whole=False)


async def _read(ctx: Context, *, customer_id: str | None, number: str) -> tuple[Order, frozenset[str]]:
    """The order, and the ids of its changes that were settled before it was read."""
    order = await access_order(ctx, customer_id=customer_id, number=number)
    await note_external(ctx, order)
    async with ctx.unit_of_work(read_only=True) as uow:
        ours = await uow.changes.of_order(order.id)
    settled = frozenset(change.id for change in ours if change.state is not ChangeState.REQUESTED)
    return await ctx.shop.get_order(order.id), settled


async def _check_alone(uow: UnitOfWork, order_id: str, *, settled: frozenset[str]) -> None:
    """The order was read as it stands now, and nothing else is being changed about it."""
    for change in await uow.changes.of_order(order_id):
        if change.state is ChangeState.REQUESTED:
            raise Conflict("change_under_way")
        if change.id not in settled:
            raise Conflict("changed_meanwhile")


def _same(known: Change, order: Order, wish: Wish) -> Change:
    if (known.order_id, known.customer_id) != (order.id, order.customer.id) or not _alike(known, wish):
        raise Conflict("key_used")
    return known


def _alike(known: Change, wish: Wish) -> bool:
    match known.rewrite.after:
        case Units():
            return dict(known.taken_out) == wish.units
        case Version(line_id=line_id, variant_id=variant_id):
            return (line_id, variant_id) == wish.variant
        case address:
            return address == wish.address


def _draft(ctx: Context, order: Order, kind: ChangeKind, rewrite: Rewrite, *, amount: Money, key: str) -> Change:
    now = ctx.clock.now()
    return Change(
        id=new_id(),
        number="",
        key=key,
        kind=kind,
        state=ChangeState.REQUESTED,
        order_id=order.id,
        order_number=order.number,
        customer_id=order.customer.id,
        conversation_id=None,
        rewrite=rewrite,
        amount=amount,
        policy_version=ctx.policy.version,
        failure=None,
        created_at=now,
        updated_at=now,
    )


async def _add(ctx: Context, uow: UnitOfWork, draft: Change, *, by: By) -> Change:
    """The change under a free number, with its first entry."""
    change = await add_numbered(uow.changes, draft, prefix="CH", day=ctx.today())
    await open_change(uow, change, by=by)
    return change
