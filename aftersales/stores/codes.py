"""One-time codes in the database, and how often they were asked for."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.ports import CodeStep, OneTimeCode
from aftersales.stores.schema.conversations import code_outcomes, code_requests, one_time_codes


def _lock_number(subject: str) -> int:
    """A signed 64-bit number for PostgreSQL's advisory locks."""
    return int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], signed=True)


class SqlCodes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def replace(self, code: OneTimeCode) -> None:
        """At most one code per conversation. The caller holds the lock of the conversation."""
        await self.remove(code.conversation_id)
        await self._connection.execute(insert(one_time_codes).values(**asdict(code)))

    async def get(self, conversation_id: str) -> OneTimeCode | None:
        query = select(one_time_codes).where(one_time_codes.c.conversation_id == conversation_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else OneTimeCode(**row._mapping)

    async def remove(self, conversation_id: str) -> None:
        await self._connection.execute(
            delete(one_time_codes).where(one_time_codes.c.conversation_id == conversation_id)
        )

    async def issued_since(self, subject: str, since: datetime) -> int:
        """How many codes were asked for under this subject (a hash) after `since`.

        Holds the subject until the transaction ends, so that two cannot both take the last place.
        """
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(select(func.pg_advisory_xact_lock(_lock_number(subject))))
        query = select(func.count()).where(code_requests.c.subject == subject, code_requests.c.at > since)
        return int(await self._connection.scalar(query) or 0)

    async def note_issued(self, subject: str, at: datetime) -> None:
        await self._connection.execute(insert(code_requests).values(subject=subject, at=at))

    async def outcome_of(self, conversation_id: str, *, message_id: str, step: CodeStep) -> str | None:
        """What this step came to when the message was dealt with before; None for the first time."""
        query = select(code_outcomes.c.outcome).where(
            code_outcomes.c.conversation_id == conversation_id,
            code_outcomes.c.message_id == message_id,
            code_outcomes.c.step == step,
        )
        outcome: str | None = await self._connection.scalar(query)
        return outcome

    async def note_outcome(
        self, conversation_id: str, *, message_id: str, step: CodeStep, outcome: str, at: datetime
    ) -> None:
        """Once per message and step. The caller holds the lock of the conversation."""
        row = {"conversation_id": conversation_id, "message_id": message_id, "step": step}
        await self._connection.execute(insert(code_outcomes).values(**row, outcome=outcome, at=at))

    async def forget_expired(self, *, now: datetime, requests_before: datetime) -> None:
        """Removes codes that ended, requests that no limit counts any more, and outcomes of that age."""
        await self._connection.execute(delete(one_time_codes).where(one_time_codes.c.expires_at <= now))
        await self._connection.execute(delete(code_requests).where(code_requests.c.at <= requests_before))
        await self._connection.execute(delete(code_outcomes).where(code_outcomes.c.at <= requests_before))
