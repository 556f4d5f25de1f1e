"""Exchanges at Medusa: units back against units of other variants, reserved at once and sent afterwards.

Our key stands in the exchange's metadata; the exchange's own return is the reference. At Medusa what is to be
sent are lines of the order from the beginning; we show them once they are packed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from aftersales.domain.errors import Conflict, NotFound, OutcomeUnknown
from aftersales.domain.money import Money
from aftersales.domain.returns import OUT_OF_STOCK
from aftersales.ports import ExchangeLine
from connectors.medusa.answers import all_in
from connectors.medusa.change_payloads import EXCHANGE_FIELDS, ExchangeRow, ReturnRow
from connectors.medusa.changes import KEY, begun_id, carry_out, make_room, note
from connectors.medusa.client import Declined, MedusaClient
from connectors.medusa.orders import REPLACEMENT, item_ids, location_of
from connectors.medusa.payloads import Item, OrderRow, Parcel
from connectors.medusa.returns import is_booked, listed

_MOST = "200"  # exchanges of one order
_SHORT = ("required inventory", "Not enough stock")  # when they are asked for, and when they are reserved
_DIGITS = Decimal("1e-10")  # finer than that, Medusa's own numbers are not exact


async def exchanges_of(client: MedusaClient, order_id: str) -> list[ExchangeRow]:
    """Raises Unavailable."""
    told = await client.get("/admin/exchanges", order_id=order_id, fields=EXCHANGE_FIELDS, limit=_MOST)
    rows = all_in(told, "exchanges", ExchangeRow)
    return [row for row in rows if row.order_id == order_id]


async def find_exchange(
    client: MedusaClient, order_id: str, *, key: str, returns: Sequence[ReturnRow]
) -> str | None:
    """The return of the exchange that was asked for under this key, whatever became of it.

    Raises Unavailable while a half-made one may still be under way.
    """
    states = {row.id: row.status for row in returns}
    for row in await exchanges_of(client, order_id):
        if (row.metadata or {}).get(KEY) != key:
            continue
        if row.return_id is not None and states.get(row.return_id, "open") != "open":
            return row.return_id
        await make_room(client, order_id)
    return None


async def ask_exchange(
    client: MedusaClient, order: OrderRow, *, lines: Sequence[ExchangeLine], location_id: str | None, key: str
) -> str:
    """Files an exchange and confirms it, which reserves the stock; gives the id of its return.

    Raises Conflict, Conflict("out_of_stock"), Unavailable, OutcomeUnknown.
    """
    inbound = {"items": _inbound(order, lines), **({"location_id": location_id} if location_id else {})}
    outbound = {"items": [_wanted(order, line, key) for line in lines]}
    # Medusa reserves the stock of an exchange only where it has a way of shipping.
    shipping = {"shipping_option_id": _shipping_of(order), "custom_amount": 0}

    async def begin() -> str:
        body = {"order_id": order.id, "metadata": {KEY: key}, "internal_note": note(key)}
        return begun_id(await client.post("/admin/exchanges", body), "exchange")

    async def finish(exchange_id: str) -> None:
        path = f"/admin/exchanges/{exchange_id}"
        await client.post(f"{path}/inbound/items", inbound)
        await client.post(f"{path}/outbound/items", outbound)
        await client.post(f"{path}/outbound/shipping-method", shipping)
        await client.post(f"{path}/request")

    try:
        exchange_id = await carry_out(client, order.id, key=key, begin=begin, finish=finish)
    except Declined as error:
        short = any(words in error.detail for words in _SHORT)
        raise Conflict(OUT_OF_STOCK if short else error.detail) from error
    for row in await exchanges_of(client, order.id):
        if row.id == exchange_id and row.return_id is not None:
            return row.return_id
    raise OutcomeUnknown("medusa")


async def send_replacement(
    client: MedusaClient, order: OrderRow, back: ReturnRow, *, read: Callable[[str], Awaitable[OrderRow]]
) -> str:
    """Packs what an exchange has reserved and marks it as shipped; gives the parcel's id.

    Harmless when that was done, by us or at Medusa. Raises NotFound for a return without an exchange, Conflict
    before its units are booked, Unavailable, OutcomeUnknown.
    """
    exchange = next((e for e in await exchanges_of(client, order.id) if e.id == back.exchange_id), None)
    if exchange is None:
        raise NotFound(back.id)
    if not await is_booked(client, back):
        raise Conflict(f"the return is {back.status}")
    units = {item.item_id: item.quantity for item in exchange.additional_items if item.item_id}
    path = f"/admin/orders/{order.id}/fulfillments"
    try:
        if _parcel_of(order, units) is None:
            await make_room(client, order.id)
            place = location_of(order)
            await client.post(path, {"items": listed(units), **({"location_id": place} if place else {})})
            order = await read(order.id)
        parcel = _parcel_of(order, units)
        if parcel is None:
            raise OutcomeUnknown("medusa")
        if parcel.shipped_at is None:
            held = [{"id": packed.line_item_id, "quantity": packed.quantity} for packed in parcel.items]
            await client.post(f"{path}/{parcel.id}/shipments", {"items": held})
    except Declined as error:
        raise Conflict(error.detail) from error
    return parcel.id


def unit_price(paid: Money, *, units: int, like: Item) -> Decimal:
    """So that `units` come to `paid` with the tax that the item `like` had."""
    rate = Decimal(0) if like.is_tax_inclusive else sum((tax.rate for tax in like.tax_lines), Decimal(0))
    return (Decimal(paid.decimal()) / units / (1 + rate / 100)).quantize(_DIGITS)


def _parcel_of(order: OrderRow, units: Mapping[str, int]) -> Parcel | None:
    for parcel in order.fulfillments:
        if parcel.canceled_at is None and any(packed.line_item_id in units for packed in parcel.items):
            return parcel
    return None


def _inbound(order: OrderRow, lines: Sequence[ExchangeLine]) -> list[dict[str, Any]]:
    ids, units = item_ids(order), Counter[str]()
    for line in lines:
        units[ids[line.line_id]] += line.quantity
    return listed(units)


def _wanted(order: OrderRow, line: ExchangeLine, key: str) -> dict[str, Any]:
    back = next(item for item in order.items if item.id == item_ids(order)[line.line_id])
    return {
        "variant_id": line.variant_id,
        "quantity": line.quantity,
        "unit_price": unit_price(line.paid, units=line.quantity, like=back),
        "metadata": {REPLACEMENT: key},
    }


def _shipping_of(order: OrderRow) -> str:
    """The way the order itself was sent. Raises Conflict where it had none."""
    for method in order.shipping_methods:
        if method.is_outbound and method.shipping_option_id:
            return method.shipping_option_id
    raise Conflict("the order has no way of shipping")
