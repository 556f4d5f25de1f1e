"""Tables' common ground: metadata, column types and engines for SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from sqlite3 import OperationalError
from typing import Any, cast

from sqlalchemy import DateTime, Dialect, MetaData, TypeDecorator, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from aftersales.stores import sqlite_cursor
from aftersales.stores.short_reads import ShortReads

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; a naive one is refused. SQLite keeps it without the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@retry(
    retry=retry_if_exception_type(OperationalError), stop=stop_after_delay(10), wait=wait_fixed(0.02), reraise=True
)
def _use_wal(cursor: Any) -> None:
    """SQLite waits for no lock here: of two that open a new database at once, one is told that it is locked."""
    cursor.execute("PRAGMA journal_mode=WAL")


def make_engine(url: str, *, echo: bool = False, short_reads: bool = False) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///file` or `postgresql+asyncpg://…`.

    SQLite runs in WAL with full foreign keys, and a commit is on disk when it returns: a refund that was asked for
    is never forgotten with the power. Every transaction begins IMMEDIATE, so that a writer waits its turn (10 s at
    most) instead of failing half-way. With the execution option `read_only=True` it begins deferred: a reader
    neither waits for a writer nor holds one up. Errors do not repeat the values of a statement.
    With `short_reads` these run in the event loop's own thread: for processes that read by keys alone.
    """
    if not url.startswith("sqlite"):
        return create_async_engine(
            url, echo=echo, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=10
        )
    sqlite_cursor.install()
    engine = create_async_engine(
        url,
        echo=echo,
        hide_parameters=True,
        connect_args={"timeout": 10, "check_same_thread": False},
        execution_options={"short_reads": short_reads},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # pysqlite's own BEGIN is too late for a lock
        cursor = connection.cursor()
        for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        _use_wal(cursor)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


@lru_cache(maxsize=8)
def for_reading(engine: AsyncEngine) -> AsyncEngine:
    """The same engine, whose transactions only read. Kept: making it takes as long as a small query."""
    if not engine.sync_engine.get_execution_options().get("short_reads"):
        return engine.execution_options(read_only=True)
    here = ShortReads(engine.url, echo=engine.echo)
    event.listen(engine.sync_engine, "engine_disposed", lambda _engine: here.dispose())
    return cast(AsyncEngine, here)
