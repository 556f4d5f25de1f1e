"""Inserts that yield to a row which is there already, and locks by name, for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Insert, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.stores.schema.returns import locks


async def insert_new(connection: AsyncConnection, table: Table, values: Mapping[str, Any]) -> bool:
    """Whether the row went in; False when one of the table's unique columns is taken (nothing is changed)."""
    result = await connection.execute(_yielding(connection.dialect.name, table), dict(values))
    return result.rowcount == 1


@cache
def _yielding(dialect: str, table: Table) -> Insert:
    """Built once: that takes as long as running it."""
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


async def hold_lock(connection: AsyncConnection, name: str) -> None:
    """Waits for the lock of that name and holds it until the transaction ends.

    On SQLite the transaction itself is that lock, since each begins IMMEDIATE.
    """
    if connection.dialect.name == "sqlite":
        return
    await insert_new(connection, locks, {"name": name})
    await connection.execute(select(locks.c.name).where(locks.c.name == name).with_for_update())
