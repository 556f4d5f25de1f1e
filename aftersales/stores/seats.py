"""Seats at the desk in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.seats import Seat
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.handovers import seats

_SETS = ("languages", "topics", "departments")


class SqlSeats:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, account_id: str) -> Seat | None:
        row = (await self._connection.execute(select(seats).where(seats.c.account_id == account_id))).one_or_none()
        return None if row is None else _seat(row)

    async def all(self) -> Sequence[Seat]:
        return [_seat(row) for row in await self._connection.execute(select(seats).order_by(seats.c.account_id))]

    async def save(self, seat: Seat) -> None:
        """Writes it, whether it was there or not."""
        values: dict[str, Any] = {**asdict(seat), **{name: sorted(getattr(seat, name)) for name in _SETS}}
        if not await insert_new(self._connection, seats, values):
            where = seats.c.account_id == values.pop("account_id")
            await self._connection.execute(update(seats).where(where).values(**values))

    async def touch(self, account_id: str, *, seen_at: datetime) -> None:
        """Harmless where there is no such seat."""
        await self._connection.execute(
            update(seats).where(seats.c.account_id == account_id).values(seen_at=seen_at)
        )


def _seat(row: Row[Any]) -> Seat:
    return Seat(**{**row._mapping, **{name: frozenset(row._mapping[name]) for name in _SETS}})
