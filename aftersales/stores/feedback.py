"""Feedback in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.feedback import Feedback, FeedbackKind
from aftersales.ports import Ratings
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.returns import feedback


class SqlFeedback:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, item: Feedback) -> bool:
        return await insert_new(self._connection, feedback, {**asdict(item), "kind": item.kind.value})

    async def by_key(self, key: str) -> Feedback | None:
        found = await self._read(select(feedback).where(feedback.c.key == key))
        return found[0] if found else None

    async def newest(self, *, limit: int = 100) -> Sequence[Feedback]:
        return await self._read(select(feedback).order_by(feedback.c.created_at.desc()).limit(limit))

    async def latest_of(self, conversation_id: str, *, since: datetime) -> Feedback | None:
        own = (feedback.c.conversation_id == conversation_id, feedback.c.created_at >= since)
        query = select(feedback).where(*own).order_by(feedback.c.created_at.desc()).limit(1)
        return next(iter(await self._read(query)), None)

    async def complete(self, feedback_id: str, *, rating: int, comment: str) -> None:
        where = feedback.c.id == feedback_id
        await self._connection.execute(update(feedback).where(where).values(rating=rating, comment=comment))

    async def forget_words(self, conversation_id: str) -> None:
        """Keeps the ratings, and forgets what the customer wrote to them."""
        where = feedback.c.conversation_id == conversation_id
        await self._connection.execute(update(feedback).where(where).values(comment=""))

    async def ratings(self, *, since: datetime) -> Ratings:
        query = select(func.count(feedback.c.rating), func.coalesce(func.sum(feedback.c.rating), 0))
        row = (await self._connection.execute(query.where(feedback.c.created_at >= since))).one()
        return Ratings(int(row[0]), int(row[1]))

    async def _read(self, query: Select[Any]) -> list[Feedback]:
        rows = (await self._connection.execute(query)).mappings()
        return [Feedback(**{**row, "kind": FeedbackKind(row["kind"])}) for row in rows]
