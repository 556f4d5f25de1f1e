"""Real databases for tests: SQLite in a file, and PostgreSQL where RETURNDESK_TEST_POSTGRES names a server.

The variable holds an asyncpg URL of a server on which the tests may create and drop databases.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from aftersales.stores.base import make_engine, metadata
from aftersales.stores.migrations import load_tables

SERVER = os.environ.get("RETURNDESK_TEST_POSTGRES", "")
DATABASES = [
    "sqlite",
    pytest.param(
        "postgres",
        marks=pytest.mark.skipif(not SERVER, reason="RETURNDESK_TEST_POSTGRES names no PostgreSQL server"),
    ),
]


load_tables()

_made: list[str] = []  # PostgreSQL databases of this process: making one is slow, so it is emptied and used again
_idle: list[str] = []


@asynccontextmanager
async def open_database(kind: str, folder: Path) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty database with all tables."""
    if kind == "sqlite":
        engine = make_engine(f"sqlite+aiosqlite:///{folder / 'test.sqlite3'}")
        try:
            await _make_tables(engine)
            yield engine
        finally:
            await engine.dispose()
        return
    name = _idle.pop() if _idle else await _make_database()
    engine = make_engine(_url(name))
    try:
        await _empty(engine)
        yield engine
    finally:
        await engine.dispose()
        _idle.append(name)


def _url(name: str) -> str:
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


async def _make_tables(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


async def _empty(engine: AsyncEngine) -> None:
    names = ", ".join(table.name for table in metadata.sorted_tables)
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


async def _make_database() -> str:
    name = f"returndesk_test_{uuid.uuid4().hex}"
    await on_server(f"CREATE DATABASE {name}")
    if not _made:
        atexit.register(lambda: asyncio.run(_drop_made()))
    _made.append(name)
    engine = make_engine(_url(name))
    try:
        await _make_tables(engine)
    finally:
        await engine.dispose()
    return name


async def _drop_made() -> None:
    for name in _made:
        await on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def on_server(statement: str) -> None:
    """Runs a statement that may not stand in a transaction, such as CREATE DATABASE."""
    server = create_async_engine(SERVER, isolation_level="AUTOCOMMIT")
    try:
        async with server.connect() as connection:
            await connection.execute(text(statement))
    finally:
        await server.dispose()
