"""Returns at Medusa: asked for, cancelled, received or written off, each in several requests that make one change.

Our key stands in the metadata of the return and is looked for before anything is written. Medusa counts
dismissed units as still with the customer, so what can be returned is counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.orders import Order
from connectors.medusa.answers import all_in, one_in
from connectors.medusa.change_payloads import RETURN_FIELDS, ReturnRow
from connectors.medusa.changes import KEY, begun_id, carry_out, make_room, note, steps_of
from connectors.medusa.client import Declined, MedusaClient

_MOST = "200"  # returns of one order


async def returns_of(client: MedusaClient, order_id: str) -> list[ReturnRow]:
    """Raises Unavailable."""
    told = await client.get("/admin/returns", order_id=order_id, fields=RETURN_FIELDS, limit=_MOST)
    rows = all_in(told, "returns", ReturnRow)
    return [row for row in rows if row.order_id == order_id]


async def get_return(client: MedusaClient, reference: str) -> ReturnRow:
    """Raises NotFound, Unavailable."""
    told = await client.get(f"/admin/returns/{reference}", fields=RETURN_FIELDS)
    return one_in(told, "return", ReturnRow)


async def find_return(client: MedusaClient, order_id: str, *, key: str) -> str | None:
    """The return that was asked for under this key, whatever became of it; a half-made one is none.

    Raises Unavailable while such a one may still be under way.
    """
    for row in await returns_of(client, order_id):
        if (row.metadata or {}).get(KEY) != key:
            continue
        if row.status != "open":
            return row.id
        await make_room(client, order_id)
    return None


def check_returnable(order: Order, units: Mapping[str, int]) -> None:
    """Raises NotFound for no such line, Conflict when more units are asked for than can still be returned."""
    for line_id, count in units.items():
        try:
            line = order.line(line_id)
        except KeyError:
            raise NotFound(line_id) from None
        if line.returnable < count:
            raise Conflict(f"line {line_id} has fewer than {count} units left")


async def ask_return(
    client: MedusaClient, order_id: str, *, units: Mapping[str, int], location_id: str | None, key: str
) -> str:
    """Files a return and confirms it; gives its id. Raises Conflict, Unavailable, OutcomeUnknown."""

    async def begin() -> str:
        body = {"order_id": order_id, "metadata": {KEY: key}, "internal_note": note(key)}
        if location_id is not None:
            body["location_id"] = location_id
        told = await client.post("/admin/returns", body)
        return begun_id(told, "return")

    async def finish(return_id: str) -> None:
        await client.post(f"/admin/returns/{return_id}/request-items", {"items": listed(units)})
        await client.post(f"/admin/returns/{return_id}/request")

    try:
        return await carry_out(client, order_id, key=key, begin=begin, finish=finish)
    except Declined as error:
        raise Conflict(error.detail) from error


async def cancel_return(client: MedusaClient, row: ReturnRow) -> None:
    """Harmless when already cancelled. Raises Conflict once something of it was received."""
    if row.status == "canceled":
        return
    if row.status != "requested":
        raise Conflict(f"the return is {row.status}")
    await make_room(client, row.order_id)
    whole = f"/admin/exchanges/{row.exchange_id}" if row.exchange_id else f"/admin/returns/{row.id}"
    try:
        await client.post(f"{whole}/cancel")
    except Declined as error:
        raise Conflict(error.detail) from error


async def book_return(client: MedusaClient, row: ReturnRow, *, dismissed: bool) -> None:
    """Books all units that are still out: received, or dismissed (kept by the customer, or never come).

    Harmless when all of them were booked so, here or at Medusa. Raises Conflict when they were booked otherwise
    or the return is cancelled.
    """
    if row.status in {"open", "canceled"}:
        raise Conflict(f"the return is {row.status}")
    booked = await _booked(client, row)
    out = Counter({item.item_id: item.quantity for item in row.items}) - booked[True] - booked[False]
    if not out:
        if bool(booked[False]) is dismissed:
            raise Conflict("the return is booked otherwise")
        return
    step = "dismiss-items" if dismissed else "receive-items"

    async def begin() -> str:
        await client.post(f"/admin/returns/{row.id}/receive", {"internal_note": note(row.id)})
        return row.id

    async def finish(return_id: str) -> None:
        await client.post(f"/admin/returns/{return_id}/{step}", {"items": listed(out)})
        await client.post(f"/admin/returns/{return_id}/receive/confirm")

    try:
        await carry_out(client, row.order_id, key=row.id, begin=begin, finish=finish)
    except Declined as error:
        raise Conflict(error.detail) from error


async def is_booked(client: MedusaClient, row: ReturnRow) -> bool:
    """Whether none of its units is still out. Raises Unavailable."""
    if row.status in {"open", "requested", "canceled"}:
        return False
    booked = await _booked(client, row)
    return not Counter({item.item_id: item.quantity for item in row.items}) - booked[True] - booked[False]


async def _booked(client: MedusaClient, row: ReturnRow) -> dict[bool, Counter[str]]:
    """Units by item that were dismissed (True) and received (False)."""
    kinds = {"RECEIVE_RETURN_ITEM": False, "RECEIVE_DAMAGED_RETURN_ITEM": True}
    booked: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for step in await steps_of(client, row.order_id):
        if step.reference_id == row.id and step.action in kinds and step.details and step.details.reference_id:
            booked[kinds[step.action]][step.details.reference_id] += step.details.quantity
    return booked


def listed(units: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"id": line_id, "quantity": count} for line_id, count in sorted(units.items())]
