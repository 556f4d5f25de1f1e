"""One change of an order at a time: Medusa takes no second one before the first is confirmed or deleted.

A return, an exchange and an edit are each made in several requests. What a crash leaves half made carries our
note and is deleted by whoever comes next, once nobody can be at it any more; what somebody else has begun is
left alone. Two refunds at the same moment leave a credit line open that Medusa itself never confirms: that is
deleted as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from aftersales.domain.errors import AftersalesError, NotFound, OutcomeUnknown, Unavailable
from connectors.medusa.answers import all_in
from connectors.medusa.change_payloads import CHANGE_FIELDS, ActedRow, ActionRow, ChangeRow
from connectors.medusa.client import Declined, MedusaClient

KEY = "returndesk_key"  # in the metadata of what Medusa keeps metadata of
BUSY = "order_busy"
_NOTE = "ReturnDesk "
_OPEN = ["pending", "requested"]
_CREDIT_LINE = "credit_line"
Begun = TypeVar("Begun")


def note(key: str) -> str:
    """What stands in the internal note of each change of ours."""
    return f"{_NOTE}{key}"


class OrderLocks:
    """One change of an order at a time in this process, so that ours need not stumble over each other."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, order_id: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(order_id, asyncio.Lock())
        async with lock:
            yield


async def changes_of(client: MedusaClient, order_id: str, *, states: Sequence[str]) -> list[ChangeRow]:
    """Oldest first. Raises Unavailable."""
    path = f"/admin/orders/{order_id}/changes"
    parameters: dict[str, str | list[str]] = {"fields": CHANGE_FIELDS, "status[]": list(states)}
    told = await client.get(path, **parameters)
    rows = all_in(told, "order_changes", ChangeRow)
    return sorted(rows, key=lambda row: (row.created_at, row.id))


async def steps_of(client: MedusaClient, order_id: str) -> list[ActionRow]:
    """All that the confirmed changes of the order did to its items. Raises Unavailable."""
    path = f"/admin/orders/{order_id}/changes"
    told = await client.get(path, **{"fields": "id,*actions", "status[]": "confirmed"})
    return [step for row in all_in(told, "order_changes", ActedRow) for step in row.actions]


async def carry_out(
    client: MedusaClient,
    order_id: str,
    *,
    key: str,
    begin: Callable[[], Awaitable[Begun]],
    finish: Callable[[Begun], Awaitable[None]],
) -> Begun:
    """Begins a change, which `begin` gives note(key), and finishes it; what Medusa declines is deleted again.

    Raises Declined (nothing was changed), Unavailable (nothing was changed, or the order is being changed by
    somebody else), OutcomeUnknown (to be looked up by the key before anything else).
    """
    await make_room(client, order_id)
    try:
        begun = await begin()
    except Declined:
        if await changes_of(client, order_id, states=_OPEN):
            raise Unavailable(BUSY) from None  # somebody was faster
        raise
    try:
        await _check_alone(client, order_id)
        await finish(begun)
    except (Declined, NotFound, Unavailable) as error:
        if await _take_back(client, order_id, key=key):
            raise
        raise Unavailable(BUSY) from error  # another process of ours has deleted it: nothing was decided
    return begun


def begun_id(answer: Any, name: str) -> str:
    """Raises OutcomeUnknown: what was begun is found by its key."""
    made = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(made, dict) or not isinstance(made.get("id"), str):
        raise OutcomeUnknown("medusa")
    return str(made["id"])


async def make_room(client: MedusaClient, order_id: str) -> None:
    """Deletes what was left half made. Raises Unavailable while a change is being made, by us or somebody else."""
    for change in await changes_of(client, order_id, states=_OPEN):
        left = _is_ours(change) or change.change_type == _CREDIT_LINE
        if not left or datetime.now(UTC) - change.created_at < client.abandoned_after:
            raise Unavailable(BUSY)
        await _delete(client, order_id, change)


async def _check_alone(client: MedusaClient, order_id: str) -> None:
    """Medusa looks for an open change and then writes one: of two at the same moment both may be let in."""
    if len(await changes_of(client, order_id, states=_OPEN)) > 1:
        raise Unavailable(BUSY)


async def _take_back(client: MedusaClient, order_id: str, *, key: str) -> bool:
    """Whether it was there; what cannot be deleted now is deleted by make_room later."""
    with suppress(AftersalesError):
        ours = [c for c in await changes_of(client, order_id, states=_OPEN) if c.internal_note == note(key)]
        for change in ours:
            await _delete(client, order_id, change)
        return bool(ours)
    return False


def _is_ours(change: ChangeRow) -> bool:
    return (change.internal_note or "").startswith(_NOTE)


async def _delete(client: MedusaClient, order_id: str, change: ChangeRow) -> None:
    """Raises Unavailable also when its outcome is unknown: deleting twice is harmless."""
    paths = {
        "return_request": f"/admin/returns/{change.return_id}/request",
        "return_receive": f"/admin/returns/{change.return_id}/receive",
        "exchange": f"/admin/exchanges/{change.exchange_id}/request",
        "edit": f"/admin/order-edits/{order_id}",
        _CREDIT_LINE: f"/admin/order-edits/{order_id}",
    }
    path = paths.get(change.change_type or "")
    if path is None:
        raise Unavailable(BUSY)
    try:
        await client.delete(path)
    except NotFound:
        return
    except (Declined, OutcomeUnknown):
        raise Unavailable(BUSY) from None
