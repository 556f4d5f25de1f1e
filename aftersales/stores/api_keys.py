"""Keys of the merchant API in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.api_keys import ApiKey, Scope
from aftersales.domain.errors import NotFound
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.api import api_keys


class SqlApiKeys:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, key: ApiKey) -> bool:
        """False when the prefix is taken; the transaction stays usable."""
        values = {**asdict(key), "scopes": sorted(scope.value for scope in key.scopes)}
        return await insert_new(self._connection, api_keys, values)

    async def all(self) -> Sequence[ApiKey]:
        """Oldest first, the revoked ones too."""
        return await self._read(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))

    async def by_prefix(self, prefix: str) -> ApiKey | None:
        found = await self._read(select(api_keys).where(api_keys.c.prefix == prefix))
        return found[0] if found else None

    async def lock(self, prefix: str) -> ApiKey:
        """As by_prefix, and holds the row for writing until the transaction ends. Raises NotFound."""
        found = await self._read(select(api_keys).where(api_keys.c.prefix == prefix).with_for_update())
        if not found:
            raise NotFound("api_key")
        return found[0]

    async def revoke(self, key_id: str, *, at: datetime) -> None:
        await self._connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=at))

    async def note_use(self, key_id: str, *, at: datetime, unless_after: datetime) -> None:
        """Notes that it was used, unless a use after `unless_after` is noted already."""
        long_ago = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at <= unless_after)
        await self._connection.execute(
            update(api_keys).where(api_keys.c.id == key_id, long_ago).values(last_used_at=at)
        )

    async def _read(self, query: Select[Any]) -> list[ApiKey]:
        return [_key(row) for row in (await self._connection.execute(query)).mappings()]


def _key(row: RowMapping) -> ApiKey:
    # A scope of a version that was here before and is known no more allows nothing.
    known = {scope.value for scope in Scope}
    return ApiKey(**{**row, "scopes": frozenset(Scope(name) for name in row["scopes"] if name in known)})
