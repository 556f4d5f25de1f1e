"""What customers say, taken in once and in order, whoever owns the talk."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from aftersales.domain.conversations import WEBSITE, Conversation, Message, Owner
from aftersales.domain.errors import Invalid, NotFound
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import check_text, customer_actor, set_owner
from aftersales.services.handoff import hear_while_waiting, out_of_queue

_CLIENT_MESSAGE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


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
        if conversation.owner is Owner.BOT:
            value = out_of_queue(value)
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
    heard = replace(conversation, last_seq=message.seq, asked_seq=message.seq, updated_at=now)
    await uow.conversations.save(heard)
    await uow.outside.wake(heard.id, at=now)
    if heard.owner is Owner.WAITING:
        await hear_while_waiting(ctx, uow, heard, message)
    return message


async def _reopen(uow: UnitOfWork, conversation: Conversation, *, now: datetime) -> Conversation:
    """Back to the bot with a new matter; without an open session as a guest: another may sit there now."""
    opened = await set_owner(
        uow, conversation, Owner.BOT, actor=customer_actor(conversation), trigger="reopen", at=now
    )
    return replace(opened, matter=opened.matter + 1, customer_id=await _still_known(uow, opened, now=now))


async def _still_known(uow: UnitOfWork, conversation: Conversation, *, now: datetime) -> str | None:
    if conversation.channel != WEBSITE:
        thread = await uow.threads.of_conversation(conversation.id)
        return thread.customer_id if thread is not None else None
    return conversation.customer_id if await uow.sessions.is_open(conversation.id, now=now) else None
