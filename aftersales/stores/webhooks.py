"""Endpoints of webhooks and their deliveries in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import NotFound
from aftersales.domain.webhooks import DeliveryState, Endpoint, Off, WebhookDelivery
from aftersales.stores.schema.returns import journal
from aftersales.stores.schema.seals import journal_seals
from aftersales.stores.schema.webhooks import webhook_deliveries as deliveries
from aftersales.stores.schema.webhooks import webhook_endpoints as endpoints

_WAITING = DeliveryState.WAITING.value


class SqlWebhooks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, endpoint: Endpoint) -> None:
        await self._connection.execute(insert(endpoints).values(**_values(endpoint)))

    async def save(self, endpoint: Endpoint) -> None:
        """Writes all of it. The caller holds its lock."""
        values = _values(endpoint)
        await self._connection.execute(
            update(endpoints).where(endpoints.c.id == values.pop("id")).values(**values)
        )

    async def remove(self, endpoint_id: str) -> None:
        """With all that was on its way to it."""
        await self._connection.execute(delete(endpoints).where(endpoints.c.id == endpoint_id))

    async def all(self) -> Sequence[Endpoint]:
        """Oldest first."""
        return await self._endpoints(select(endpoints).order_by(endpoints.c.created_at, endpoints.c.id))

    async def with_due(self, *, now: datetime) -> Sequence[Endpoint]:
        """Those that are on, and to which something is to be sent now."""
        due = exists().where(
            deliveries.c.endpoint_id == endpoints.c.id, deliveries.c.state == _WAITING, deliveries.c.due_at <= now
        )
        return await self._endpoints(select(endpoints).where(endpoints.c.off.is_(None), due))

    async def get(self, endpoint_id: str) -> Endpoint:
        """Raises NotFound."""
        return await self._one(select(endpoints).where(endpoints.c.id == endpoint_id))

    async def lock(self, endpoint_id: str) -> Endpoint:
        """As get, and holds the row for writing until the transaction ends."""
        return await self._one(select(endpoints).where(endpoints.c.id == endpoint_id).with_for_update())

    async def try_lock(self, endpoint_id: str) -> Endpoint | None:
        """As lock, without waiting: None when somebody else holds the row, or there is none."""
        query = select(endpoints).where(endpoints.c.id == endpoint_id)
        found = await self._endpoints(query.with_for_update(skip_locked=True))
        return found[0] if found else None

    async def rank(self, subject: str, subject_id: str, *, entry_id: int) -> int:
        """The how-many-eth entry of its subject in the journal this one is, from 1."""
        query = select(func.count()).where(
            journal.c.subject == subject, journal.c.subject_id == subject_id, journal.c.id <= entry_id
        )
        return int((await self._connection.execute(query)).scalar_one())

    async def position_before(self, at: datetime) -> int | None:
        """That of the last seal before those of what happened at `at` or later; None where nothing did."""
        first = select(func.min(journal_seals.c.position)).join(journal, journal.c.id == journal_seals.c.entry_id)
        found = (await self._connection.execute(first.where(journal.c.at >= at))).scalar_one()
        return None if found is None else int(found) - 1

    async def add_delivery(self, delivery: WebhookDelivery) -> None:
        """Its id is given here."""
        values = {**asdict(delivery), "state": delivery.state.value}
        del values["id"]
        await self._connection.execute(insert(deliveries).values(**values))

    async def claim(
        self, endpoint_id: str, *, now: datetime, limit: int, lease: timedelta
    ) -> Sequence[WebhookDelivery]:
        """What is due, oldest first, of each lane only the first that waits; taken until the lease ends.

        `attempts` already count this time.
        """
        earlier = deliveries.alias()
        is_first = ~exists().where(
            earlier.c.endpoint_id == deliveries.c.endpoint_id,
            earlier.c.lane == deliveries.c.lane,
            earlier.c.state == _WAITING,
            earlier.c.id < deliveries.c.id,
        )
        due = (
            select(deliveries.c.id)
            .where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == _WAITING)
            .where(deliveries.c.due_at <= now, is_first)
            .order_by(deliveries.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list((await self._connection.execute(due)).scalars())
        if not ids:
            return []
        taken = (
            update(deliveries)
            .where(deliveries.c.id.in_(ids))
            .values(due_at=now + lease, attempts=deliveries.c.attempts + 1)
            .returning(deliveries)
        )
        found = [_delivery(row) for row in (await self._connection.execute(taken)).mappings()]
        return sorted(found, key=lambda one: one.id)

    async def settle(self, delivery: WebhookDelivery) -> bool:
        """Writes what an attempt came to; False when the lease is over and somebody else tries it by now."""
        values = {**asdict(delivery), "state": delivery.state.value}
        mine = (deliveries.c.id == values.pop("id"), deliveries.c.attempts == delivery.attempts)
        result = await self._connection.execute(
            update(deliveries).where(*mine, deliveries.c.state == _WAITING).values(**values)
        )
        return result.rowcount == 1

    async def deliveries_of(
        self, endpoint_id: str, *, before: int | None, state: DeliveryState | None, limit: int
    ) -> Sequence[WebhookDelivery]:
        """Newest first, older than the one of the id `before`."""
        query = select(deliveries).where(deliveries.c.endpoint_id == endpoint_id)
        if before is not None:
            query = query.where(deliveries.c.id < before)
        if state is not None:
            query = query.where(deliveries.c.state == state.value)
        rows = await self._connection.execute(query.order_by(deliveries.c.id.desc()).limit(limit))
        return [_delivery(row) for row in rows.mappings()]

    async def forget(self, *, before: datetime) -> None:
        """Removes what was settled before that."""
        await self._connection.execute(delete(deliveries).where(deliveries.c.settled_at < before))

    async def _one(self, query: Select[Any]) -> Endpoint:
        found = await self._endpoints(query)
        if not found:
            raise NotFound("webhook")
        return found[0]

    async def _endpoints(self, query: Select[Any]) -> list[Endpoint]:
        return [_endpoint(row) for row in (await self._connection.execute(query)).mappings()]


def _values(endpoint: Endpoint) -> dict[str, Any]:
    off = endpoint.off.value if endpoint.off else None
    return {**asdict(endpoint), "events": list(endpoint.events), "off": off}


def _endpoint(row: RowMapping) -> Endpoint:
    return Endpoint(**{**row, "events": tuple(row["events"]), "off": Off(row["off"]) if row["off"] else None})


def _delivery(row: RowMapping) -> WebhookDelivery:
    return WebhookDelivery(**{**row, "state": DeliveryState(row["state"])})
