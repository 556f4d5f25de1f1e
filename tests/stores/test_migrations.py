"""The migrations make exactly the tables that the code works with."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from aftersales.domain.refunds import CauseKind
from aftersales.stores.base import make_engine, metadata
from aftersales.stores.migrations import _config, is_current, load_tables, upgrade
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from tests.databases import DATABASES, SERVER

_OLD_ROWS = (
    "INSERT INTO returns (id, number, key, state, order_id, order_number, customer_id, conversation_id, reason, "
    "comment, attachment_ids, amount_minor, fee_minor, currency, who_pays_shipping, rule_id, policy_version, "
    "needs_human, created_at, updated_at) VALUES ('r1', 'RT1', 'k1', 'inspected', 'o1', 'RD1', 'c1', 'conv-1', "
    "'wrong_size', '', '[]', 12900, 0, 'CNY', 'customer', 'rule', 'v1', 0, '2026-11-20', '2026-11-20')",
    "INSERT INTO refunds (id, key, state, return_id, order_id, order_number, customer_id, payment_id, "
    "amount_minor, currency, reason, attempts, created_at, updated_at) "
    "VALUES ('f1', 'r1:p1:1', 'submitted', 'r1', 'o1', 'RD1', 'c1', 'p1', 12900, 'CNY', "
    "'return RT1', 1, '2026-11-20', '2026-11-20')",
)


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


async def test_refunds_of_before_know_the_return_that_caused_them(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite+aiosqlite:///{tmp_path / 'old.sqlite3'}")
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "0001"))
        for statement in _OLD_ROWS:
            await connection.execute(text(statement))
    await upgrade(engine)
    async with SqlUnitOfWorkFactory(engine)() as uow:
        refund = await uow.refunds.get("f1")
        assert await uow.refunds.of_cause("r1") == [refund]
    assert (refund.cause_kind, refund.cause_number, refund.key) == (CauseKind.RETURN, "RT1", "r1:p1:1")
    assert (refund.conversation_id, refund.policy_version) == ("conv-1", "v1")
    await engine.dispose()


async def test_two_that_migrate_at_once_do_it_once(tmp_path: Path) -> None:
    engines = [make_engine(f"sqlite+aiosqlite:///{tmp_path / 'new.sqlite3'}") for _ in range(2)]
    await asyncio.gather(*map(upgrade, engines))
    async with engines[0].connect() as connection:
        assert "returns" in await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    for engine in engines:
        await engine.dispose()
