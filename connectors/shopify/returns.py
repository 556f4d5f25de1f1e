"""Returns at Shopify: found by our key, filed, cancelled, and booked as come or as missing.

A return's lines are units of parcels (fulfillment line items). Our key stands at the head of the reason's note of
each of them, as returnCreate knows no idempotency: it is looked for before a return is filed.
https://shopify.dev/docs/apps/build/orders-fulfillment/returns-apps/build-return-management
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from aftersales.domain.errors import Conflict, NotFound, OutcomeUnknown
from connectors.shopify import documents as ask
from connectors.shopify.answers import Declined, parsed
from connectors.shopify.client import ShopifyClient
from connectors.shopify.ids import bare, gid
from connectors.shopify.pages import rest_of, whole
from connectors.shopify.payloads import ReturnableRow, ReturnableUnits, ReturnHead, ReturnLine, ReturnRow

log = structlog.get_logger("returndesk.shopify")
_NOTE = "ReturnDesk "
MISSING, RESTOCKED = "MISSING", "RESTOCKED"


def note(key: str) -> str:
    """What stands in the notes of all that is ours."""
    return f"{_NOTE}{key}"


def is_ours(told: str | None, key: str) -> bool:
    """Whether a note begins with our key; notes of people may hold anything."""
    return f"{told or ''} ".startswith(f"{note(key)} ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """Units by Shopify's line."""

    requested: Mapping[str, int]
    returned: Mapping[str, int]
    missing: Mapping[str, int]


def booked_units(rows: Iterable[ReturnRow]) -> Booked:
    """Of returns that are neither cancelled nor declined; unprocessed units of a closed one are free."""
    requested: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for row in rows:
        gone = _missing(row)
        for line in whole(row.return_line_items):
            if line.fulfillment_line_item is None:
                continue
            id = line.fulfillment_line_item.line_item.id
            away = min(gone[line.fulfillment_line_item.id], line.processed_quantity)
            gone[line.fulfillment_line_item.id] -= away
            missing[id] += away
            returned[id] += line.processed_quantity - away
            if row.status in {"OPEN", "REQUESTED"}:
                requested[id] += line.unprocessed_quantity
    return Booked(requested=requested, returned=returned, missing=missing)


async def returnable_units(client: ShopifyClient, order_gid: str) -> list[ReturnableUnits]:
    """What may be returned of an order, by the line of a parcel. Raises Unavailable."""
    rows = await rest_of(client, ask.RETURNABLE, "returnableFulfillments", kind=ReturnableRow, id=order_gid)
    found: list[ReturnableUnits] = []
    for row in rows:
        page = row.returnable_fulfillment_line_items
        found += page.nodes
        if page.page_info.has_next_page:
            path = ("returnableFulfillment", "returnableFulfillmentLineItems")
            after = page.page_info.end_cursor
            found += await rest_of(
                client, ask.RETURNABLE_LINES, *path, kind=ReturnableUnits, id=row.id, after=after
            )
    return found


async def get_return(client: ShopifyClient, return_gid: str) -> ReturnRow:
    """Raises NotFound, Unavailable."""
    told = await client.query(ask.RETURN, id=return_gid)
    if told.get("return") is None:
        raise NotFound(return_gid)
    return parsed(ReturnRow, told["return"])


async def find_return(client: ShopifyClient, order_id: str, *, key: str) -> str | None:
    """The oldest return that was filed under this key, whatever became of it. Raises NotFound, Unavailable."""
    id = gid("Order", order_id)
    heads = await rest_of(client, ask.ORDER_RETURNS, "order", "returns", kind=ReturnHead, id=id)
    for head in sorted(heads, key=lambda row: int(bare(row.id))):
        row = await get_return(client, head.id)
        if any(is_ours(line.return_reason_note, key) for line in row.return_line_items.nodes):
            return bare(row.id)
    return None


async def file_return(client: ShopifyClient, order_id: str, *, units: Mapping[str, int], key: str) -> str:
    """Files a return of units by line; gives its id. Raises Conflict, Unavailable, OutcomeUnknown."""
    id = gid("Order", order_id)
    free = await returnable_units(client, id)
    lines = [
        {
            "fulfillmentLineItemId": packed_id,
            "quantity": count,
            "returnReason": "OTHER",
            "returnReasonNote": note(key),
        }
        for line_id, wanted in sorted(units.items())
        for packed_id, count in _taken(free, line_id, wanted)
    ]
    try:
        payload = await client.mutate(ask.RETURN_CREATE, input={"orderId": id, "returnLineItems": lines})
    except Declined as error:
        raise Conflict(error.detail) from error
    return bare(_made_id(payload, "return"))


async def cancel_return(client: ShopifyClient, row: ReturnRow) -> None:
    """Harmless when already cancelled. Raises Conflict once something of it was processed."""
    if row.status == "CANCELED":
        return
    lines = whole(row.return_line_items)
    if row.status not in {"OPEN", "REQUESTED"} or any(line.processed_quantity for line in lines):
        raise Conflict(f"the return is {row.status}")
    try:
        await client.mutate(ask.RETURN_CANCEL, id=row.id)
    except Declined as error:
        raise Conflict(error.detail) from error


async def book_return(client: ShopifyClient, row: ReturnRow, *, missing: bool) -> None:
    """Books all units that are still out: back in stock, or missing (kept by the customer, or never come).

    Harmless when all of them were booked so. Raises Conflict when they were booked otherwise, or the return is
    not open. No money moves by it.
    """
    if row.status in {"CANCELED", "DECLINED"}:
        raise Conflict(f"the return is {row.status}")
    lines = whole(row.return_line_items)
    if not any(line.unprocessed_quantity for line in lines):
        if bool(sum(_missing(row).values())) is not missing:
            raise Conflict("the return is booked otherwise")
        return
    if row.status != "OPEN":
        raise Conflict(f"the return is {row.status}")
    place = None if missing else await _place(client, row.order.id)
    spots = _open_spots(row)
    input = {
        "returnId": row.id,
        "notifyCustomer": False,
        "returnLineItems": [
            _processed(line, spots, type=MISSING if missing else RESTOCKED, place=place)
            for line in lines
            if line.unprocessed_quantity
        ],
    }
    try:
        await client.mutate(ask.RETURN_PROCESS, input=input)
    except Declined as error:
        raise Conflict(error.detail) from error


def _taken(free: Sequence[ReturnableUnits], line_id: str, wanted: int) -> list[tuple[str, int]]:
    """(line of a parcel, units), parcel by parcel. Raises Conflict when there are not as many."""
    found: list[tuple[str, int]] = []
    for row in free:
        if wanted and bare(row.fulfillment_line_item.line_item.id) == line_id:
            count = min(wanted, row.quantity)
            found.append((row.fulfillment_line_item.id, count))
            wanted -= count
    if wanted:
        raise Conflict(f"line {line_id} has fewer units left")
    return [(packed_id, count) for packed_id, count in found if count]


def _missing(row: ReturnRow) -> Counter[str]:
    """Units by line of a parcel that were booked as missing."""
    found: Counter[str] = Counter()
    for order in whole(row.reverse_fulfillment_orders):
        for line in whole(order.line_items):
            if line.fulfillment_line_item is not None:
                lost = sum(done.quantity for done in line.dispositions if done.type == MISSING)
                found[line.fulfillment_line_item.id] += lost
    return found


def _open_spots(row: ReturnRow) -> dict[str, list[list[Any]]]:
    """[line of the reverse order, units without a disposition] by line of a parcel."""
    spots: dict[str, list[list[Any]]] = {}
    for order in whole(row.reverse_fulfillment_orders):
        for line in whole(order.line_items):
            left = line.total_quantity - sum(done.quantity for done in line.dispositions)
            if line.fulfillment_line_item is not None and left > 0:
                spots.setdefault(line.fulfillment_line_item.id, []).append([line.id, left])
    return spots


def _processed(
    line: ReturnLine, spots: Mapping[str, list[list[Any]]], *, type: str, place: str | None
) -> dict[str, Any]:
    """What is to be done with all units of the line that are out. Units disposed of by hand need no more."""
    wanted = line.unprocessed_quantity
    parts = []
    packed = line.fulfillment_line_item
    for spot in spots.get(packed.id, []) if packed is not None else []:
        count = min(wanted, spot[1])
        if count:
            part = {"reverseFulfillmentOrderLineItemId": spot[0], "quantity": count, "dispositionType": type}
            parts.append(part | ({"locationId": place} if place else {}))
            spot[1] -= count
            wanted -= count
    return {"id": line.id, "quantity": line.unprocessed_quantity, "dispositions": parts}


async def _place(client: ShopifyClient, order_gid: str) -> str | None:
    """The location that the order was sent from: its goods are put back there. Raises Unavailable."""
    told = await client.query(ask.FULFILLMENT_PLACE, id=order_gid)
    rows = (told.get("order") or {}).get("fulfillments") or []
    sent = [row["location"]["id"] for row in rows if row.get("status") == "SUCCESS" and row.get("location")]
    return sent[0] if sent else None


def _made_id(payload: Mapping[str, Any], name: str) -> str:
    """Raises OutcomeUnknown: what was made is found by its key."""
    made = payload.get(name)
    if not isinstance(made, dict) or not isinstance(made.get("id"), str):
        raise OutcomeUnknown("shopify")
    return str(made["id"])
