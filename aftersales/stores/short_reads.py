"""Reads of SQLite in the thread of the event loop, for a process that looks at a few rows by their keys.

SQLAlchemy's asynchronous connection hands each statement to a greenlet, and that to a thread of the connection:
for looking at a row, most of the time. A reader that begins deferred in WAL waits for nobody, so here the plain
connection is used where it is, behind the methods of AsyncConnection that the repositories read with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.ext.asyncio import AsyncConnection


class ShortReads:
    """Stands for an AsyncEngine whose transactions only read. Dispose it with the engine that writes."""

    def __init__(self, url: URL, *, echo: bool) -> None:
        self._engine = _open_engine(url, echo=echo)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the database throughout, and can write nothing."""
        with self._engine.connect() as connection:
            connection.connection.cursor().execute("BEGIN")
            yield cast(AsyncConnection, _ShortReader(connection))

    connect = begin

    def dispose(self) -> None:
        self._engine.dispose()


class _ShortReader:
    """Results hold an open cursor: they are read before the connection goes back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        return self._connection.execute(statement, parameters)

    async def scalar(self, statement: Any, parameters: Any = None) -> Any:
        return self._connection.scalar(statement, parameters)

    async def scalars(self, statement: Any, parameters: Any = None) -> Any:
        return self._connection.scalars(statement, parameters)


def _open_engine(url: URL, *, echo: bool) -> Engine:
    # Without a limit: whoever waited for a connection would keep the thread that others need to give theirs back.
    engine = create_engine(
        url.set(drivername="sqlite"),
        echo=echo,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=0,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is too late for one state throughout
        for pragma in ("busy_timeout=10000", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
