"""Chat sessions and spent site tokens in the database; only hashes of tokens are kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.ports import Session
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.conversations import chat_sessions, used_site_tokens


class SqlSessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session: Session) -> None:
        await self._connection.execute(
            insert(chat_sessions).values(
                token_hash=session.token_hash,
                conversation_id=session.conversation_id,
                created_at=session.created_at,
                expires_at=session.expires_at,
            )
        )

    async def get(self, token_hash: str) -> Session | None:
        query = select(chat_sessions).where(chat_sessions.c.token_hash == token_hash)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Session(**row._mapping)

    async def remove(self, token_hash: str) -> None:
        await self._connection.execute(delete(chat_sessions).where(chat_sessions.c.token_hash == token_hash))

    async def is_open(self, conversation_id: str, *, now: datetime) -> bool:
        """Whether the conversation has an unexpired session."""
        query = select(
            exists().where(chat_sessions.c.conversation_id == conversation_id, chat_sessions.c.expires_at > now)
        )
        return bool(await self._connection.scalar(query))

    async def shorten(self, conversation_id: str, *, expires_at: datetime) -> None:
        """Lets the conversation's sessions end at `expires_at` at the latest."""
        await self._connection.execute(
            update(chat_sessions)
            .where(chat_sessions.c.conversation_id == conversation_id, chat_sessions.c.expires_at > expires_at)
            .values(expires_at=expires_at)
        )

    async def use_token_id(self, token_id: str, expires_at: datetime) -> bool:
        """Notes that a site token was used; False when it had been used before, or is being used just now."""
        values = {"token_id": token_id, "expires_at": expires_at}
        return await insert_new(self._connection, used_site_tokens, values)

    async def forget_expired(self, *, now: datetime) -> None:
        """Removes sessions that ended and site tokens that would be refused for their age anyway."""
        for table in (chat_sessions, used_site_tokens):
            await self._connection.execute(delete(table).where(table.c.expires_at <= now))
