"""Endpoints of the merchant's systems: made, switched and tried out; each step is in the journal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aftersales.domain.errors import Conflict, Invalid
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.webhooks import (
    PING,
    DeliveryState,
    Endpoint,
    Off,
    WebhookDelivery,
    is_address,
    is_event_pattern,
    new_secret,
)
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.moves import By
from aftersales.services.vault import decrypt, encrypt

MOST = 20
MOST_EVENTS = 50
OLD_SECRET_SIGNS = timedelta(hours=24)
REPLAYED_AT_MOST = timedelta(days=30)
_PURPOSE = "webhook"


@dataclass(frozen=True, slots=True)
class Told:
    """An endpoint, and its secret in clear, which cannot be told again."""

    endpoint: Endpoint
    secret: str


async def add_endpoint(
    ctx: Context, *, url: str, events: Collection[str], key: bytes, local: bool, by: By
) -> Told:
    """It is told of what happens from now on; of everything where `events` is empty. `key` encrypts its secret.

    Raises Invalid (url, events), and Conflict where there are 20 already. `local` as is_address takes it.
    """
    if not is_address(url, local=local):
        raise Invalid("url")
    if len(events) > MOST_EVENTS or not all(is_event_pattern(event) for event in events):
        raise Invalid("events")
    secret, now = new_secret(), ctx.clock.now()
    async with ctx.unit_of_work() as uow:
        if len(await uow.webhooks.all()) >= MOST:
            raise Conflict("too_many")
        last = await uow.seals.last()
        endpoint = Endpoint(
            id=new_id(),
            url=url,
            secret=encrypt(secret, key=key, purpose=_PURPOSE),
            events=tuple(sorted(set(events))),
            position=last.position if last else 0,
            created_by=by.actor,
            created_at=now,
        )
        await uow.webhooks.add(endpoint)
        await note(uow, endpoint, "add", by=by, at=now)
    return Told(endpoint, secret)


async def all_endpoints(ctx: Context) -> Sequence[Endpoint]:
    """Oldest first."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.webhooks.all()


async def read_endpoint(ctx: Context, *, endpoint_id: str) -> Endpoint:
    """Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.webhooks.get(endpoint_id)


async def remove_endpoint(ctx: Context, *, endpoint_id: str, by: By) -> Endpoint:
    """With all that was on its way to it. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        endpoint = await uow.webhooks.lock(endpoint_id)
        await uow.webhooks.remove(endpoint.id)
        await note(uow, endpoint, "remove", by=by, at=ctx.clock.now(), state="removed")
        return endpoint


async def rotate_secret(ctx: Context, *, endpoint_id: str, key: bytes, by: By) -> Told:
    """A new secret; the one before signs beside it for a day. Raises NotFound."""
    secret, now = new_secret(), ctx.clock.now()
    async with ctx.unit_of_work() as uow:
        endpoint = await uow.webhooks.lock(endpoint_id)
        fresh = encrypt(secret, key=key, purpose=_PURPOSE)
        until = now + OLD_SECRET_SIGNS
        changed = await _change(
            ctx, uow, endpoint, "rotate", by=by, secret=fresh, old_secret=endpoint.secret, old_until=until
        )
    return Told(changed, secret)


async def switch_endpoint(ctx: Context, *, endpoint_id: str, on: bool, by: By) -> Endpoint:
    """Off, it is told nothing; on again, everything that happened meanwhile. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        endpoint = await uow.webhooks.lock(endpoint_id)
        if on == (endpoint.off is None):
            return endpoint
        off = None if on else Off.BY_HAND
        return await _change(ctx, uow, endpoint, "enable" if on else "disable", by=by, off=off, failing_since=None)


async def replay(ctx: Context, *, endpoint_id: str, since: datetime, by: By) -> Endpoint:
    """Everything that happened at `since` or later is told once more, each under the id that it had.

    Raises NotFound, and Invalid for more than 30 days.
    """
    if since < ctx.clock.now() - REPLAYED_AT_MOST:
        raise Invalid("since")
    async with ctx.unit_of_work() as uow:
        endpoint = await uow.webhooks.lock(endpoint_id)
        position = await uow.webhooks.position_before(since)
        if position is None or position >= endpoint.position:
            return endpoint
        return await _change(ctx, uow, endpoint, "replay", by=by, position=position)


async def ping(ctx: Context, *, endpoint_id: str, body: str, event_id: str) -> None:
    """Sends something to try it out, whatever it listens to. Raises NotFound, and Conflict while it is off."""
    now = ctx.clock.now()
    async with ctx.unit_of_work() as uow:
        endpoint = await uow.webhooks.get(endpoint_id)
        if endpoint.off is not None:
            raise Conflict("off")
        await uow.webhooks.add_delivery(
            waiting(endpoint, event_id=event_id, kind=PING, lane=event_id, body=body, at=now)
        )


async def deliveries(
    ctx: Context, *, endpoint_id: str, before: int | None, state: DeliveryState | None, limit: int
) -> Sequence[WebhookDelivery]:
    """Newest first, older than the one of the id `before`. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        endpoint = await uow.webhooks.get(endpoint_id)
        return await uow.webhooks.deliveries_of(endpoint.id, before=before, state=state, limit=limit)


def waiting(
    endpoint: Endpoint, *, event_id: str, kind: str, lane: str, body: str, at: datetime
) -> WebhookDelivery:
    """A delivery that is due at once; its id is given by the store."""
    return WebhookDelivery(
        id=0,
        endpoint_id=endpoint.id,
        event_id=event_id,
        type=kind,
        lane=lane,
        body=body,
        state=DeliveryState.WAITING,
        attempts=0,
        due_at=at,
        created_at=at,
    )


def secrets_of(endpoint: Endpoint, *, key: bytes, now: datetime) -> list[str]:
    """Those that sign now, in clear. Raises ValueError when they were encrypted with another key."""
    kept = [endpoint.secret]
    if endpoint.old_secret is not None and endpoint.old_until is not None and now < endpoint.old_until:
        kept.append(endpoint.old_secret)
    return [decrypt(secret, key=key, purpose=_PURPOSE) for secret in kept]


async def note(
    uow: UnitOfWork, endpoint: Endpoint, trigger: str, *, by: By, at: datetime, state: str | None = None
) -> None:
    """Journals what became of an endpoint; not its address, which may hold a secret."""
    entry = Entry(
        subject="webhook",
        subject_id=endpoint.id,
        actor=by.actor,
        channel=by.channel,
        trigger=trigger,
        from_state=None if trigger == "add" else "known",
        to_state=state or (endpoint.off.value if endpoint.off else "on"),
        at=at,
        detail={"events": list(endpoint.events)},
    )
    await uow.journal.add(entry)


async def _change(
    ctx: Context, uow: UnitOfWork, endpoint: Endpoint, trigger: str, *, by: By, **changes: Any
) -> Endpoint:
    """The caller holds the endpoint's lock."""
    changed = replace(endpoint, **changes)
    await uow.webhooks.save(changed)
    await note(uow, changed, trigger, by=by, at=ctx.clock.now())
    return changed
