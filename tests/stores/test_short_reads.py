"""Reads of SQLite where the event loop runs: one state throughout, nothing written, nobody waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.stores.base import for_reading, make_engine

COUNT = text("SELECT count(*) FROM notes")
ADD = text("INSERT INTO notes VALUES ('new')")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(f"sqlite+aiosqlite:///{tmp_path / 'shop.sqlite3'}", short_reads=True)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (note TEXT)"))
    yield engine
    await engine.dispose()


async def test_a_reader_sees_one_state_while_another_writes(engine: AsyncEngine) -> None:
    async with for_reading(engine).begin() as reader:
        assert await reader.scalar(COUNT) == 0
        async with engine.begin() as writer:
            await writer.execute(ADD)
        assert await reader.scalar(COUNT) == 0
    async with for_reading(engine).begin() as reader:
        assert await reader.scalar(COUNT) == 1


async def test_a_reader_waits_for_no_writer(engine: AsyncEngine) -> None:
    async with engine.begin() as writer:
        await writer.execute(ADD)
        async with asyncio.timeout(5), for_reading(engine).begin() as reader:
            assert await reader.scalar(COUNT) == 0


async def test_a_reader_holds_no_writer_up(engine: AsyncEngine) -> None:
    async with for_reading(engine).begin() as reader:
        assert await reader.scalar(COUNT) == 0
        async with asyncio.timeout(5), engine.begin() as writer:
            await writer.execute(ADD)


async def test_a_reader_cannot_write(engine: AsyncEngine) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        async with for_reading(engine).begin() as reader:
            await reader.execute(ADD)
    async with for_reading(engine).begin() as reader:
        assert await reader.scalar(COUNT) == 0


async def test_any_number_may_read_at_once(engine: AsyncEngine) -> None:
    async with asyncio.timeout(20), AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(for_reading(engine).begin()) for _ in range(100)]
        assert [await reader.scalar(COUNT) for reader in readers] == [0] * 100


async def test_what_was_written_is_on_disk_when_the_commit_returns(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        assert await connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
