"""Orders changed at Shopify before they are sent: cancelled as a whole, or sent to another address.

Anything less than the whole order would be an order edit, of which Shopify tells afterwards nothing by which it
could be recognised as ours: after a lost answer nobody could say whether it was made. So a person does that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aftersales.domain.errors import Conflict, Invalid, NotFound, OutcomeUnknown
from aftersales.domain.orders import Address, Order
from connectors.shopify import documents as ask
from connectors.shopify.answers import Declined
from connectors.shopify.client import ShopifyClient
from connectors.shopify.orders import name_parts
from connectors.shopify.payloads import OrderRow
from connectors.shopify.returns import is_ours, note

_PROVINCE_CODE = re.compile(r"[A-Z]{2,3}")  # Shopify takes no other name of a region
_LOOKS = 8  # at an order that Shopify is cancelling, one second apart


def check_whole(order: Order, units: Mapping[str, int]) -> None:
    """Raises NotFound for no such line, Conflict for more than are unsent, Invalid for less than all units."""
    for line_id, count in units.items():
        try:
            line = order.line(line_id)
        except KeyError:
            raise NotFound(line_id) from None
        if order.is_cancelled or line.unsent < count:
            raise Conflict(f"line {line_id} has fewer than {count} unsent units")
    left = any(line.unsent > units.get(line.id, 0) or line.fulfilled for line in order.lines)
    if left:
        raise Invalid("units", "Shopify cancels whole orders alone")


def is_cancelled_by(row: OrderRow, key: str) -> bool:
    """Whether it was cancelled under this key."""
    done = row.cancelled_at is not None and row.cancellation is not None
    return done and is_ours(row.cancellation.staff_note if row.cancellation else None, key)


async def cancel_order(client: ShopifyClient, row: OrderRow, *, key: str) -> None:
    """Cancels, puts back in stock, and pays nothing back: that is the refund's own matter.

    Shopify does it after it has answered. Raises Conflict, Unavailable, and OutcomeUnknown while it is not done.
    """
    try:
        payload = await client.mutate(ask.ORDER_CANCEL, id=row.id, note=note(key))
    except Declined as error:
        if "NOT_FOUND" in error.codes:
            raise NotFound(row.id) from error
        raise Conflict(error.detail) from error
    job = payload.get("job")
    if not isinstance(job, dict):
        raise OutcomeUnknown("shopify")
    for _ in range(_LOOKS):
        if job.get("done"):
            return
        await client.sleep(1.0)
        job = (await client.query(ask.JOB, id=job["id"])).get("job") or {"id": job["id"], "done": False}
    raise OutcomeUnknown("shopify_job")


async def change_address(
    client: ShopifyClient, row: OrderRow, order: Order, *, address: Address, key: str
) -> None:
    """With our mark in the same request. Raises Conflict when something was sent or the order is cancelled."""
    mark = _mark(key)
    told = await client.query(ask.ADDRESS_MARK, id=row.id, key=mark)
    if ((told.get("order") or {}).get("metafield") or {}).get("value") == key:
        return
    if order.is_cancelled or any(line.fulfilled for line in order.lines):
        raise Conflict(f"order {order.id} was sent or cancelled")
    field = {"namespace": "returndesk", "key": mark, "type": "single_line_text_field", "value": key}
    input = {"id": row.id, "shippingAddress": _written(address, country=order.country), "metafields": [field]}
    try:
        await client.mutate(ask.ORDER_UPDATE, input=input)
    except Declined as error:
        raise Conflict(error.detail) from error


def _mark(key: str) -> str:
    """Keys of metafields have 64 characters at most, of letters, digits, - and _."""
    return f"address-{key}"[:64]


def _written(address: Address, *, country: str) -> dict[str, Any]:
    first, last = name_parts(address.name)
    lines = [*address.lines, "", ""]
    return {
        "firstName": first,
        "lastName": last,
        "phone": address.phone,
        "address1": lines[0],
        "address2": " ".join(filter(None, lines[1:])),
        "city": address.city,
        "provinceCode": address.region if _PROVINCE_CODE.fullmatch(address.region) else None,
        "zip": address.postcode,
        "countryCode": country,
    }
