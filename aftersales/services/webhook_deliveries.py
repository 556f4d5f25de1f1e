"""Follows the sealed journal, writes down for each endpoint what it is to be told, and tells it.

Whatever was committed is sealed once, in a chain without gaps that only ever grows at its end: an endpoint's place
in it is all that has to be kept so that nothing is left out or written down twice (docs/adr/0008).
"""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aftersales.domain.cases import CaseKind
from aftersales.domain.errors import NotFound
from aftersales.domain.journal import Entry
from aftersales.domain.seals import Seal
from aftersales.domain.webhooks import (
    GONE,
    PATIENCE,
    DeliveryState,
    Endpoint,
    Off,
    WebhookDelivery,
    event_id,
    event_type,
    listens,
    pause_after,
    signatures,
)
from aftersales.ports import Reception, UnitOfWork, WebhookSender
from aftersales.services.batches import for_each
from aftersales.services.cases import add_case
from aftersales.services.context import Context
from aftersales.services.moves import WORKER
from aftersales.services.webhooks import note, secrets_of, waiting

KEPT = timedelta(days=30)
_WRITTEN_AT_ONCE = 100
# So many side by side to one endpoint; those that were claimed are done well within the lease, however slow it is.
_SENT_AT_ONCE = 8
_CLAIMED = 32
_LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an event is about: events of one `lane` arrive in order. `resource` None: it is not there any more."""

    lane: str
    number: str | None
    resource: dict[str, Any] | None


Describe = Callable[[UnitOfWork, Entry], Awaitable[Snapshot]]


async def write_deliveries(ctx: Context, describe: Describe) -> int:
    """Writes down what the endpoints are to be told of what is new in the journal; returns how many entries.

    Of several workers at once one writes for an endpoint, the others pass it over.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        last = await uow.seals.last()
        behind = [one for one in await uow.webhooks.all() if last and not one.off and one.position < last.position]
    return sum([await _write_for(ctx, endpoint.id, describe) for endpoint in behind])


async def send_due(ctx: Context, sender: WebhookSender, *, key: bytes) -> int:
    """Sends what is due to all endpoints side by side, so that a slow one holds up no other; returns how many."""
    async with ctx.unit_of_work(read_only=True) as uow:
        wanted = await uow.webhooks.with_due(now=ctx.clock.now())
    sent = 0

    async def send_to(endpoint: Endpoint) -> None:
        nonlocal sent
        # One that fails is tried with a single delivery at a time.
        limit = 1 if endpoint.failing_since else _CLAIMED
        async with ctx.unit_of_work() as uow:
            due = await uow.webhooks.claim(endpoint.id, now=ctx.clock.now(), limit=limit, lease=_LEASE)
        sent += len(due)
        await for_each(due, lambda one: send(ctx, sender, endpoint, one, key=key), at_once=_SENT_AT_ONCE)

    await for_each(wanted, send_to, at_once=len(wanted) or 1)
    return sent


async def send(
    ctx: Context, sender: WebhookSender, endpoint: Endpoint, delivery: WebhookDelivery, *, key: bytes
) -> None:
    """One attempt at a delivery that was claimed, and what it came to."""
    try:
        headers = _headers(endpoint, delivery, key=key, now=ctx.clock.now())
    except ValueError:  # the key under which its secrets are encrypted was lost
        reception = Reception(failure="secret_lost")
    else:
        reception = await sender.post(endpoint.url, headers=headers, body=delivery.body.encode())
    with suppress(NotFound):  # the endpoint was removed meanwhile
        async with ctx.unit_of_work() as uow:
            await _settle(ctx, uow, delivery, reception)


async def forget_deliveries(ctx: Context) -> None:
    """Removes what was settled more than 30 days ago."""
    async with ctx.unit_of_work() as uow:
        await uow.webhooks.forget(before=ctx.clock.now() - KEPT)


def event_body(*, id: str, kind: str, at: datetime, entry: Entry, sequence: int, snapshot: Snapshot) -> str:
    """What is sent of an event; `at` is when it happened, the resource is as it is when this is written."""
    event = {
        "id": id,
        "type": kind,
        "created_at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "subject": {"kind": entry.subject, "id": entry.subject_id, "number": snapshot.number},
        "sequence": sequence,
        "change": {"trigger": entry.trigger, "from": entry.from_state, "to": entry.to_state, "actor": entry.actor},
        "data": snapshot.resource,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _headers(endpoint: Endpoint, delivery: WebhookDelivery, *, key: bytes, now: datetime) -> dict[str, str]:
    """Raises ValueError when its secrets were encrypted with another key."""
    secrets = secrets_of(endpoint, key=key, now=now)
    return {
        "content-type": "application/json",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures(secrets, message_id=delivery.event_id, at=now, body=delivery.body),
    }


async def _write_for(ctx: Context, endpoint_id: str, describe: Describe) -> int:
    async with ctx.unit_of_work() as uow:
        endpoint = await uow.webhooks.try_lock(endpoint_id)
        if endpoint is None or endpoint.off is not None:
            return 0
        page = await uow.seals.walk(after=endpoint.position, limit=_WRITTEN_AT_ONCE)
        if not page:
            return 0
        await _write(ctx, uow, endpoint, page, describe)
        await uow.webhooks.save(replace(endpoint, position=page[-1][0].position))
        return len(page)


async def _write(
    ctx: Context,
    uow: UnitOfWork,
    endpoint: Endpoint,
    page: Sequence[tuple[Seal, Entry | None]],
    describe: Describe,
) -> None:
    for seal, entry in page:
        kind = event_type(entry) if entry else None
        if entry is None or kind is None or not listens(endpoint.events, kind):
            continue
        snapshot = await describe(uow, entry)
        name = event_id(seal.entry_id)
        sequence = await uow.webhooks.rank(entry.subject, entry.subject_id, entry_id=seal.entry_id)
        body = event_body(id=name, kind=kind, at=entry.at, entry=entry, sequence=sequence, snapshot=snapshot)
        await uow.webhooks.add_delivery(
            waiting(endpoint, event_id=name, kind=kind, lane=snapshot.lane, body=body, at=ctx.clock.now())
        )


async def _settle(ctx: Context, uow: UnitOfWork, delivery: WebhookDelivery, reception: Reception) -> None:
    now = ctx.clock.now()
    told = replace(delivery, status=reception.status, failure=reception.failure)
    endpoint = await uow.webhooks.lock(delivery.endpoint_id)
    if reception.is_success:
        await uow.webhooks.settle(replace(told, state=DeliveryState.DELIVERED, settled_at=now, body=""))
        if endpoint.failing_since is not None:
            await uow.webhooks.save(replace(endpoint, failing_since=None))
        return
    pause = pause_after(delivery.attempts, jitter=random.random())  # noqa: S311  (it hides nothing)
    if pause is None:
        told = replace(told, state=DeliveryState.GIVEN_UP, settled_at=now, body="")
    else:
        told = replace(told, due_at=now + pause)
    await uow.webhooks.settle(told)
    failing = replace(endpoint, failing_since=endpoint.failing_since or now)
    off = Off.GONE if reception.status == GONE else Off.FAILING if _is_over(failing, now) else None
    if off is not None and endpoint.off is None:
        await _switch_off(ctx, uow, replace(failing, off=off))
    elif failing != endpoint:
        await uow.webhooks.save(failing)


def _is_over(endpoint: Endpoint, now: datetime) -> bool:
    return endpoint.failing_since is not None and now - endpoint.failing_since >= PATIENCE


async def _switch_off(ctx: Context, uow: UnitOfWork, endpoint: Endpoint) -> None:
    """The shop's people find a case at the desk."""
    now = ctx.clock.now()
    await uow.webhooks.save(endpoint)
    await note(uow, endpoint, "switch_off", by=WORKER, at=now)
    await add_case(
        ctx,
        uow,
        conversation_id="",
        customer_id=None,
        kind=CaseKind.APPROVAL,
        reason="webhook_off",
        summary=endpoint.url.partition("?")[0],
        key=f"webhook-off:{endpoint.id}:{now.isoformat()}",
        promise=ctx.promise,
    )
