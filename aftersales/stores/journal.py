"""The journal in SQL: only ever appended to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import RowMapping, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.journal import Entry
from aftersales.stores.schema.returns import journal

ENTRY_COLUMNS = tuple(column for column in journal.c if column.name != "id")
_NAMES = tuple(column.name for column in ENTRY_COLUMNS)
_ADD = insert(journal)
_OF_SUBJECT = (
    select(*ENTRY_COLUMNS)
    .where(journal.c.subject == bindparam("kind"), journal.c.subject_id == bindparam("wanted"))
    .order_by(journal.c.id)
)


def read_entry(row: RowMapping) -> Entry:
    """The entry in a row that holds ENTRY_COLUMNS, and maybe more."""
    return Entry(**{column.name: row[column.name] for column in ENTRY_COLUMNS})


class SqlJournal:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, entry: Entry) -> None:
        await self._connection.execute(_ADD, {name: getattr(entry, name) for name in _NAMES})

    async def of(self, subject: str, subject_id: str) -> Sequence[Entry]:
        """Oldest first."""
        rows = await self._connection.execute(_OF_SUBJECT, {"kind": subject, "wanted": subject_id})
        return [read_entry(row) for row in rows.mappings()]

    async def of_each(self, subject: str, subject_ids: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        """By id, oldest first; ids without entries are left out."""
        rows = await self._connection.execute(
            select(*ENTRY_COLUMNS)
            .where(journal.c.subject == subject, journal.c.subject_id.in_(subject_ids))
            .order_by(journal.c.id)
        )
        found: dict[str, list[Entry]] = {}
        for row in rows.mappings():
            found.setdefault(row["subject_id"], []).append(read_entry(row))
        return found
