"""The embedded mailbox: a Notifier that keeps every mail in the database, for demonstrations and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.ports import Clock, Mail
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.mailbox import mailbox
from aftersales.stores.transactions import reading, writing

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMail:
    """`id` rises with every mail."""

    id: int
    to: str
    subject: str
    text: str
    at: datetime


class EmbeddedMailbox:
    """Delivers at once and once: the same key again changes nothing."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def send(self, mail: Mail, *, key: str) -> None:
        """Raises Unavailable."""
        values = {"key": key, "to": mail.to, "subject": mail.subject, "text": mail.text, "at": self._clock.now()}
        async with writing(self._engine) as connection:
            await insert_new(connection, mailbox, values)

    async def forget_old(self) -> None:
        """Removes mails that are older than a day: they hold codes and addresses. Raises Unavailable."""
        async with writing(self._engine) as connection:
            await connection.execute(delete(mailbox).where(mailbox.c.at <= self._clock.now() - KEPT))

    async def list_mails(self, *, after: int = 0, limit: int = 100) -> Sequence[StoredMail]:
        """Mails with a higher id, oldest first. Raises Unavailable."""
        columns = (mailbox.c.id, mailbox.c.to, mailbox.c.subject, mailbox.c.text, mailbox.c.at)
        query = select(*columns).where(mailbox.c.id > after).order_by(mailbox.c.id).limit(limit)
        async with reading(self._engine) as connection:
            return [StoredMail(**row._mapping) for row in await connection.execute(query)]
