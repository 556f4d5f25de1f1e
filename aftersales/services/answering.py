"""Asks the bot what to say to the customer's messages: in order, once each, and never over a person's head."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from aftersales.domain.conversations import Answer, Conversation, Message, Owner, Turn
from aftersales.domain.errors import Unavailable
from aftersales.domain.ids import new_id
from aftersales.ports import Bot, UnitOfWork
from aftersales.services.bot_trouble import bear_with
from aftersales.services.context import Context
from aftersales.services.conversations import (
    answer_id,
    clean_text,
    customer_actor,
    note_in_talk,
    typing,
    wake_thread,
)
from aftersales.services.handoff import hand_over
from aftersales.services.moves import By

RETRIES = (0.5, 1.0, 2.0, 4.0)  # seconds before each further try
PATIENCE = 20.0  # seconds for all tries of one message together
LEASE = timedelta(seconds=25)  # longer than PATIENCE, so that nobody else begins meanwhile
_ORPHANS_AT_ONCE = 50
_ORPHANS_SIDE_BY_SIDE = 8

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Pending:
    """The next unanswered message, with the conversation as it stood when the bot was asked."""

    conversation: Conversation
    message: Message

    @property
    def turn(self) -> Turn:
        kind, text = _kind_and_text(self.message)
        return Turn(
            session=self.conversation.bot_session,
            message_id=f"{self.conversation.id}:{self.message.seq}",
            kind=kind,
            text=text,
            language=self.conversation.language,
            language_fixed=self.conversation.language_fixed,
        )


async def answer_pending(
    ctx: Context, bot: Bot, *, conversation_id: str, retries: Sequence[float] = RETRIES
) -> int:
    """Lets the bot answer what the customer wrote, one message after the other; how many were dealt with.

    Does nothing while a person owns the talk, or while another process holds the conversation's lease. A bot that
    does not answer is asked again after each of `retries` (seconds), then the message stays for the worker; see
    services.bot_trouble for what the customer is told. Raises NotFound for an unknown conversation.
    """
    holder = new_id()
    answered = 0
    try:
        while pending := await _take_next(ctx, conversation_id, holder=holder):
            answer = await _ask(bot, pending.turn, retries=retries)
            if answer is None:
                await bear_with(ctx, pending.conversation, pending.message)
                return answered
            if not await _store(ctx, pending, answer):
                return answered
            answered += 1
        return answered
    finally:
        async with ctx.unit_of_work() as uow:
            await uow.conversations.release_lease(conversation_id, by=holder)


async def answer_orphans(ctx: Context, bot: Bot, *, older_than: timedelta = timedelta(seconds=5)) -> int:
    """Answers messages that a process left behind, stalest first; for the worker, every few seconds.

    Each is tried once per call. While the bot is down nobody waits for it: the customers are told, and after a
    while handed over. One conversation's failure does not keep the others waiting. Returns how many messages
    were answered.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        before = ctx.clock.now() - older_than
        ids = await uow.conversations.unanswered(before=before, limit=_ORPHANS_AT_ONCE)
    if not ids:
        return 0
    asked = bot if await _is_up(bot) else _DownBot()
    gate = asyncio.Semaphore(_ORPHANS_SIDE_BY_SIDE)

    async def answer_one(conversation_id: str) -> int:
        async with gate:
            try:
                return await answer_pending(ctx, asked, conversation_id=conversation_id, retries=())
            except Exception as error:  # the type alone: messages may hold what the customer wrote
                logger.error("orphan left: conversation %s, %s", conversation_id, type(error).__name__)
                return 0

    return sum(await asyncio.gather(*(answer_one(conversation_id) for conversation_id in ids)))


class _DownBot:
    async def answer(self, turn: Turn) -> Answer:
        raise Unavailable(turn.message_id)

    async def health(self) -> None:
        raise Unavailable("bot")


async def _is_up(bot: Bot) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await bot.health()
    except (Unavailable, TimeoutError):
        return False
    return True


def _kind_and_text(message: Message) -> tuple[Literal["text", "choice", "attachment"], str]:
    if message.value is not None:
        return "choice", message.value
    if message.attachment_ids:
        return "attachment", message.attachment_ids[0]
    return "text", message.text


async def _take_next(ctx: Context, conversation_id: str, *, holder: str) -> _Pending | None:
    """The next message to answer, under our lease.

    Lease and look are one transaction under the lock that messages are taken in with: whoever finds the lease held
    may leave, because the holder looks again before letting go.
    """
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        now = ctx.clock.now()
        if not typing(conversation):
            await uow.conversations.release_lease(conversation_id, by=holder)
            return None
        if not await uow.conversations.take_lease(conversation_id, by=holder, now=now, until=now + LEASE):
            return None
        message = await uow.messages.next_of_customer(conversation_id, conversation.answered_seq)
        return None if message is None else _Pending(conversation, message)


async def _ask(bot: Bot, turn: Turn, *, retries: Sequence[float]) -> Answer | None:
    """The bot's answer, or None when it has none to give in time. Outside any transaction."""
    try:
        async with asyncio.timeout(PATIENCE):
            for pause in (0.0, *retries):
                await asyncio.sleep(pause)
                try:
                    return await bot.answer(turn)
                except Unavailable:
                    continue
    except TimeoutError:
        logger.warning("bot too slow: message %s", turn.message_id)
    except Exception as error:  # a bot that fails in its own way must not leave the customer without anybody
        logger.error("bot failed: message %s, %s", turn.message_id, type(error).__name__)
    return None


async def _store(ctx: Context, pending: _Pending, answer: Answer) -> bool:
    """Shows the answer if nothing changed meanwhile; whether it did.

    Where the bot wants a person for the customer, the talk is handed over instead of answered. After a change of
    owner the answer is kept as a draft for whoever has the talk now. When another process has
    answered the message already, nothing is left to do.
    """
    async with ctx.unit_of_work() as uow:
        current = await uow.conversations.lock(pending.conversation.id)
        seq = pending.message.seq
        if current.epoch != pending.conversation.epoch or current.owner is not Owner.BOT:
            await _keep_draft(ctx, uow, current, seq=seq, answer=answer)
            return False
        if current.answered_seq != pending.conversation.answered_seq:
            return False
        await _show(ctx, uow, current, seq=seq, answer=answer)
        return True


async def _show(ctx: Context, uow: UnitOfWork, current: Conversation, *, seq: int, answer: Answer) -> None:
    now = ctx.clock.now()
    replies = answer.shown
    for index, reply in enumerate(replies):
        message = Message(
            conversation_id=current.id,
            seq=current.last_seq + 1 + index,
            author="bot",
            text=clean_text(reply.text),
            at=now,
            choices=reply.choices,
            cards=reply.cards,
            client_message_id=answer_id(seq, index),
            in_reply_to=seq,
        )
        await uow.messages.add(message)
    dealt_with = replace(
        current,
        last_seq=current.last_seq + len(replies),
        answered_seq=seq,
        language=answer.language,
        language_fixed=answer.language_fixed,
        matter=current.matter + (1 if answer.matter_done else 0),
        updated_at=now,
    )
    await uow.conversations.save(dealt_with)
    await wake_thread(ctx, uow, dealt_with)
    if answer.wish:
        by = By(customer_actor(current), current.channel)
        await hand_over(ctx, uow, dealt_with, answer.wish, by=by, key=f"handoff:{current.id}:{seq}")


async def _keep_draft(ctx: Context, uow: UnitOfWork, current: Conversation, *, seq: int, answer: Answer) -> None:
    detail = {"in_reply_to": seq, "texts": [reply.text for reply in answer.replies]}
    await note_in_talk(ctx, uow, current, actor="system", trigger="draft", detail=detail)
