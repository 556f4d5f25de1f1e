"""Cases in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.errors import Conflict, NotFound
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.returns import cases


class SqlCases:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, case: Case) -> None:
        """Raises Conflict when the number or the key is taken; the transaction stays usable."""
        if not await insert_new(self._connection, cases, asdict(case)):
            raise Conflict("number or key of the case")

    async def save(self, case: Case) -> None:
        await self._connection.execute(
            update(cases)
            .where(cases.c.id == case.id)
            .values(
                reason=case.reason,
                summary=case.summary,
                promised_by=case.promised_by,
                closed_at=case.closed_at,
            )
        )

    async def by_key(self, key: str) -> Case | None:
        found = await self._read(select(cases).where(cases.c.key == key))
        return found[0] if found else None

    async def by_number(self, number: str) -> Case:
        """Raises NotFound."""
        found = await self._read(select(cases).where(cases.c.number == number))
        if not found:
            raise NotFound("case")
        return found[0]

    async def open_of(self, conversation_id: str) -> Sequence[Case]:
        """Oldest first."""
        return await self._read(
            select(cases)
            .where(cases.c.conversation_id == conversation_id, cases.c.closed_at.is_(None))
            .order_by(cases.c.created_at)
        )

    async def open(self, *, limit: int = 100) -> Sequence[Case]:
        """Those promised soonest first."""
        return await self._read(
            select(cases).where(cases.c.closed_at.is_(None)).order_by(cases.c.promised_by).limit(limit)
        )

    async def _read(self, query: Select[Any]) -> list[Case]:
        rows = (await self._connection.execute(query)).mappings()
        return [Case(**{**row, "kind": CaseKind(row["kind"])}) for row in rows]
