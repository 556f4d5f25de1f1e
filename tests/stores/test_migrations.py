"""The migrations make exactly the tables that the code works with."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from aftersales.stores.base import make_engine, metadata
from aftersales.stores.migrations import is_current, load_tables, upgrade
from tests.databases import DATABASES, SERVER


def differences(connection: Connection) -> list[object]:
    load_tables()
    found: list[object] = compare_metadata(MigrationContext.configure(connection), metadata)
    return found


async def check(engine: AsyncEngine) -> None:
    assert not await is_current(engine)
    await upgrade(engine)
    assert await is_current(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await upgrade(engine)


@pytest.mark.parametrize("kind", DATABASES)
async def test_an_empty_database_gets_the_tables_of_the_code(kind: str, tmp_path: Path) -> None:
    if kind == "sqlite":
        engine = make_engine(f"sqlite+aiosqlite:///{tmp_path / 'new.sqlite3'}")
        await check(engine)
        await engine.dispose()
        return
    name = f"returndesk_test_{uuid.uuid4().hex}"
    server = create_async_engine(SERVER, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
        engine = make_engine(make_url(SERVER).set(database=name).render_as_string(hide_password=False))
        try:
            await check(engine)
        finally:
            await engine.dispose()
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await server.dispose()


async def test_two_that_migrate_at_once_do_it_once(tmp_path: Path) -> None:
    engines = [make_engine(f"sqlite+aiosqlite:///{tmp_path / 'new.sqlite3'}") for _ in range(2)]
    await asyncio.gather(*map(upgrade, engines))
    async with engines[0].connect() as connection:
        assert "returns" in await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    for engine in engines:
        await engine.dispose()
