"""The seals of the journal in SQL: only ever appended to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import Conflict
from aftersales.domain.journal import Entry
from aftersales.domain.seals import Seal
from aftersales.stores.journal import ENTRY_COLUMNS, read_entry
from aftersales.stores.schema.returns import journal
from aftersales.stores.schema.seals import journal_seals

# Entries get their numbers before their transactions commit: one may come to light after a later one was sealed.
_LATE = 10_000


class SqlSeals:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def last(self) -> Seal | None:
        query = select(journal_seals).order_by(journal_seals.c.position.desc()).limit(1)
        row = (await self._connection.execute(query)).mappings().first()
        return _seal(row) if row else None

    async def unsealed(self, *, limit: int) -> Sequence[tuple[int, Entry]]:
        """Entries without a seal, oldest first, with their rows."""
        newest = select(func.coalesce(func.max(journal_seals.c.entry_id), 0)).scalar_subquery()
        query = (
            select(journal)
            .outerjoin(journal_seals, journal_seals.c.entry_id == journal.c.id)
            .where(journal_seals.c.entry_id.is_(None), journal.c.id > newest - _LATE)
            .order_by(journal.c.id)
            .limit(limit)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [(row["id"], read_entry(row)) for row in rows]

    async def count_unsealed(self, *, before: datetime) -> int:
        """All entries older than `before` that have no seal, however old."""
        query = (
            select(func.count())
            .select_from(journal.outerjoin(journal_seals, journal_seals.c.entry_id == journal.c.id))
            .where(journal_seals.c.entry_id.is_(None), journal.c.at < before)
        )
        return int((await self._connection.execute(query)).scalar_one())

    async def add(self, seals: Sequence[Seal], *, at: datetime) -> None:
        """Raises Conflict when somebody else has sealed meanwhile."""
        rows: list[dict[str, Any]] = [
            {"position": one.position, "entry_id": one.entry_id, "seal": one.seal, "sealed_at": at}
            for one in seals
        ]
        try:
            await self._connection.execute(insert(journal_seals), rows)
        except IntegrityError:
            raise Conflict("sealed_meanwhile") from None

    async def walk(self, *, after: int, limit: int) -> Sequence[tuple[Seal, Entry | None]]:
        """Seals in their order with what they seal, from the one behind position `after`."""
        query = (
            select(journal_seals, journal.c.id, *ENTRY_COLUMNS)
            .outerjoin(journal, journal.c.id == journal_seals.c.entry_id)
            .where(journal_seals.c.position > after)
            .order_by(journal_seals.c.position)
            .limit(limit)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [(_seal(row), read_entry(row) if row["id"] is not None else None) for row in rows]


def _seal(row: RowMapping) -> Seal:
    return Seal(position=row["position"], entry_id=row["entry_id"], seal=row["seal"])
