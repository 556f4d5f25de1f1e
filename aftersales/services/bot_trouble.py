"""What the customer of a silent bot gets: a word after 30 seconds, a person or a dated case after 3 minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.conversations import Conversation, Message
from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.ports import UnitOfWork
from aftersales.services.cases import add_case
from aftersales.services.context import Context
from aftersales.services.conversations import say, tell, typing
from aftersales.services.handoff import hand_over, somebody_comes
from aftersales.services.moves import WORKER

NOTICE_AFTER = timedelta(seconds=30)
HAND_OVER_AFTER = timedelta(minutes=3)
_REASON = "bot_failure"
_LONGEST_SUMMARY = 2000


async def bear_with(ctx: Context, conversation: Conversation, message: Message) -> None:
    """Called after the bot failed to answer `message`, counted from when it was written; each is said once.

    With the case the message counts as dealt with: the customer is handed over once, and their next message is
    for the bot again.
    """
    waited = ctx.clock.now() - message.at
    if waited > HAND_OVER_AFTER:
        await _hand_over(ctx, conversation, message)
    elif waited > NOTICE_AFTER:
        await tell(
            ctx,
            conversation_id=conversation.id,
            response="utter_session_bot_trouble",
            parameters={},
            key=f"trouble:{message.seq}",
        )


async def _hand_over(ctx: Context, conversation: Conversation, message: Message) -> None:
    """In one transaction; nothing when the talk changed hands or the message was answered meanwhile."""
    async with ctx.unit_of_work() as uow:
        current = await uow.conversations.lock(conversation.id)
        if not typing(current) or current.epoch != conversation.epoch:
            return
        if current.answered_seq >= message.seq:
            return
        if await somebody_comes(ctx, uow, current):
            wish = HandoverWish(HandoverReason.BOT_FAILURE)
            await hand_over(ctx, uow, current, wish, by=WORKER, key=f"{_REASON}:{current.id}:{message.seq}")
            return
        case = await _case(ctx, uow, current, message)
        promised = case.promised_by.astimezone(ctx.zone)
        told = await say(
            ctx,
            uow,
            current,
            response="utter_session_bot_failed",
            parameters={"number": case.number, "promised": f"{promised:%Y-%m-%d %H:%M}"},
            key=f"failed:{message.seq}",
        )
        await uow.conversations.save(replace(told, answered_seq=told.asked_seq))


async def _case(ctx: Context, uow: UnitOfWork, current: Conversation, message: Message) -> Case:
    """The conversation's open case of this kind, or a new one with all that is unanswered."""
    for case in await uow.cases.open_of(current.id):
        if case.reason == _REASON:
            return case
    since = await uow.messages.after(current.id, current.answered_seq)
    words = "\n".join(told.text for told in since if told.author == "customer")
    return await add_case(
        ctx,
        uow,
        conversation_id=current.id,
        customer_id=current.customer_id,
        kind=CaseKind.HANDOVER,
        reason=_REASON,
        summary=words[:_LONGEST_SUMMARY],
        key=f"{_REASON}:{current.id}:{message.seq}",
        promise=ctx.promise,
    )
