"""Sessions of the people at the desk in SQL; only hashes of tokens are kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.accounts import AgentSession
from aftersales.stores.schema.accounts import agent_sessions


class SqlAgentSessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session: AgentSession) -> None:
        await self._connection.execute(insert(agent_sessions).values(**asdict(session)))

    async def get(self, token_hash: str) -> AgentSession | None:
        query = select(agent_sessions).where(agent_sessions.c.token_hash == token_hash)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else AgentSession(**row._mapping)

    async def touch(self, token_hash: str, *, seen_at: datetime) -> None:
        await self._connection.execute(
            update(agent_sessions).where(agent_sessions.c.token_hash == token_hash).values(seen_at=seen_at)
        )

    async def remove(self, token_hash: str) -> None:
        await self._connection.execute(delete(agent_sessions).where(agent_sessions.c.token_hash == token_hash))

    async def remove_of(self, account_id: str) -> int:
        """How many sessions there were."""
        gone = await self._connection.execute(
            delete(agent_sessions).where(agent_sessions.c.account_id == account_id)
        )
        return gone.rowcount

    async def forget_ended(self, *, now: datetime, idle_since: datetime) -> None:
        """Removes what ended by its age or was not used since then."""
        ended = or_(agent_sessions.c.expires_at <= now, agent_sessions.c.seen_at <= idle_since)
        await self._connection.execute(delete(agent_sessions).where(ended))
