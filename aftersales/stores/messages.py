"""Messages in the database: numbered without gaps within their conversation, never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.conversations import Author, Choice, Message
from aftersales.stores.schema.conversations import conversations, messages

_OFFERS_REMEMBERED = 50  # messages of ours, looked through newest first


def _message(row: Row[Any]) -> Message:
    return Message(
        **{
            **row._mapping,
            "choices": tuple(Choice(**choice) for choice in row.choices),
            "cards": tuple(row.cards),
            "attachment_ids": tuple(row.attachment_ids),
        }
    )


class SqlMessages:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, message: Message) -> None:
        """The caller holds the lock of the conversation and numbered the message."""
        await self._connection.execute(insert(messages).values(**asdict(message)))

    async def after(self, conversation_id: str, seq: int, *, limit: int = 200) -> Sequence[Message]:
        """Messages with a higher number, in order."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.seq > seq)
            .order_by(messages.c.seq)
            .limit(limit)
        )
        return [_message(row) for row in await self._connection.execute(query)]

    async def next_of_customer(self, conversation_id: str, seq: int) -> Message | None:
        """The customer's first message with a higher number."""
        query = (
            select(messages)
            .where(
                messages.c.conversation_id == conversation_id,
                messages.c.seq > seq,
                messages.c.author == "customer",
            )
            .order_by(messages.c.seq)
            .limit(1)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _message(row)

    async def asked_last(self, conversation_ids: Collection[str]) -> Mapping[str, Message]:
        """The customer's newest message of each conversation; those without one are left out."""
        newest = (messages.c.conversation_id == conversations.c.id) & (messages.c.seq == conversations.c.asked_seq)
        query = select(messages).join(conversations, newest).where(conversations.c.id.in_(conversation_ids))
        return {row.conversation_id: _message(row) for row in await self._connection.execute(query)}

    async def answered_last(self, conversation_ids: Collection[str]) -> Mapping[str, int]:
        """The number of the newest message that an agent wrote, of each; those without one are left out."""
        query = (
            select(messages.c.conversation_id, func.max(messages.c.seq))
            .where(messages.c.conversation_id.in_(conversation_ids), messages.c.author == "agent")
            .group_by(messages.c.conversation_id)
        )
        return {row[0]: row[1] for row in await self._connection.execute(query)}

    async def search(self, words: str, *, limit: int) -> Sequence[Message]:
        """Messages whose text holds the words, whatever the case of Latin letters; newest first."""
        query = select(messages).where(messages.c.text.icontains(words, autoescape=True))
        newest = query.order_by(messages.c.at.desc(), messages.c.conversation_id, messages.c.seq.desc()).limit(
            limit
        )
        return [_message(row) for row in await self._connection.execute(newest)]

    async def of_customer(self, customer_id: str, *, but: str, before: datetime, limit: int) -> Sequence[Message]:
        """What was said in the customer's talks but one, newest first."""
        mine = select(conversations.c.id).where(
            conversations.c.customer_id == customer_id, conversations.c.id != but
        )
        said = select(messages).where(messages.c.conversation_id.in_(mine), messages.c.at < before)
        newest = said.order_by(messages.c.at.desc(), messages.c.conversation_id, messages.c.seq.desc())
        return [_message(row) for row in await self._connection.execute(newest.limit(limit))]

    async def last_of_bot(self, conversation_id: str, *, before: datetime) -> Message | None:
        """The newest answer of the bot up to that moment."""
        query = (
            select(messages)
            .where(
                messages.c.conversation_id == conversation_id,
                messages.c.author == "bot",
                messages.c.in_reply_to.is_not(None),
                messages.c.at <= before,
            )
            .order_by(messages.c.seq.desc())
            .limit(1)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _message(row)

    async def by_client_id(
        self, conversation_id: str, client_message_id: str, *, author: Author = "customer"
    ) -> Message | None:
        query = select(messages).where(
            messages.c.conversation_id == conversation_id,
            messages.c.author == author,
            messages.c.client_message_id == client_message_id,
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _message(row)

    async def remove_all(self, conversation_id: str) -> None:
        """All that was said; numbers are not given again."""
        await self._connection.execute(delete(messages).where(messages.c.conversation_id == conversation_id))

    async def offers(self, conversation_id: str, value: str) -> str | None:
        """The title under which this choice value was offered lately in the conversation, or None."""
        query = (
            select(messages.c.choices)
            .where(messages.c.conversation_id == conversation_id, messages.c.author != "customer")
            .order_by(messages.c.seq.desc())
            .limit(_OFFERS_REMEMBERED)
        )
        for choices in await self._connection.scalars(query):
            for choice in choices:
                if choice["value"] == value:
                    return str(choice["title"])
        return None
