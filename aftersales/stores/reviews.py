"""Reviews of refunds in SQL: what was known when one was granted, and who has decided what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.approvals import Approval, Grounds, Step
from aftersales.domain.risk import Signal, SignalKind
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.approvals import refund_approvals, refund_reviews


class SqlReviews:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, refund_id: str, grounds: Grounds, *, at: datetime) -> None:
        signals = [
            {"kind": signal.kind.value, "points": signal.points, "facts": dict(signal.facts)}
            for signal in grounds.signals
        ]
        values = {"refund_id": refund_id, "raised_by": grounds.raised_by, "signals": signals, "at": at}
        await self._connection.execute(insert(refund_reviews).values(**values))

    async def grounds(self, refund_id: str) -> Grounds:
        """Empty ones for a refund of which nothing was noted."""
        query = select(refund_reviews).where(refund_reviews.c.refund_id == refund_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            return Grounds()
        return Grounds(raised_by=row["raised_by"], signals=tuple(_signal(told) for told in row["signals"]))

    async def add_approval(self, approval: Approval) -> bool:
        """False when this account has done that in this round already; the transaction stays usable."""
        values = {
            "refund_id": approval.refund_id,
            "round": approval.round,
            "account": approval.account,
            "step": approval.step.value,
            "reason": approval.reason,
            "at": approval.at,
        }
        return await insert_new(self._connection, refund_approvals, values)

    async def approvals(self, refund_ids: Collection[str]) -> Sequence[Approval]:
        """Of all these refunds, oldest first."""
        columns = [column for column in refund_approvals.c if column.name != "id"]
        rows = await self._connection.execute(
            select(*columns).where(refund_approvals.c.refund_id.in_(refund_ids)).order_by(refund_approvals.c.id)
        )
        return [Approval(**{**row, "step": Step(row["step"])}) for row in rows.mappings()]


def _signal(told: dict[str, Any]) -> Signal:
    return Signal(kind=SignalKind(told["kind"]), points=told["points"], facts=told["facts"])
