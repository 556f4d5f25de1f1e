"""Threads with customers in messaging apps, in SQL: a queue of their own, each with one worker at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.channels import Sender
from aftersales.domain.errors import NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.threads import Allowance, Thread
from aftersales.stores.inserts import insert_new
from aftersales.stores.leases import claim_due, due, release
from aftersales.stores.schema.channels import threads


def by_sender(sender: Sender) -> ColumnElement[bool]:
    return (
        (threads.c.channel == sender.channel)
        & (threads.c.account == sender.account)
        & (threads.c.sender == sender.id)
    )


class SqlThreads:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(self, sender: Sender, *, due_at: datetime) -> None:
        """Makes the thread unless it is there, and has it looked at by then at the latest."""
        new = {
            "id": new_id(),
            "channel": sender.channel,
            "account": sender.account,
            "sender": sender.id,
            "remaining": 0,
            "sent_seq": 0,
            "sending_seq": 0,
            "cursor": "",
            "gone": False,
            "failures": 0,
            "due_at": due_at,
        }
        if not await insert_new(self._connection, threads, new):
            await self._wake(by_sender(sender), at=due_at)

    async def get(self, thread_id: str) -> Thread:
        """Raises NotFound."""
        return await self._one(threads.c.id == thread_id)

    async def of_sender(self, sender: Sender) -> Thread:
        """Raises NotFound."""
        return await self._one(by_sender(sender))

    async def of_conversation(self, conversation_id: str) -> Thread | None:
        """The thread in which this conversation is held; None on the website."""
        try:
            return await self._one(threads.c.conversation_id == conversation_id)
        except NotFound:
            return None

    async def of_customer(self, customer_id: str) -> Sequence[Thread]:
        """The threads in which the customer is known, the one written in last first."""
        query = (
            select(threads)
            .where(threads.c.customer_id == customer_id)
            .order_by(threads.c.until.desc().nulls_last(), threads.c.id)
        )
        return [_thread(row) for row in await self._connection.execute(query)]

    async def any_due(self, *, now: datetime) -> bool:
        """Whether there is something to claim."""
        return (await self._connection.scalar(due(threads.c.id, now=now).limit(1))) is not None

    async def claim(self, *, now: datetime, limit: int, lease: timedelta) -> Sequence[Thread]:
        """What is due and nobody is at, taken for this worker until the lease ends; longest due first."""
        rows = await claim_due(self._connection, threads.c.id, now=now, limit=limit, lease=lease)
        return [_thread(row) for row in rows]

    async def release(self, thread: Thread, *, due_at: datetime | None) -> None:
        """Lets go of it; see leases.release."""
        claimed = thread.due_at
        await release(self._connection, threads.c.id, thread.id, claimed=claimed, due_at=due_at)

    async def note(self, thread_id: str, **fields: Any) -> Thread:
        """Writes these fields of a Thread alone, whatever else was written meanwhile. Raises NotFound."""
        allowance: Allowance | None = fields.pop("allowance", None)
        if allowance is not None:
            fields |= {"remaining": allowance.left, "until": allowance.until}
        await self._connection.execute(update(threads).where(threads.c.id == thread_id).values(**fields))
        return await self.get(thread_id)

    async def wake(self, conversation_id: str, *, at: datetime) -> None:
        """There is something to send; harmless where there is no thread. A failing one keeps its pauses.

        One that is being carried may be past its last look, and well in the end: it is woken all the same.
        """
        heeds = or_(threads.c.failures == 0, threads.c.busy_until.is_not(None))
        await self._wake(threads.c.conversation_id == conversation_id, heeds, at=at)

    async def link(self, conversation_id: str, *, customer_id: str | None) -> None:
        """Whoever writes in this conversation's thread is this customer from now on; harmless without a thread."""
        mine = threads.c.conversation_id == conversation_id
        await self._connection.execute(update(threads).where(mine).values(customer_id=customer_id))

    async def remove(self, thread_id: str) -> None:
        await self._connection.execute(threads.delete().where(threads.c.id == thread_id))

    async def _wake(self, *where: Any, at: datetime) -> None:
        later = or_(threads.c.due_at.is_(None), threads.c.due_at > at)
        await self._connection.execute(update(threads).where(*where, later).values(due_at=at))

    async def _one(self, where: ColumnElement[bool]) -> Thread:
        row = (await self._connection.execute(select(threads).where(where).limit(1))).one_or_none()
        if row is None:
            raise NotFound("thread")
        return _thread(row)


def _thread(row: Row[Any]) -> Thread:
    return Thread(
        id=row.id,
        sender=Sender(row.channel, row.account, row.sender),
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        allowance=Allowance(row.remaining, row.until),
        sent_seq=row.sent_seq,
        sending_seq=row.sending_seq,
        cursor=row.cursor,
        gone=row.gone,
        failures=row.failures,
        due_at=row.due_at,
    )
