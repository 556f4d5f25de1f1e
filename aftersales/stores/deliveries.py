"""What was sent to messaging apps, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.threads import Delivery, DeliveryState
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.channels import deliveries


class SqlDeliveries:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def save(self, delivery: Delivery) -> None:
        """Writes it, whether it was there or not."""
        values = asdict(delivery)
        if not await insert_new(self._connection, deliveries, values):
            mine = deliveries.c.key == delivery.key
            await self._connection.execute(update(deliveries).where(mine).values(**values))

    async def get(self, key: str) -> Delivery | None:
        row = (await self._connection.execute(select(deliveries).where(deliveries.c.key == key))).one_or_none()
        return None if row is None else _delivery(row)

    async def by_reference(self, thread_id: str, reference: str) -> Delivery | None:
        """What the app knows under this name; None for what is not of this thread."""
        query = select(deliveries).where(
            deliveries.c.thread_id == thread_id, deliveries.c.reference == reference, deliveries.c.reference != ""
        )
        row = (await self._connection.execute(query.limit(1))).one_or_none()
        return None if row is None else _delivery(row)

    async def since(self, thread_id: str, seq: int) -> Sequence[Delivery]:
        """What carries messages from this number on, in order."""
        query = (
            select(deliveries)
            .where(deliveries.c.thread_id == thread_id, deliveries.c.last_seq >= seq)
            .order_by(deliveries.c.last_seq, deliveries.c.at)
        )
        return [_delivery(row) for row in await self._connection.execute(query)]


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{**row._mapping, "state": DeliveryState(row.state)})
