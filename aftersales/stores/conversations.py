"""Conversations in the database, with the lease of the process that asks the bot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import NotFound
from aftersales.domain.pages import Mark, Wanted
from aftersales.stores.pages import page_of
from aftersales.stores.schema.conversations import conversations, messages

_COLUMNS = [conversations.c[name] for name in Conversation.__dataclass_fields__]
_IDS_AT_ONCE = 500
# Read in every turn, some several times: building a statement takes longer than running it.
_ONE = select(*_COLUMNS).where(conversations.c.id == bindparam("wanted"))
_ONE_LOCKED = _ONE.with_for_update()


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(**{**row._mapping, "owner": Owner(row.owner)})


class SqlConversations:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, conversation: Conversation) -> None:
        await self._connection.execute(insert(conversations).values(**asdict(conversation)))

    async def get(self, conversation_id: str) -> Conversation:
        """Raises NotFound."""
        return await self._one(conversation_id, for_update=False)

    async def lock(self, conversation_id: str) -> Conversation:
        """As get, and holds the row for writing until the transaction ends (SQLite: the whole database)."""
        return await self._one(conversation_id, for_update=True)

    async def try_lock(self, conversation_id: str) -> Conversation | None:
        """As lock, without waiting: None when somebody else holds the row, or there is none."""
        query = select(*_COLUMNS).where(conversations.c.id == conversation_id)
        row = (await self._connection.execute(query.with_for_update(skip_locked=True))).one_or_none()
        return None if row is None else _conversation(row)

    async def save(self, conversation: Conversation) -> None:
        """Writes all but the lease. The caller holds the lock."""
        values = asdict(conversation)
        where = conversations.c.id == values.pop("id")
        await self._connection.execute(update(conversations).where(where).values(**values))

    async def unanswered(self, *, before: datetime, limit: int) -> Sequence[str]:
        """Conversations of the bot with a customer message left unanswered since `before`, stalest first."""
        waiting = exists().where(
            messages.c.conversation_id == conversations.c.id,
            messages.c.seq > conversations.c.answered_seq,
            messages.c.author == "customer",
            messages.c.at <= before,
        )
        query = (
            select(conversations.c.id)
            .where(
                conversations.c.owner == Owner.BOT.value, conversations.c.asked_seq > conversations.c.answered_seq
            )
            .where(waiting)
            .order_by(conversations.c.updated_at)
            .limit(limit)
        )
        return (await self._connection.scalars(query)).all()

    async def take_lease(self, conversation_id: str, *, by: str, now: datetime, until: datetime) -> bool:
        """Whether `by` may ask the bot until `until`: not while another holds an unexpired lease."""
        free = or_(
            conversations.c.answering_until.is_(None),
            conversations.c.answering_until <= now,
            conversations.c.answering_by == by,
        )
        taken = await self._connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id, free)
            .values(answering_by=by, answering_until=until)
        )
        return taken.rowcount == 1

    async def release_lease(self, conversation_id: str, *, by: str) -> None:
        """Harmless when `by` no longer holds it."""
        await self._connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id, conversations.c.answering_by == by)
            .values(answering_by=None, answering_until=None)
        )

    async def latest(self, conversation_ids: Iterable[str]) -> Mapping[str, int]:
        """last_seq of each of these conversations; unknown ids are left out."""
        wanted = list(conversation_ids)
        found: dict[str, int] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            ids = wanted[start : start + _IDS_AT_ONCE]
            query = select(conversations.c.id, conversations.c.last_seq).where(conversations.c.id.in_(ids))
            found.update({row.id: row.last_seq for row in await self._connection.execute(query)})
        return found

    async def by_ids(self, conversation_ids: Collection[str]) -> Mapping[str, Conversation]:
        """Unknown ids are left out."""
        query = select(*_COLUMNS).where(conversations.c.id.in_(conversation_ids))
        return {row.id: _conversation(row) for row in await self._connection.execute(query)}

    async def of_customer(self, customer_id: str, *, limit: int) -> Sequence[Conversation]:
        """What a customer who has proven it took part in, the one used last first."""
        mine = select(*_COLUMNS).where(conversations.c.customer_id == customer_id)
        newest = mine.order_by(conversations.c.updated_at.desc(), conversations.c.id).limit(limit)
        return [_conversation(row) for row in await self._connection.execute(newest)]

    async def page(self, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Conversation]:
        """By birth and id, from behind `after`."""
        query = page_of(conversations, wanted, state=conversations.c.owner, after=after, limit=limit)
        return [_conversation(row) for row in await self._connection.execute(query.with_only_columns(*_COLUMNS))]

    async def _one(self, conversation_id: str, *, for_update: bool) -> Conversation:
        query = _ONE_LOCKED if for_update else _ONE
        row = (await self._connection.execute(query, {"wanted": conversation_id})).one_or_none()
        if row is None:
            raise NotFound("conversation")
        return _conversation(row)
