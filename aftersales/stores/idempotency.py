"""Requests that programs have named, and their answers, in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.ports import StoredAnswer
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.api import idempotency_keys as keys


class SqlIdempotency:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, caller: str, key_hash: str, *, request_hash: str, at: datetime) -> bool:
        """False when the caller has used the key before; waits for one that is just doing so."""
        values = {"caller": caller, "key_hash": key_hash, "request_hash": request_hash, "at": at}
        return await insert_new(self._connection, keys, values)

    async def lock(self, caller: str, key_hash: str) -> StoredAnswer | None:
        query = select(keys.c.request_hash, keys.c.status, keys.c.body, keys.c.at)
        row = (await self._connection.execute(query.where(_row(caller, key_hash)).with_for_update())).one_or_none()
        return None if row is None else StoredAnswer(**row._mapping)

    async def restart(self, caller: str, key_hash: str, *, at: datetime) -> None:
        await self._connection.execute(
            update(keys).where(_row(caller, key_hash)).values(status=None, body=None, at=at)
        )

    async def finish(self, caller: str, key_hash: str, *, status: int, body: str) -> None:
        await self._connection.execute(update(keys).where(_row(caller, key_hash)).values(status=status, body=body))

    async def remove(self, caller: str, key_hash: str) -> None:
        await self._connection.execute(delete(keys).where(_row(caller, key_hash)))

    async def forget(self, *, before: datetime) -> None:
        await self._connection.execute(delete(keys).where(keys.c.at < before))


def _row(caller: str, key_hash: str) -> ColumnElement[bool]:
    return and_(keys.c.caller == caller, keys.c.key_hash == key_hash)
