"""Canned answers in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.canned import CannedAnswer
from aftersales.domain.errors import Conflict
from aftersales.domain.texts import Text
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.handovers import canned_answers


class SqlCannedAnswers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self) -> Sequence[CannedAnswer]:
        """By name."""
        rows = await self._connection.execute(select(canned_answers).order_by(canned_answers.c.name))
        return [_answer(row) for row in rows]

    async def add(self, answer: CannedAnswer) -> None:
        """Raises Conflict when the name is taken."""
        if not await insert_new(self._connection, canned_answers, _values(answer)):
            raise Conflict("name of the canned answer")

    async def save(self, answer: CannedAnswer) -> bool:
        """False when it is gone. The name never changes."""
        values = {name: value for name, value in _values(answer).items() if name not in ("id", "name")}
        saved = await self._connection.execute(
            update(canned_answers).where(canned_answers.c.id == answer.id).values(**values)
        )
        return saved.rowcount == 1

    async def remove(self, answer_id: str) -> None:
        await self._connection.execute(delete(canned_answers).where(canned_answers.c.id == answer_id))


def _values(answer: CannedAnswer) -> dict[str, Any]:
    values = asdict(answer)
    text = values.pop("text")
    return {**values, **text}


def _answer(row: Row[Any]) -> CannedAnswer:
    return CannedAnswer(id=row.id, name=row.name, text=Text(zh=row.zh, en=row.en), updated_at=row.updated_at)
