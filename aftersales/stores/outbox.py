"""The outbox in SQL: things to do after commit, at least once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.ports import OutboxItem
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.returns import outbox


class SqlOutbox:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, *, kind: str, key: str, payload: dict[str, Any], due_at: datetime) -> None:
        """Harmless when the key was ever there."""
        values = {"kind": kind, "key": key, "payload": payload, "attempts": 0, "due_at": due_at}
        await insert_new(self._connection, outbox, values)

    async def claim(
        self, *, now: datetime, limit: int, lease_seconds: int, kind: str | None = None, but: str | None = None
    ) -> Sequence[OutboxItem]:
        """Of this kind alone, or of all others but one; oldest first.

        Each is taken until the lease ends and its `attempts` already count this time.
        """
        wanted = [] if kind is None else [outbox.c.kind == kind]
        wanted += [] if but is None else [outbox.c.kind != but]
        due = (
            select(outbox.c.id)
            .where(outbox.c.done_at.is_(None), outbox.c.due_at <= now, *wanted)
            .order_by(outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list((await self._connection.execute(due)).scalars())
        if not ids:
            return []
        rows = await self._connection.execute(
            update(outbox)
            .where(outbox.c.id.in_(ids))
            .values(due_at=now + timedelta(seconds=lease_seconds), attempts=outbox.c.attempts + 1)
            .returning(outbox)
        )
        items = [
            OutboxItem(
                id=row["id"],
                kind=row["kind"],
                key=row["key"],
                payload=row["payload"],
                attempts=row["attempts"],
                due_at=row["due_at"],
            )
            for row in rows.mappings()
        ]
        return sorted(items, key=lambda item: item.id)

    async def done(self, item_id: int) -> None:
        """Keeps the key and forgets the payload, which may hold personal data."""
        await self._connection.execute(
            update(outbox).where(outbox.c.id == item_id).values(done_at=datetime.now(UTC), payload={})
        )

    async def postpone(self, item_id: int, *, due_at: datetime) -> None:
        await self._connection.execute(update(outbox).where(outbox.c.id == item_id).values(due_at=due_at))
