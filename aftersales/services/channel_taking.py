"""What customers do in messaging apps, taken into their conversations: once, and in order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aftersales.domain.channel_pieces import chosen, numbered, place_of
from aftersales.domain.channels import PushKind
from aftersales.domain.conversations import Choice, Conversation, Message
from aftersales.domain.errors import Conflict, Invalid
from aftersales.domain.texts import LANGUAGES, Language
from aftersales.domain.threads import UNLIMITED, Thread
from aftersales.ports import Channel, StoredPush, UnitOfWork
from aftersales.services.attachments import store_attachment
from aftersales.services.channel_leaving import leave
from aftersales.services.channel_outcomes import note_outcome
from aftersales.services.context import Context
from aftersales.services.conversations import LONGEST_TEXT, clean_text, say
from aftersales.services.linking import heed_link
from aftersales.services.receiving import receive_attachment, receive_choice, receive_text
from aftersales.services.sessions import begin_in_thread

_OFFERED = ("return_item", "check_return_status", "list_orders", "talk_to_human")
_UNSEEN = (PushKind.CONSENT, PushKind.FETCH, PushKind.OUTCOME, PushKind.ENTER)  # no words of the customer
_LOOKED_BACK = 30  # messages, for the question that a number answers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where pushes are taken in: the app, and the folder of the attachments."""

    channel: Channel
    folder: Path


async def take_in(ctx: Context, desk: Desk, thread: Thread, stored: StoredPush) -> Thread | None:
    """Does what a push is about, and marks it done; the thread as it is now, None once the customer has left.

    A push that was taken in before, by a worker that did not live to say so, does nothing twice.
    Raises Unavailable when a file cannot be fetched just now.
    """
    push = stored.push
    current = thread
    if push.kind is PushKind.LEAVE:
        await leave(ctx, thread, stored, folder=desk.folder)
        return None
    if push.kind is PushKind.OUTCOME:
        await note_outcome(ctx, thread, push.body)
    elif push.kind not in (PushKind.CONSENT, PushKind.FETCH):
        current = await _hear(ctx, desk, thread, stored)
    async with ctx.unit_of_work() as uow:
        await uow.pushes.done(stored.id, at=ctx.clock.now())
    return current


async def give_up(ctx: Context, thread: Thread, stored: StoredPush) -> Thread:
    """Marks done what fails whenever it is tried, and tells the customer of it, once."""
    kind = stored.push.kind
    logger.error("push given up: channel %s, %s, number %d", thread.sender.channel, kind.value, stored.id)
    async with ctx.unit_of_work() as uow:
        current = await uow.threads.get(thread.id)
        if current.conversation_id is not None and kind not in _UNSEEN:
            conversation = await uow.conversations.lock(current.conversation_id)
            response = "utter_channel_file" if kind is PushKind.FILE else "utter_channel_unreadable"
            await say(ctx, uow, conversation, response=response, parameters={}, key=f"push:{stored.id}")
        await uow.pushes.done(stored.id, at=ctx.clock.now())
    return current


async def _hear(ctx: Context, desk: Desk, thread: Thread, stored: StoredPush) -> Thread:
    """Whoever does something is there, and may be written to as far as the app allows for it."""
    push = stored.push
    async with ctx.unit_of_work() as uow:
        conversation_id = await _conversation_of(ctx, uow, thread, language=push.body.get("language"))
        allowance = UNLIMITED
        if desk.channel.manners.limited:
            allowance = thread.allowance.renewed(push.grant, at=min(push.sent_at, ctx.clock.now()))
        heard = await uow.threads.note(thread.id, conversation_id=conversation_id, allowance=allowance, gone=False)
    name = f"push:{stored.id}"
    if push.kind is PushKind.FILE:
        await _take_file(ctx, desk, heard, stored, name=name)
    elif push.kind is PushKind.CHOICE:
        await _take_choice(ctx, heard, stored, name=name)
    elif push.kind is PushKind.ENTER:
        await _welcome(ctx, conversation_id, key=name)
    else:
        await _take_text(ctx, desk, heard, stored, name=name)
    return heard


async def _conversation_of(ctx: Context, uow: UnitOfWork, thread: Thread, *, language: object) -> str:
    """The thread's conversation, which lasts as long as the thread does."""
    current = await uow.threads.get(thread.id)
    if current.conversation_id is not None:
        return current.conversation_id
    spoken: Language | None = next((known for known in LANGUAGES if known == language), None)
    return await begin_in_thread(
        ctx, uow, channel=thread.sender.channel, language=spoken, customer_id=current.customer_id
    )


async def _take_text(ctx: Context, desk: Desk, thread: Thread, stored: StoredPush, *, name: str) -> None:
    conversation_id = thread.conversation_id or ""
    text = clean_text(str(stored.push.body.get("text") or ""))
    if not text:
        response = "utter_channel_voice" if stored.push.kind is PushKind.VOICE else "utter_channel_unreadable"
        await _tell(ctx, conversation_id, response, key=name)
        return
    if await heed_link(ctx, thread, text, key=name):
        return
    if await _is_stored(ctx, conversation_id, name):
        return
    if not await _is_stored(ctx, conversation_id, f"{name}:0"):  # else it counted as words before
        typed = await _typed_choice(ctx, desk, conversation_id, text)
        if typed is not None and await _choose(ctx, conversation_id, typed.value, name=name):
            return
    for part in range(0, len(text), LONGEST_TEXT):
        words = text[part : part + LONGEST_TEXT].strip()
        if words:
            await receive_text(
                ctx, conversation_id=conversation_id, client_message_id=f"{name}:{part}", text=words
            )


async def _take_choice(ctx: Context, thread: Thread, stored: StoredPush, *, name: str) -> None:
    """What was clicked; where it is not known any more, its words count."""
    body, conversation_id = stored.push.body, thread.conversation_id or ""
    place = place_of(str(body.get("choice") or ""))
    if place is not None:
        seq, index = place
        async with ctx.unit_of_work(read_only=True) as uow:
            messages = await uow.messages.after(conversation_id, seq - 1, limit=1)
        choices = messages[0].choices if messages and messages[0].seq == seq else ()
        if index < len(choices) and await _choose(ctx, conversation_id, choices[index].value, name=name):
            return
    text = clean_text(str(body.get("text") or ""))[:LONGEST_TEXT]
    if not text:
        await _tell(ctx, conversation_id, "utter_channel_unreadable", key=name)
        return
    await receive_text(ctx, conversation_id=conversation_id, client_message_id=name, text=text)


async def _choose(ctx: Context, conversation_id: str, value: str, *, name: str) -> bool:
    """False for a choice that is no longer on offer."""
    try:
        await receive_choice(ctx, conversation_id=conversation_id, client_message_id=name, value=value)
    except Invalid:
        return False
    return True


async def _typed_choice(ctx: Context, desk: Desk, conversation_id: str, text: str) -> Choice | None:
    """The choice that these words name, of the question that was asked last."""
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
        recent = await uow.messages.after(conversation_id, conversation.last_seq - _LOOKED_BACK)
    asked = _asked_last(recent)
    if asked is None:
        return None
    return chosen(text, asked.choices, by_number=numbered(asked.choices, desk.channel.manners))


def _asked_last(messages: Sequence[Message]) -> Message | None:
    """The newest message with choices, unless the customer has answered since."""
    for message in reversed(messages):
        if message.author == "customer":
            return None
        if message.choices:
            return message
    return None


async def _take_file(ctx: Context, desk: Desk, thread: Thread, stored: StoredPush, *, name: str) -> None:
    """Fetches the file at once, since apps keep it for a few days only. What we do not take, we say."""
    conversation_id, body = thread.conversation_id or "", stored.push.body
    if await _is_stored(ctx, conversation_id, name):
        return
    try:
        file = await desk.channel.fetch(thread.sender.account, str(body.get("media") or ""))
        attachment = await store_attachment(
            ctx,
            folder=desk.folder,
            conversation_id=conversation_id,
            name=file.name or str(body.get("name") or ""),
            content=file.content,
        )
    except (Invalid, Conflict):
        await _tell(ctx, conversation_id, "utter_channel_file", key=name)
        return
    await receive_attachment(
        ctx, conversation_id=conversation_id, client_message_id=name, attachment_id=attachment.id
    )


async def _is_stored(ctx: Context, conversation_id: str, name: str) -> bool:
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.messages.by_client_id(conversation_id, name) is not None


async def _welcome(ctx: Context, conversation_id: str, *, key: str) -> None:
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        offered = [_offer(ctx, conversation, intent) for intent in _OFFERED]
        welcome = "utter_channel_welcome"
        await say(ctx, uow, conversation, response=welcome, parameters={}, choices=offered, key=key)


def _offer(ctx: Context, conversation: Conversation, intent: str) -> Choice:
    return Choice(ctx.texts.render(f"utter_intent_{intent}", conversation.language), f"/{intent}")


async def _tell(ctx: Context, conversation_id: str, response: str, *, key: str) -> None:
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        await say(ctx, uow, conversation, response=response, parameters={}, key=key)
