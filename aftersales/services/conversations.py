"""What is said in a conversation: numbered without gaps, said once, and who may answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aftersales.domain.conversations import WEBSITE, Author, Choice, Conversation, Message, Owner
from aftersales.domain.errors import Invalid
from aftersales.domain.journal import Entry
from aftersales.domain.masking import mask_cards
from aftersales.ports import UnitOfWork
from aftersales.services.arrivals import see_to_agents_words
from aftersales.services.context import Context

LONGEST_TEXT = 2000
LONGEST_HISTORY = 500
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
    choices: Sequence[Choice] = (),
    key: str,
) -> Conversation:
    """As tell, in the caller's transaction that holds the lock; gives the conversation as it is now."""
    text = ctx.texts.render(response, conversation.language, **parameters)
    said = Said(text=text, cards=tuple(cards), choices=tuple(choices))
    return await add_once(ctx, uow, conversation, said, author="bot", name=f"tell:{key}")


async def write_as_agent(ctx: Context, *, conversation_id: str, text: str, key: str) -> None:
    """A person's own words to the customer; once per key. Raises NotFound, and Invalid as receive_text."""
    async with ctx.unit_of_work() as uow:
        await add_agent_words(ctx, uow, conversation_id=conversation_id, text=text, key=key)


async def add_agent_words(
    ctx: Context, uow: UnitOfWork, *, conversation_id: str, text: str, key: str
) -> Conversation:
    """As write_as_agent, in the caller's transaction; gives the conversation as it is now."""
    words = check_text(text)
    conversation = await uow.conversations.lock(conversation_id)
    return await add_once(ctx, uow, conversation, Said(text=words), author="agent", name=f"agent:{key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody other than the customer says; see Message."""

    text: str
    cards: tuple[dict[str, Any], ...] = ()
    choices: tuple[Choice, ...] = ()
    attachment_ids: tuple[str, ...] = ()
    sender: str | None = None


async def add_once(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, said: Said, *, author: Author, name: str
) -> Conversation:
    """Adds a message unless one of this name is there; gives the conversation as it is now.

    The caller holds the lock. `name` has 200 characters at most.
    """
    if await uow.messages.by_client_id(conversation.id, name, author=author) is not None:
        return conversation
    now = ctx.clock.now()
    message = Message(
        conversation_id=conversation.id,
        seq=conversation.last_seq + 1,
        author=author,
        text=said.text,
        at=now,
        choices=said.choices,
        cards=said.cards,
        attachment_ids=said.attachment_ids,
        client_message_id=name,
        sender=said.sender,
    )
    await uow.messages.add(message)
    told = replace(conversation, last_seq=message.seq, updated_at=now)
    await uow.conversations.save(told)
    await wake_thread(ctx, uow, told)
    if author == "agent":
        await see_to_agents_words(ctx, uow, told)
    return told


async def wake_thread(ctx: Context, uow: UnitOfWork, conversation: Conversation) -> None:
    """What was said is to be sent, where the customer is in a messaging app."""
    if conversation.channel != WEBSITE:
        await uow.threads.wake(conversation.id, at=ctx.clock.now())


async def set_owner(
    uow: UnitOfWork,
    conversation: Conversation,
    owner: Owner,
    *,
    actor: str,
    trigger: str,
    at: datetime,
    agent_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Conversation:
    """Changes who may answer: raises the epoch, journals, saves; nothing happens when the owner is the same.

    `agent_id` is the account of the person, for Owner.HUMAN. The caller holds the conversation's lock. `actor` is
    "customer:<id>", "agent:<id>" or "system". What was written while another owned the talk was not for the bot:
    once it is back, that counts as dealt with.
    """
    if (owner, agent_id) == (conversation.owner, conversation.agent_id):
        return conversation
    answered = conversation.asked_seq if owner is Owner.BOT else conversation.answered_seq
    changed = replace(
        conversation,
        owner=owner,
        agent_id=agent_id,
        epoch=conversation.epoch + 1,
        answered_seq=answered,
        updated_at=at,
    )
    await uow.conversations.save(changed)
    await _journal(uow, conversation, owner, actor=actor, trigger=trigger, at=at, detail=detail)
    return changed


async def note_in_talk(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    *,
    actor: str,
    trigger: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Journals something that happened in a talk and left its owner as it was; `actor` as in set_owner."""
    at = ctx.clock.now()
    await _journal(uow, conversation, conversation.owner, actor=actor, trigger=trigger, at=at, detail=detail)


async def _journal(
    uow: UnitOfWork,
    conversation: Conversation,
    owner: Owner,
    *,
    actor: str,
    trigger: str,
    at: datetime,
    detail: Mapping[str, Any] | None,
) -> None:
    """From the conversation's owner as it is to `owner`."""
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


def customer_actor(conversation: Conversation) -> str:
    """The customer as the journal names actors; a guest has no id."""
    return f"customer:{conversation.customer_id or 'guest'}"
