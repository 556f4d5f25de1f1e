"""Tables that are queues, each row with one worker at a time: `due_at` says when, `busy_until` ends the lease."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Row, Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection


def due(key: Column[Any], *, now: datetime) -> Select[Any]:
    """The keys of what is due and nobody is at."""
    table = key.table.c
    free = or_(table.busy_until.is_(None), table.busy_until <= now)
    return select(key).where(table.due_at <= now, free)


async def claim_due(
    connection: AsyncConnection, key: Column[Any], *, now: datetime, limit: int, lease: timedelta
) -> Sequence[Row[Any]]:
    """Whole rows of what is due, longest due first, taken until the lease ends.

    `due_at` is then the end of the lease, so that a waking in between can be told.
    """
    table = key.table
    wanted = due(key, now=now).order_by(table.c.due_at).limit(limit).with_for_update(skip_locked=True)
    keys = list((await connection.execute(wanted)).scalars())
    if not keys:
        return []
    taken = update(table).where(key.in_(keys)).values(busy_until=now + lease, due_at=now + lease)
    rows: Sequence[Row[Any]] = (await connection.execute(taken.returning(table))).all()
    return rows


async def release(
    connection: AsyncConnection, key: Column[Any], value: str, *, claimed: datetime | None, due_at: datetime | None
) -> None:
    """Lets go of a row; it is due at that time, unless it was woken since it was claimed.

    `claimed` is the `due_at` that it was claimed with. Does nothing to a lease that another worker has by now,
    since this one's ran out.
    """
    table = key.table
    mine = (key == value) & (table.c.busy_until == claimed)
    unchanged = table.c.due_at == claimed
    await connection.execute(update(table).where(mine, unchanged).values(due_at=due_at))
    await connection.execute(update(table).where(mine).values(busy_until=None))
