"""Cases and their notes in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.cases import Case, CaseNote, NoteKind
from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.pages import Mark, Wanted
from aftersales.ports import Pressing
from aftersales.stores.case_rows import case_of, case_values, has_notice, pressing_time
from aftersales.stores.inserts import insert_new
from aftersales.stores.pages import page_of
from aftersales.stores.schema.returns import case_notes, cases

# What may change in a case's life.
_LIVING = (
    *("reason", "summary", "promised_by", "closed_at", "state", "severity", "department", "assigned_to"),
    *("decision", "attachment_ids", "answered_at", "paused_since", "merged_into"),
    *("first_due", "first_soon", "first_warned_at", "first_breached_at"),
    *("resolve_due", "resolve_soon", "resolve_warned_at", "resolve_breached_at"),
)


class SqlCases:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, case: Case) -> None:
        """Raises Conflict when the number or the key is taken; the transaction stays usable."""
        if not await insert_new(self._connection, cases, case_values(case)):
            raise Conflict("number or key of the case")

    async def save(self, case: Case) -> None:
        """Writes what changes in a case's life; what it is about never does."""
        values = case_values(case)
        await self._connection.execute(
            update(cases).where(cases.c.id == case.id).values({name: values[name] for name in _LIVING})
        )

    async def by_key(self, key: str) -> Case | None:
        found = await self._read(select(cases).where(cases.c.key == key))
        return found[0] if found else None

    async def by_number(self, number: str) -> Case:
        return await self._one(select(cases).where(cases.c.number == number))

    async def get(self, case_id: str) -> Case:
        return await self._one(select(cases).where(cases.c.id == case_id))

    async def lock(self, number: str) -> Case:
        return await self._one(select(cases).where(cases.c.number == number).with_for_update())

    async def open_of(self, conversation_id: str) -> Sequence[Case]:
        """Oldest first."""
        return await self._read(
            select(cases)
            .where(cases.c.conversation_id == conversation_id, cases.c.closed_at.is_(None))
            .order_by(cases.c.created_at)
        )

    async def merged_into(self, number: str) -> Sequence[Case]:
        query = select(cases).where(cases.c.merged_into == number)
        return await self._read(query.order_by(cases.c.created_at, cases.c.id))

    async def of(self, *, conversation_id: str, customer_id: str | None, limit: int = 20) -> Sequence[Case]:
        nobodys = and_(cases.c.conversation_id == conversation_id, cases.c.customer_id.is_(None))
        theirs = nobodys if customer_id is None else or_(nobodys, cases.c.customer_id == customer_id)
        return await self._read(
            select(cases).where(theirs).order_by(cases.c.created_at.desc(), cases.c.id).limit(limit)
        )

    async def open(
        self, *, limit: int = 100, pressing: Pressing | None = None, now: datetime | None = None
    ) -> Sequence[Case]:
        """Those that are due soonest first."""
        due, soon = pressing_time("due"), pressing_time("soon")
        wanted: list[ColumnElement[bool]] = [cases.c.closed_at.is_(None)]
        if pressing == "overdue":
            wanted.append(due < now)
        elif pressing == "soon":
            wanted += [soon <= now, due >= now]
        order = (due.is_(None), due, cases.c.created_at, cases.c.id)
        return await self._read(select(cases).where(*wanted).order_by(*order).limit(limit))

    async def page(self, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Case]:
        """By birth and id, from behind `after`."""
        return await self._read(page_of(cases, wanted, state=cases.c.state, after=after, limit=limit))

    async def with_clock_due(self, *, now: datetime, limit: int = 100) -> Sequence[Case]:
        return await self._read(select(cases).where(has_notice(now)).order_by(cases.c.created_at).limit(limit))

    async def add_note(self, note: CaseNote) -> bool:
        values = {**asdict(note), "kind": note.kind.value, "attachment_ids": list(note.attachment_ids)}
        return await insert_new(self._connection, case_notes, values)

    async def notes(self, case_id: str) -> Sequence[CaseNote]:
        query = select(case_notes).where(case_notes.c.case_id == case_id)
        rows = (await self._connection.execute(query.order_by(case_notes.c.at, case_notes.c.id))).mappings()
        return [
            CaseNote(
                **{**row, "kind": NoteKind(row["kind"]), "attachment_ids": tuple(row["attachment_ids"])},
            )
            for row in rows
        ]

    async def _one(self, query: Select[Any]) -> Case:
        found = await self._read(query)
        if not found:
            raise NotFound("case")
        return found[0]

    async def _read(self, query: Select[Any]) -> list[Case]:
        return [case_of(row) for row in (await self._connection.execute(query)).mappings()]
