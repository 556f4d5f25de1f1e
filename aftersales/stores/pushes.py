"""What messaging apps told, in SQL: each thing once, and kept a while longer, to tell repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.channels import Grant, Push, PushKind, Sender
from aftersales.ports import StoredPush
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.channels import pushes


class SqlPushes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, push: Push, *, at: datetime) -> bool:
        """False for a repetition: a push of this key was stored before for the same account."""
        new = {
            "channel": push.sender.channel,
            "account": push.sender.account,
            "sender": push.sender.id,
            "key": push.key,
            "kind": push.kind.value,
            "sent_at": push.sent_at,
            "rank": push.rank,
            "body": dict(push.body),
            "granted": push.grant and push.grant.messages,
            "granted_seconds": push.grant and int(push.grant.lasts.total_seconds()),
            "received_at": at,
        }
        return await insert_new(self._connection, pushes, new)

    async def waiting(self, sender: Sender, *, before: datetime, limit: int) -> Sequence[StoredPush]:
        """What is not done of what had arrived by then, in the sender's order."""
        query = (
            select(pushes)
            .where(
                _of(sender),
                pushes.c.done_at.is_(None),
                pushes.c.received_at <= before,
            )
            .order_by(pushes.c.sent_at, pushes.c.rank, pushes.c.id)
            .limit(limit)
        )
        return [StoredPush(row.id, _push(row)) for row in await self._connection.execute(query)]

    async def done(self, push_id: int, *, at: datetime) -> None:
        """Keeps the key, and forgets what the customer said."""
        await self._connection.execute(update(pushes).where(pushes.c.id == push_id).values(done_at=at, body={}))

    async def any_waiting(self, sender: Sender) -> bool:
        """Whether anything is not done, whenever it arrived."""
        query = select(pushes.c.id).where(_of(sender), pushes.c.done_at.is_(None)).limit(1)
        return await self._connection.scalar(query) is not None

    async def forget_sender(self, sender: Sender) -> None:
        """Of what is done, keeps the keys, and forgets who it was."""
        mine = update(pushes).where(_of(sender), pushes.c.done_at.is_not(None))
        await self._connection.execute(mine.values(sender=""))

    async def forget(self, *, done_before: datetime) -> None:
        await self._connection.execute(delete(pushes).where(pushes.c.done_at < done_before))


def _of(sender: Sender) -> ColumnElement[bool]:
    return (
        (pushes.c.channel == sender.channel)
        & (pushes.c.account == sender.account)
        & (pushes.c.sender == sender.id)
    )


def _push(row: Row[Any]) -> Push:
    granted = row.granted is not None
    return Push(
        sender=Sender(row.channel, row.account, row.sender),
        key=row.key,
        kind=PushKind(row.kind),
        sent_at=row.sent_at,
        rank=row.rank,
        body=row.body,
        grant=Grant(row.granted, timedelta(seconds=row.granted_seconds)) if granted else None,
    )
