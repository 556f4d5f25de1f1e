"""Talks at a desk elsewhere, in SQL: a queue of their own, each with one worker at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import NotFound
from aftersales.domain.outside import OutsideTalk
from aftersales.stores.leases import claim_due, release
from aftersales.stores.schema.outside import outside_talks as talks

_COLUMNS = [talks.c[name] for name in OutsideTalk.__dataclass_fields__]


class SqlOutsideTalks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, talk: OutsideTalk) -> None:
        await self._connection.execute(insert(talks).values(**asdict(talk)))

    async def get(self, handover_id: str) -> OutsideTalk:
        """Raises NotFound."""
        query = select(*_COLUMNS).where(talks.c.handover_id == handover_id)
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("outside_talk")
        return _talk(row)

    async def open_ids(self) -> Collection[str]:
        """The hand-overs that a desk elsewhere has."""
        query = select(talks.c.handover_id).where(talks.c.closed.is_(False))
        return frozenset((await self._connection.execute(query)).scalars())

    async def claim(self, *, now: datetime, limit: int, lease: timedelta) -> Sequence[OutsideTalk]:
        """What is due and nobody is at, taken for this worker until the lease ends; longest due first."""
        rows = await claim_due(self._connection, talks.c.handover_id, now=now, limit=limit, lease=lease)
        return [_talk(row) for row in rows]

    async def save(self, talk: OutsideTalk) -> None:
        """Writes all but when it is due, which others change meanwhile."""
        values = asdict(talk)
        del values["due_at"]
        where = talks.c.handover_id == values.pop("handover_id")
        await self._connection.execute(update(talks).where(where).values(**values))

    async def release(self, talk: OutsideTalk, *, due_at: datetime | None) -> None:
        """Lets go of it; see leases.release."""
        key, claimed = talks.c.handover_id, talk.due_at
        await release(self._connection, key, talk.handover_id, claimed=claimed, due_at=due_at)

    async def wake(self, conversation_id: str, *, at: datetime) -> None:
        """There is something to do, unless their desk fails just now: then the pause between tries is kept."""
        await self._wake(talks.c.conversation_id == conversation_id, talks.c.due_at.is_not(None), at=at)

    async def wake_outside(self, outside_id: str, *, at: datetime) -> bool:
        """As wake, by the id there, also where the talk is over here; whether there is such a talk."""
        query = select(talks.c.handover_id).where(talks.c.outside_id == outside_id).limit(1)
        if (await self._connection.execute(query)).one_or_none() is None:
            return False
        await self._wake(talks.c.outside_id == outside_id, at=at)
        return True

    async def _wake(self, *where: Any, at: datetime) -> None:
        await self._connection.execute(update(talks).where(*where, talks.c.failures == 0).values(due_at=at))


def _talk(row: Row[Any]) -> OutsideTalk:
    return OutsideTalk(**{column.name: row._mapping[column] for column in _COLUMNS})
