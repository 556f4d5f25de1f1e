"""SQLite statements in one step instead of four.

The asynchronous SQLite driver runs every call of a cursor in a thread of the connection. SQLAlchemy's adapter
makes four such calls for a statement (open, execute, fetch, close), each a switch to that thread and back: for the
small statements of this service more than half of their time. This cursor does all four in one call. It gives away
nothing that the adapter's own offers, which fetches all rows at once too.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor


class OneStepCursor(AsyncAdapt_aiosqlite_cursor):
    """Holds rows, not an open cursor."""

    __slots__ = ("_description", "_lastrowid", "_rowcount")

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid = 0

    @property
    def description(self) -> Any:
        return self._description

    @property
    def rowcount(self) -> int:
        return self._rowcount

    @property
    def lastrowid(self) -> int:
        return self._lastrowid

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        await self._run(lambda cursor: cursor.execute(operation, () if parameters is None else parameters))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Sequence[Any]) -> Any:
        await self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        connection: Any = self._connection
        opened: sqlite3.Connection = connection._conn

        def in_thread() -> tuple[Any, list[Any], int, int | None]:
            cursor = opened.cursor()
            try:
                statement(cursor)
                rows = cursor.fetchall() if cursor.description else []
                return cursor.description, rows, cursor.rowcount, cursor.lastrowid
            finally:
                cursor.close()

        async with self._adapt_connection._execute_mutex:
            done = await connection._execute(in_thread)
        self._description, rows, self._rowcount, lastrowid = done
        self._rows = deque(rows)
        self._lastrowid = lastrowid or 0

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        self._rows.clear()


_commit, _rollback = AsyncAdapt_aiosqlite_connection.commit, AsyncAdapt_aiosqlite_connection.rollback


def _commit_open(connection: Any) -> None:
    if _is_open(connection._connection):
        _commit(connection)


def _rollback_open(connection: Any) -> None:
    if _is_open(connection._connection):
        _rollback(connection)


def _is_open(driver: Any) -> bool:
    """Whether there is a transaction to end: the pool ends each connection's once more when it comes back."""
    return driver._connection is not None and driver.in_transaction


def install() -> None:
    """For all SQLite engines of this process. Harmless when done twice."""
    adapted: Any = AsyncAdapt_aiosqlite_connection
    adapted._cursor_cls = OneStepCursor
    adapted.commit = _commit_open
    adapted.rollback = _rollback_open
