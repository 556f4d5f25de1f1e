"""What is said in a conversation: taken in once, numbered without gaps, and who may answer it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from aftersales.domain.conversations import Author, Conversation, Message, Owner
from aftersales.domain.errors import Invalid, NotFound
from aftersales.domain.journal import Entry
from aftersales.domain.masking import mask_cards
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

LONGEST_TEXT = 2000
LONGEST_HISTORY = 500
_CLIENT_MESSAGE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_KEPT_CONTROLS = frozenset("\n\t")
_DROPPED = frozenset({"Cc", "Cs"})  # control characters and lone surrogates


def clean_text(text: str) -> str:
    """NFC, without control characters (line feed and tab stay) and lone surrogates, stripped."""
    kept = (c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) not in _DROPPED)
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def check_text(text: str) -> str:
    """The cleaned text without card numbers. Raises Invalid: empty_message, message_too_long (2000 characters)."""
    cleaned = clean_text(text)
    if not cleaned:
        raise Invalid("empty_message")
    if len(cleaned) > LONGEST_TEXT:
        raise Invalid("message_too_long")
    return mask_cards(cleaned)


def typing(conversation: Conversation) -> bool:
    """Whether the bot is about to speak: it owns the talk and has not dealt with all customer messages."""
    return conversation.owner is Owner.BOT and conversation.asked_seq > conversation.answered_seq


async def receive_text(ctx: Context, *, conversation_id: str, client_message_id: str, text: str) -> Message:
    """Stores what the customer wrote; the same client id again gives the stored message.

    Raises Invalid (empty_message, message_too_long, client_message_id) and NotFound.
    """
    cleaned = check_text(text)
    _check_client_message_id(client_message_id)
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        known = await uow.messages.by_client_id(conversation_id, client_message_id)
        return known or await _take_in(ctx, uow, conversation, client_message_id=client_message_id, text=cleaned)


async def receive_choice(ctx: Context, *, conversation_id: str, client_message_id: str, value: str) -> Message:
    """Stores the customer's choice under the title it was offered with; the same client id again: the stored one.

    Raises Invalid("unknown_choice") for a value that was not offered in this conversation, and as receive_text.
    """
    _check_client_message_id(client_message_id)
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        known = await uow.messages.by_client_id(conversation_id, client_message_id)
        if known is not None:
            return known
        title = await uow.messages.offers(conversation_id, value)
        if title is None:
            raise Invalid("unknown_choice")
        return await _take_in(ctx, uow, conversation, client_message_id=client_message_id, text=title, value=value)


async def receive_attachment(
    ctx: Context, *, conversation_id: str, client_message_id: str, attachment_id: str
) -> Message:
    """Stores that the customer sent a file that was stored before; the same client id again: the stored message.

    Raises NotFound for a file of another conversation, and as receive_text.
    """
    _check_client_message_id(client_message_id)
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        known = await uow.messages.by_client_id(conversation_id, client_message_id)
        if known is not None:
            return known
        attachment = await uow.attachments.get(attachment_id)
        if attachment.conversation_id != conversation_id:
            raise NotFound("attachment")
        return await _take_in(
            ctx, uow, conversation, client_message_id=client_message_id, attachment_ids=(attachment_id,)
        )


async def history(
    ctx: Context, *, conversation_id: str, after: int, limit: int = 200
) -> tuple[Sequence[Message], Conversation]:
    """Messages numbered above `after`, in order (500 at most), and the conversation as of just before."""
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
        shown = max(1, min(limit, LONGEST_HISTORY))
        return await uow.messages.after(conversation_id, after, limit=shown), conversation


async def is_answered_before(ctx: Context, *, conversation_id: str, asked: int, written: int) -> bool:
    """Whether the bot's answer to the message `asked` stood in the talk when the message `written` came in.

    What was written while that answer was still being made is numbered before it.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        answer = await uow.messages.by_client_id(conversation_id, answer_id(asked), author="bot")
    return answer is not None and answer.seq < written


def answer_id(seq: int, index: int = 0) -> str:
    """Under which id a part of the bot's answer to a message is stored."""
    return f"re:{seq}:{index}"


async def latest(ctx: Context, ids: Iterable[str]) -> dict[str, int]:
    """The number of each conversation's newest message, in one cheap query; unknown ids are left out."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return dict(await uow.conversations.latest(ids))


async def tell(
    ctx: Context,
    *,
    conversation_id: str,
    response: str,
    parameters: Mapping[str, Any],
    cards: Sequence[dict[str, Any]] = (),
    key: str,
) -> None:
    """Says something to the customer outside a bot turn, whoever owns the talk; once per key.

    `response` is a name in data/responses, in the conversation's language. `key` has 190 characters at most.
    Raises NotFound, and KeyError for an unknown response.
    """
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        await say(ctx, uow, conversation, response=response, parameters=parameters, cards=cards, key=key)


async def say(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    *,
    response: str,
    parameters: Mapping[str, Any],
    cards: Sequence[dict[str, Any]] = (),
    key: str,
) -> Conversation:
    """As tell, in the caller's transaction that holds the lock; gives the conversation as it is now."""
    text = ctx.texts.render(response, conversation.language, **parameters)
    return await _add_once(ctx, uow, conversation, author="bot", text=text, cards=cards, name=f"tell:{key}")


async def write_as_agent(ctx: Context, *, conversation_id: str, text: str, key: str) -> None:
    """A person's own words to the customer; once per key. Raises NotFound, and Invalid as receive_text."""
    async with ctx.unit_of_work() as uow:
        await add_agent_words(ctx, uow, conversation_id=conversation_id, text=text, key=key)


async def add_agent_words(ctx: Context, uow: UnitOfWork, *, conversation_id: str, text: str, key: str) -> None:
    """As write_as_agent, in the caller's transaction."""
    words = check_text(text)
    conversation = await uow.conversations.lock(conversation_id)
    await _add_once(ctx, uow, conversation, author="agent", text=words, name=f"agent:{key}")


async def _add_once(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    *,
    author: Author,
    text: str,
    cards: Sequence[dict[str, Any]] = (),
    name: str,
) -> Conversation:
    if await uow.messages.by_client_id(conversation.id, name, author=author) is not None:
        return conversation
    now = ctx.clock.now()
    message = Message(
        conversation_id=conversation.id,
        seq=conversation.last_seq + 1,
        author=author,
        text=text,
        at=now,
        cards=tuple(cards),
        client_message_id=name,
    )
    await uow.messages.add(message)
    said = replace(conversation, last_seq=message.seq, updated_at=now)
    await uow.conversations.save(said)
    return said


async def set_owner(
    uow: UnitOfWork,
    conversation: Conversation,
    owner: Owner,
    *,
    actor: str,
    trigger: str,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> Conversation:
    """Changes who may answer: raises the epoch, journals, saves; nothing happens when the owner is the same.

    The caller holds the conversation's lock. `actor` is "customer:<id>", "agent:<id>" or "system". What was
    written while another owned the talk was not for the bot: once it is back, that counts as dealt with.
    """
    if owner is conversation.owner:
        return conversation
    answered = conversation.asked_seq if owner is Owner.BOT else conversation.answered_seq
    changed = replace(
        conversation, owner=owner, epoch=conversation.epoch + 1, answered_seq=answered, updated_at=at
    )
    await uow.conversations.save(changed)
    entry = Entry(
        subject="conversation",
        subject_id=conversation.id,
        actor=actor,
        channel=conversation.channel,
        trigger=trigger,
        from_state=conversation.owner.value,
        to_state=owner.value,
        at=at,
        detail=dict(detail or {}),
    )
    await uow.journal.add(entry)
    return changed


def customer_actor(conversation: Conversation) -> str:
    """The customer as the journal names actors; a guest has no id."""
    return f"customer:{conversation.customer_id or 'guest'}"


def _check_client_message_id(client_message_id: str) -> None:
    if _CLIENT_MESSAGE_ID.fullmatch(client_message_id) is None:
        raise Invalid("client_message_id")


async def _take_in(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    *,
    client_message_id: str,
    text: str = "",
    value: str | None = None,
    attachment_ids: tuple[str, ...] = (),
) -> Message:
    now = ctx.clock.now()
    if conversation.owner is Owner.CLOSED:
        conversation = await _reopen(uow, conversation, now=now)
    message = Message(
        conversation_id=conversation.id,
        seq=conversation.last_seq + 1,
        author="customer",
        text=text,
        at=now,
        value=value,
        attachment_ids=attachment_ids,
        client_message_id=client_message_id,
    )
    await uow.messages.add(message)
    await uow.conversations.save(
        replace(conversation, last_seq=message.seq, asked_seq=message.seq, updated_at=now)
    )
    return message


async def _reopen(uow: UnitOfWork, conversation: Conversation, *, now: datetime) -> Conversation:
    """Back to the bot with a new matter; without an open session as a guest: another may sit there now."""
    opened = await set_owner(
        uow, conversation, Owner.BOT, actor=customer_actor(conversation), trigger="reopen", at=now
    )
    signed_in = await uow.sessions.is_open(conversation.id, now=now)
    return replace(opened, matter=opened.matter + 1, customer_id=opened.customer_id if signed_in else None)
