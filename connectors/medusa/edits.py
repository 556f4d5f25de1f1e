"""Orders changed at Medusa before they are sent: units taken out, another address, another variant.

Taking out the last units of an order of which nothing was sent is Medusa's own cancellation: it pays back by
itself all that was captured. Everything else is an order edit, which moves no money. Our key stands in the note
of an edit, and in the order's metadata for what is no edit; it is looked for before anything is written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.orders import Address, Order
from aftersales.ports import ExchangeLine
from connectors.medusa.changes import carry_out, changes_of, make_room, note, steps_of
from connectors.medusa.client import Declined, MedusaClient
from connectors.medusa.exchanges import unit_price
from connectors.medusa.orders import LINE, item_ids, name_parts
from connectors.medusa.payloads import OrderRow


async def is_made(client: MedusaClient, row: OrderRow, *, key: str) -> bool:
    """Whether the change under this key was made. Raises Unavailable."""
    kind = (row.metadata or {}).get(_mark(key))
    if kind is not None:
        return kind != "cancel" or row.canceled_at is not None
    confirmed = await changes_of(client, row.id, states=["confirmed"])
    return any(change.internal_note == note(key) for change in confirmed)


async def cancel_units(
    client: MedusaClient, row: OrderRow, order: Order, *, units: Mapping[str, int], key: str
) -> None:
    """Takes unsent units out. Raises NotFound, Conflict, Unavailable, OutcomeUnknown."""
    await _check_unsent(client, order, units)
    left = {line.id: line.unsent - units.get(line.id, 0) for line in order.lines}
    if not any(left.values()) and not any(line.fulfilled for line in order.lines):
        return await _cancel(client, row.id, key=key)
    items = item_ids(row)
    wanted = {items[line_id]: order.line(line_id).quantity - count for line_id, count in units.items()}

    async def edit(path: str) -> None:
        for item_id, count in sorted(wanted.items()):
            await client.post(f"{path}/items/item/{item_id}", {"quantity": count})

    await _edit(client, row.id, key=key, edit=edit)


async def change_address(client: MedusaClient, row: OrderRow, order: Order, *, address: Address, key: str) -> None:
    """Raises Conflict when something was sent or the order is cancelled, Unavailable, OutcomeUnknown."""
    if order.is_cancelled or any(line.fulfilled for line in order.lines):
        raise Conflict(f"order {row.id} was sent or cancelled")
    await make_room(client, row.id)
    body = {"shipping_address": _written(address), "metadata": {_mark(key): "address"}}
    try:
        await client.post(f"/admin/orders/{row.id}", body)
    except Declined as error:
        raise Conflict(error.detail) from error


async def change_variant(
    client: MedusaClient, row: OrderRow, order: Order, *, new: ExchangeLine, key: str
) -> None:
    """Takes a whole line out and puts another variant in its place.

    Raises Conflict when some of the line was sent or the stock does not suffice, Unavailable, OutcomeUnknown.
    """
    line = order.line(new.line_id)
    if order.is_cancelled or line.unsent != line.quantity:
        raise Conflict(f"line {line.id} was sent or cancelled")
    old = next(item for item in row.items if item.id == item_ids(row)[line.id])
    item = {
        "variant_id": new.variant_id,
        "quantity": new.quantity,
        "unit_price": unit_price(new.paid, units=new.quantity, like=old),
        "metadata": {LINE: line.id},
    }

    async def edit(path: str) -> None:
        await client.post(f"{path}/items", {"items": [item]})
        await client.post(f"{path}/items/item/{old.id}", {"quantity": 0})

    await _edit(client, row.id, key=key, edit=edit)


async def _edit(client: MedusaClient, order_id: str, *, key: str, edit: Callable[[str], Awaitable[None]]) -> None:
    path = f"/admin/order-edits/{order_id}"

    async def begin() -> str:
        await client.post("/admin/order-edits", {"order_id": order_id, "internal_note": note(key)})
        return path

    async def finish(path: str) -> None:
        await edit(path)
        await client.post(f"{path}/confirm")

    try:
        await carry_out(client, order_id, key=key, begin=begin, finish=finish)
    except Declined as error:
        raise Conflict(error.detail) from error


async def _cancel(client: MedusaClient, order_id: str, *, key: str) -> None:
    """With a change open, Medusa would pay everything back and then decline to cancel: so there must be none."""
    await make_room(client, order_id)
    try:
        await client.post(f"/admin/orders/{order_id}", {"metadata": {_mark(key): "cancel"}})
        await client.post(f"/admin/orders/{order_id}/cancel")
    except Declined as error:
        raise Conflict(error.detail) from error


def _mark(key: str) -> str:
    return f"returndesk_{key}"


async def _check_unsent(client: MedusaClient, order: Order, units: Mapping[str, int]) -> None:
    """Medusa forgets a line that was taken out as a whole; only the changes of the order still tell of it."""
    known = {line.id: line.unsent for line in order.lines}
    if not units.keys() <= known.keys():
        steps = await steps_of(client, order.id)
        once = {step.details.reference_id for step in steps if step.details and step.details.reference_id}
        known |= dict.fromkeys(once - known.keys(), 0)
    for line_id, count in units.items():
        if line_id not in known:
            raise NotFound(line_id)
        if known[line_id] < count:
            raise Conflict(f"line {line_id} has fewer than {count} units unsent")


def _written(address: Address) -> dict[str, str]:
    """All fields, so that nothing of the old address stays. The country is the order's and cannot be changed."""
    first, last = name_parts(address.name)
    return {
        "first_name": first,
        "last_name": last,
        "phone": address.phone or "",
        "address_1": address.lines[0] if address.lines else "",
        "address_2": " ".join(address.lines[1:]),
        "city": address.city,
        "province": address.region,
        "postal_code": address.postcode,
    }
