"""Where the change at hand stands: what is missing, what it comes to, or why it is for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from actions.changes import draft as d
from actions.changes import words as w
from actions.changes.draft import Draft, unsent_lines, wish_of
from aftersales.domain.changes_quote import ChangeQuote, Obstacle, obstacle_to_any
from aftersales.domain.orders import Order, OrderLine, Variant
from aftersales.services.changes import quote_change
from aftersales.services.context import Context

OFFERS = 5
_PERSONAL = (w.PAYMENT, w.DELIVERY, w.OTHER)
_ENDS = frozenset({Obstacle.CANCELLED, Obstacle.SAME})
_REASONS = {Obstacle.BY_PERSON: "by_person", Obstacle.DEARER: "dearer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One of: the slot to ask for (`missing`), why a person is needed (`why`), how it ends without any change
    (`end`: cancelled, same or delivered), or what to consent to (`quote`).

    `problem` is what to say before asking: too_many, out_of_stock or partial.
    """

    missing: str | None = None
    why: str | None = None
    end: str | None = None
    quote: ChangeQuote | None = None
    problem: str | None = None


def offered_orders(orders: Sequence[Order], noted: Mapping[str, Sequence[str]]) -> list[Order]:
    """The orders to choose from: those that the words narrowed it to, else the unsent, else those on their way."""
    named = [order for order in orders if order.number in noted.get("orders", ())]
    unsent = [order for order in orders if obstacle_to_any(order) is None]
    moving = [order for order in orders if obstacle_to_any(order) is Obstacle.SENT and not is_delivered(order)]
    return (named or unsent or moving or list(orders))[:OFFERS]


def offered_lines(order: Order, noted: Mapping[str, Sequence[str]]) -> list[OrderLine]:
    named = [line for line in order.lines if line.id in noted.get("lines", ())]
    return named or unsent_lines(order)


def is_delivered(order: Order) -> bool:
    """Everything that was sent has arrived."""
    return bool(order.fulfilments) and all(parcel.delivered_at for parcel in order.fulfilments)


async def stand(ctx: Context, draft: Draft, order: Order) -> Standing:
    """How the change at hand stands by now. Raises NotFound, Unavailable."""
    if draft.kind is None:
        return Standing(missing=d.KIND)
    obstacle = obstacle_to_any(order)
    if obstacle is Obstacle.CANCELLED:
        return Standing(end="cancelled")
    if obstacle is Obstacle.SENT and draft.kind not in _PERSONAL:
        return Standing(end="delivered") if is_delivered(order) else Standing(why=f"sent_{draft.kind}")
    if draft.kind in _PERSONAL or not await _is_able(ctx, draft):
        return Standing(why=draft.kind if draft.kind in _PERSONAL else "capability")
    if draft.country and draft.country != order.country:
        return Standing(why="country")
    missing = _missing(draft, order)
    if missing is not None:
        return missing
    wish = wish_of(draft, order)
    if wish is None or (wish.units is not None and any(count < 1 for count in wish.units.values())):
        return Standing(end="same")
    return _judged(draft, await quote_change(ctx, order=order, wish=wish))


def _missing(draft: Draft, order: Order) -> Standing | None:
    """What to ask before the service can say what the change comes to."""
    lines = unsent_lines(order)
    if draft.kind == w.CANCEL:
        unclear = draft.named == "" and not draft.items and len(lines) > 1
        return Standing(missing=d.ITEMS) if unclear else None
    if draft.kind == w.ADDRESS:
        told = bool(draft.address and (draft.address.get("lines") or not draft.partial))
        return None if told else Standing(missing=d.ADDRESS, problem="partial" if draft.partial else None)
    if not draft.items:
        return Standing(missing=d.ITEMS)
    if draft.kind == w.VARIANT:
        return Standing(missing=d.VARIANT) if draft.variant is None else None
    if draft.quantity is None:
        return Standing(missing=d.QUANTITY)
    line = order.line(draft.items[0])
    if draft.quantity > line.unsent + line.fulfilled:
        return Standing(why="more_units")
    return Standing(missing=d.QUANTITY, problem="too_many") if draft.quantity < line.fulfilled else None


def _judged(draft: Draft, quote: ChangeQuote) -> Standing:
    if quote.obstacle is None:
        return Standing(quote=quote)
    if quote.obstacle in _ENDS:
        return Standing(end=quote.obstacle.value)
    if quote.obstacle is Obstacle.OUT_OF_STOCK:
        return Standing(missing=d.VARIANT, problem="out_of_stock")
    if quote.obstacle is Obstacle.TOO_MANY:
        return Standing(missing=d.ITEMS, problem="too_many")
    return Standing(why=_REASONS.get(quote.obstacle, f"sent_{draft.kind}"))


async def _is_able(ctx: Context, draft: Draft) -> bool:
    able = await ctx.shop.capabilities()
    return {
        w.CANCEL: able.cancel_orders,
        w.QUANTITY: able.change_lines,
        w.VARIANT: able.change_lines,
        w.ADDRESS: able.change_address,
    }.get(draft.kind or "", False)


async def variants_of(ctx: Context, draft: Draft, order: Order) -> Sequence[Variant]:
    """The variants of the one line at hand; nothing where there is none."""
    lines = [line for line in order.lines if line.id in draft.items]
    if len(lines) != 1:
        return ()
    return await ctx.shop.list_variants(lines[0].product_id, currency=order.currency)


def shown(draft: Draft, quote: ChangeQuote) -> dict[str, Any]:
    """All that the customer is shown and consents to, as a slot value."""
    after = asdict(quote.rewrite.after) if quote.rewrite else {}
    return {
        "kind": draft.kind,
        "order": draft.order,
        "after": json.loads(json.dumps(after)),
        "minor": quote.amount.minor,
        "currency": quote.amount.currency,
    }
