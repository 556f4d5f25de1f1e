"""Signs of a talk between people in SQL: written often, beside the conversation's own row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.conversations import TalkSigns
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.handovers import talk_signs


class SqlTalkSigns:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, conversation_id: str) -> TalkSigns:
        """Empty ones for a talk without any."""
        query = select(talk_signs).where(talk_signs.c.conversation_id == conversation_id)
        row = (await self._connection.execute(query)).one_or_none()
        return TalkSigns(conversation_id=conversation_id) if row is None else TalkSigns(**row._mapping)

    async def note(self, conversation_id: str, **signs: datetime | int) -> None:
        """Writes these fields of TalkSigns, and leaves the others."""
        values: dict[str, Any] = {"conversation_id": conversation_id, "fetched_seq": 0, **signs}
        if not await insert_new(self._connection, talk_signs, values):
            where = talk_signs.c.conversation_id == conversation_id
            await self._connection.execute(update(talk_signs).where(where).values(**signs))
