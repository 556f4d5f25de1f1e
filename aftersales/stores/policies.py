"""Versions of the returns policy in SQL: only ever appended to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.ports import PolicyVersion
from aftersales.stores.inserts import hold_lock
from aftersales.stores.schema.policies import policy_versions

_COLUMNS = tuple(column for column in policy_versions.c if column.name != "id")


class SqlPolicies:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self) -> None:
        await hold_lock(self._connection, "policy")

    async def add(self, noted: PolicyVersion) -> None:
        await self._connection.execute(insert(policy_versions).values(**asdict(noted)))

    async def all(self) -> Sequence[PolicyVersion]:
        rows = await self._connection.execute(select(*_COLUMNS).order_by(policy_versions.c.id))
        return [PolicyVersion(**row) for row in rows.mappings()]

    async def count(self) -> int:
        counted = await self._connection.execute(select(func.count()).select_from(policy_versions))
        return int(counted.scalar_one())
