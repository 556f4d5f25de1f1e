"""Hand-overs in SQL. Every change is made under the lock of their conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import NotFound
from aftersales.domain.handovers import Handover, HandoverReason, HandoverState, Outcome
from aftersales.stores.schema.handovers import handovers

_UNENDED = handovers.c.ended_at.is_(None)
_LATELY = 50


class SqlHandovers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, handover: Handover) -> None:
        await self._connection.execute(insert(handovers).values(**_values(handover)))

    async def save(self, handover: Handover) -> None:
        await self._connection.execute(
            update(handovers).where(handovers.c.id == handover.id).values(**_values(handover))
        )

    async def current(self, conversation_id: str) -> Handover:
        """The one that has not ended. Raises NotFound."""
        found = await self._read(select(handovers).where(handovers.c.conversation_id == conversation_id, _UNENDED))
        if not found:
            raise NotFound("handover")
        return found[0]

    async def of(self, conversation_id: str) -> Sequence[Handover]:
        """Newest first."""
        query = select(handovers).where(handovers.c.conversation_id == conversation_id)
        return await self._read(query.order_by(handovers.c.requested_at.desc(), handovers.c.id))

    async def waiting(self, *, limit: int = 1000) -> Sequence[Handover]:
        """In the order in which they come next."""
        return await self._read(
            select(handovers)
            .where(_UNENDED, handovers.c.state == HandoverState.WAITING.value)
            .order_by(handovers.c.ranked_at, handovers.c.id)
            .limit(limit)
        )

    async def count_before(self, handover: Handover) -> int:
        """How many of those that wait in its language come before it."""
        query = select(func.count()).where(
            _UNENDED,
            handovers.c.language == handover.language,
            handovers.c.state == HandoverState.WAITING.value,
            tuple_(handovers.c.ranked_at, handovers.c.id) < (handover.ranked_at, handover.id),
        )
        return (await self._connection.execute(query)).scalar_one()

    async def claimed(self, *, agent_id: str | None = None) -> Sequence[Handover]:
        """What agents hold, or one of them holds, longest first."""
        query = select(handovers).where(_UNENDED, handovers.c.state == HandoverState.CLAIMED.value)
        if agent_id is not None:
            query = query.where(handovers.c.agent_id == agent_id)
        return await self._read(query.order_by(handovers.c.claimed_at, handovers.c.id))

    async def loads(self) -> Mapping[str, int]:
        """How many chats each agent holds; who holds none is left out."""
        query = (
            select(handovers.c.agent_id, func.count())
            .where(_UNENDED, handovers.c.state == HandoverState.CLAIMED.value)
            .group_by(handovers.c.agent_id)
        )
        return {row[0]: row[1] for row in await self._connection.execute(query)}

    async def handling(self, *, since: datetime) -> timedelta | None:
        """How long the last 50 talks with people that ended since then took on average; None without any."""
        query = (
            select(handovers.c.claimed_at, handovers.c.ended_at)
            .where(handovers.c.ended_at >= since, handovers.c.claimed_at.is_not(None))
            .order_by(handovers.c.ended_at.desc())
            .limit(_LATELY)
        )
        took = [row.ended_at - row.claimed_at for row in await self._connection.execute(query)]
        return sum(took, timedelta()) / len(took) if took else None

    async def _read(self, query: Select[Any]) -> list[Handover]:
        return [_handover(row) for row in (await self._connection.execute(query)).mappings()]


def _values(handover: Handover) -> dict[str, Any]:
    return {
        **asdict(handover),
        "about": dict(handover.about),
        "reason": handover.reason.value,
        "state": handover.state.value,
        "outcome": handover.outcome.value if handover.outcome else None,
    }


def _handover(row: RowMapping) -> Handover:
    return Handover(
        **{
            **row,
            "reason": HandoverReason(row["reason"]),
            "state": HandoverState(row["state"]),
            "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
        }
    )
