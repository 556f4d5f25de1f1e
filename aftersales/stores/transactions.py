"""Reading and writing the embedded shop's database with the errors that the ports promise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from aftersales.domain.errors import OutcomeUnknown, Unavailable
from aftersales.stores.base import for_reading

_FAILURES = (OperationalError, InterfaceError, InternalError, PoolTimeout, OSError)


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection to read from; it waits for no writer. Raises Unavailable."""
    try:
        async with for_reading(engine).connect() as connection:
            yield connection
    except _FAILURES as error:
        raise Unavailable(type(error).__name__) from error


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction: commits on a clean exit, rolls back on an exception.

    Raises Unavailable (nothing was written), and OutcomeUnknown when the connection failed during commit.
    """
    committing = False
    try:
        async with engine.connect() as connection:
            await connection.begin()
            yield connection
            committing = True
            await connection.commit()
    except _FAILURES as error:
        raise (OutcomeUnknown if committing else Unavailable)(type(error).__name__) from error


def insert_new(table: Table, connection: AsyncConnection, *, unique: str) -> Insert:
    """An insert that leaves an existing row with the same `unique` column alone.

    On PostgreSQL it waits for a transaction that is writing the same value.
    """
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing(index_elements=[unique])
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=[unique])


def upsert(table: Table, connection: AsyncConnection, *, keep: frozenset[str] = frozenset()) -> Insert:
    """An insert that renews an existing row with the same id, all columns but those in `keep`."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    renewed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keep | {"id"}}
    renewing: Insert = statement.on_conflict_do_update(index_elements=["id"], set_=renewed)
    return renewing
