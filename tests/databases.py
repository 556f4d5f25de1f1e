"""Real databases for tests: SQLite in a file, and PostgreSQL where RETURNDESK_TEST_POSTGRES names a server.

The variable holds an asyncpg URL of a server on which the tests may create and drop databases.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

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
# With the reads of SQLite in the thread of the event loop, as the action server has them.
WAYS = [*DATABASES, "sqlite_short"]


load_tables()

# Making all tables takes longer than most tests, and so does teaching a new engine its statements: databases are
# emptied and used again in a process, each with its engine. An SQLite file with all tables is made once
# and copied.
_empty_files: list[bytes] = []
_made: list[str] = []
_idle: dict[str, list[AsyncEngine]] = {"sqlite": [], "sqlite_short": [], "postgres": []}


@asynccontextmanager
async def open_database(kind: str, folder: Path) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty database with all tables; that of SQLite is left in the folder as test.sqlite3."""
    if _idle[kind]:
        engine = _idle[kind].pop()
    else:
        url = _url(await _make_database()) if kind == "postgres" else _new_file()
        engine = make_engine(url, short_reads=kind == "sqlite_short")
    try:
        await (_empty(engine) if kind == "postgres" else _copy(engine))
        yield engine.execution_options()  # shares all but the listeners that a test adds
    finally:
        await engine.dispose()
        if kind != "postgres":
            shutil.move(_file(engine), folder / "test.sqlite3")
        _idle[kind].append(engine)


def _url(name: str) -> str:
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


@cache
def _own_folder() -> Path:
    folder = TemporaryDirectory(prefix="returndesk-databases-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _new_file() -> str:
    return f"sqlite+aiosqlite:///{_own_folder() / uuid.uuid4().hex}.sqlite3"


def _file(engine: AsyncEngine) -> Path:
    return Path(engine.url.database or "")


async def _copy(engine: AsyncEngine) -> None:
    """What a connection that was forgotten may have left beside the file is not seen by the next."""
    file = _file(engine)
    for left in file.parent.glob(f"{file.name}*"):
        left.unlink()
    file.write_bytes(await _empty_file())


async def _empty_file() -> bytes:
    """An SQLite database with all tables, as the product's engine leaves it: closed, nothing beside the file."""
    if not _empty_files:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "empty.sqlite3"
            await _make_tables(f"sqlite+aiosqlite:///{path}")
            assert [file.name for file in Path(folder).iterdir()] == [path.name]
            _empty_files.append(path.read_bytes())
    return _empty_files[0]


async def _make_tables(url: str) -> None:
    engine = make_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
    finally:
        await engine.dispose()


async def _empty(engine: AsyncEngine) -> None:
    """Empties the tables that hold rows, a few of all, and counts from 1 again everywhere."""
    held = " UNION ALL ".join(
        f"SELECT '{table.name}' WHERE EXISTS (SELECT 1 FROM {table.name})" for table in metadata.sorted_tables
    )
    async with engine.begin() as connection:
        full = set((await connection.execute(text(held))).scalars())
        for table in reversed(metadata.sorted_tables):
            if table.name in full:
                await connection.execute(table.delete())
        await connection.execute(text("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"))


async def _make_database() -> str:
    name = f"returndesk_test_{uuid.uuid4().hex}"
    await on_server(f"CREATE DATABASE {name}")
    if not _made:
        atexit.register(lambda: asyncio.run(_drop_made()))
    _made.append(name)
    await _make_tables(_url(name))
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
