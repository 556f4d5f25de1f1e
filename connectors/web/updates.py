"""What is new in a conversation since a cursor: the one answer behind long polling and the websocket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

from aftersales.domain.conversations import Conversation, Message, TalkSigns
from aftersales.domain.errors import NotFound
from aftersales.ports import Attachment
from aftersales.services.conversations import history, typing
from aftersales.services.handoff_views import agent_name
from aftersales.services.talk_signs import note_fetched, signs_of
from connectors.web.chat import Chat
from connectors.web.payloads import message_json

PAGE = 200
# A change of owner in another process comes without a message: so often a waiting client looks by itself.
RECHECK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Status:
    """`agent_id` is the account of the person who has the talk; clients are told the name alone."""

    typing: bool
    owner: str
    agent_id: str | None = None


def status_of(conversation: Conversation, *, agent_types: bool = False) -> Status:
    return Status(agent_types or typing(conversation), conversation.owner.value, conversation.agent_id)


@dataclass(frozen=True, slots=True)
class Update:
    """At most PAGE messages, oldest first; `body` is their JSON with the status, `last` the next cursor."""

    body: dict[str, Any]
    status: Status
    last: int
    is_news: bool


async def next_update(
    chat: Chat, conversation_id: str, *, after: int, known: Status | None, wait: float
) -> Update:
    """What came after `after`, as soon as there is something or the status differs from `known`.

    Without news the present state after `wait` seconds. With `known` None only messages count as news.
    """
    deadline = monotonic() + wait
    with chat.live.watch(conversation_id) as watch:
        while True:
            messages, conversation = await history(
                chat.context, conversation_id=conversation_id, after=after, limit=PAGE
            )
            watch.seen = max(conversation.last_seq, watch.seen)
            signs = await signs_of(chat.context, conversation)
            status = status_of(conversation, agent_types=signs.agent_types(chat.context.clock.now()))
            is_news = bool(messages) or (known is not None and status != known)
            remaining = deadline - monotonic()
            if is_news or remaining <= 0 or chat.live.closing:
                return await _update(chat, messages, status, conversation, signs, after=after, is_news=is_news)
            known = known or status
            await watch.wait(min(remaining, RECHECK_SECONDS))


async def _update(
    chat: Chat,
    messages: Sequence[Message],
    status: Status,
    conversation: Conversation,
    signs: TalkSigns,
    *,
    after: int,
    is_news: bool,
) -> Update:
    attachments = await attachments_of(chat, messages)
    body: dict[str, Any] = {
        "messages": [message_json(message, attachments) for message in messages],
        "typing": status.typing,
        "owner": status.owner,
    }
    if status.agent_id is not None:
        body["agent_name"] = await agent_name(chat.context, account_id=status.agent_id)
    last = messages[-1].seq if messages else after
    news = any(message.author != "customer" and message.in_reply_to is None for message in messages)
    seq = min(last, conversation.last_seq)
    await note_fetched(chat.context, conversation, known=signs, seq=seq, news=news)
    return Update(body=body, status=status, last=last, is_news=is_news)


async def attachments_of(chat: Chat, messages: Sequence[Message]) -> Mapping[str, Attachment]:
    """What is known of the files that the messages name; a file that was removed is left out."""
    wanted = {key for message in messages for key in message.attachment_ids}
    found: dict[str, Attachment] = {}
    if not wanted:
        return found
    async with chat.context.unit_of_work(read_only=True) as work:
        for key in wanted:
            with suppress(NotFound):
                found[key] = await work.attachments.get(key)
    return found
