"""The unit of work over SQLAlchemy: one connection, one transaction, one repository per noun."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from aftersales.ports import UnitOfWork
from aftersales.stores.attachments import SqlAttachments
from aftersales.stores.cases import SqlCases
from aftersales.stores.codes import SqlCodes
from aftersales.stores.conversations import SqlConversations
from aftersales.stores.journal import SqlJournal
from aftersales.stores.messages import SqlMessages
from aftersales.stores.outbox import SqlOutbox
from aftersales.stores.refunds import SqlRefunds
from aftersales.stores.returns import SqlReturns
from aftersales.stores.sessions import SqlSessions


class SqlUnitOfWork:
    """Commits on a clean exit, rolls back on an exception."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.conversations = SqlConversations(connection)
        self.messages = SqlMessages(connection)
        self.sessions = SqlSessions(connection)
        self.codes = SqlCodes(connection)
        self.attachments = SqlAttachments(connection)
        self.returns = SqlReturns(connection)
        self.refunds = SqlRefunds(connection)
        self.cases = SqlCases(connection)
        self.journal = SqlJournal(connection)
        self.outbox = SqlOutbox(connection)


class SqlUnitOfWorkFactory:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def __call__(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._open()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[UnitOfWork]:
        async with self._engine.begin() as connection:
            yield SqlUnitOfWork(connection)
