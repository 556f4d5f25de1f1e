"""Agents' private notes on conversations, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.conversations import ChatNote
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.handovers import chat_notes


class SqlChatNotes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, note: ChatNote) -> bool:
        """False when its key is there already."""
        return await insert_new(self._connection, chat_notes, asdict(note))

    async def of(self, conversation_id: str) -> Sequence[ChatNote]:
        """Oldest first."""
        query = select(chat_notes).where(chat_notes.c.conversation_id == conversation_id)
        rows = await self._connection.execute(query.order_by(chat_notes.c.at, chat_notes.c.id))
        return [ChatNote(**row._mapping) for row in rows]

    async def remove_all(self, conversation_id: str) -> None:
        await self._connection.execute(delete(chat_notes).where(chat_notes.c.conversation_id == conversation_id))
