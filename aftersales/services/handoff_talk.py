"""What an agent does in a chat of theirs: writes, notes, gives it back to the bot, closes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from aftersales.domain.accounts import Account
from aftersales.domain.conversations import ChatNote, Choice, Conversation, Owner
from aftersales.domain.errors import Invalid, NotFound
from aftersales.domain.handovers import Handover, Outcome
from aftersales.domain.ids import new_id
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import Said, add_once, check_text, say, set_owner
from aftersales.services.handoff import ask_again, end_handover
from aftersales.services.handoff_access import access_chat, fresh
from aftersales.services.spoken_promises import note_agents_words

# Where the bot can begin when a talk is given back to it; the intents of its choices.
STEPS = (
    "return_item",
    "exchange_item",
    "request_refund",
    "cancel_order",
    "modify_order",
    "file_complaint",
    "check_return_status",
    "check_refund_status",
    "track_order",
)


class CloseReason(StrEnum):
    SOLVED = "solved"
    NO_ANSWER = "no_answer"
    NOT_OURS = "not_ours"
    ABUSE = "abuse"
    OTHER = "other"


async def write(
    ctx: Context,
    account: Account,
    *,
    conversation_id: str,
    text: str,
    key: str,
    attachment_ids: Sequence[str] = (),
) -> None:
    """The agent's words to the customer; once per key. What they promise is noted with them.

    Raises Taken when another has the chat, Conflict when nobody has it any more, NotFound (also for a file of
    another conversation), Invalid as check_text.
    """
    words = "" if attachment_ids and not text.strip() else check_text(text)
    async with ctx.unit_of_work() as uow:
        conversation, _ = await access_chat(uow, account, conversation_id)
        for attachment_id in attachment_ids:
            if (await uow.attachments.get(attachment_id)).conversation_id != conversation_id:
                raise NotFound("attachment")
        said = Said(text=words, attachment_ids=tuple(attachment_ids), sender=account.display_name)
        told = await add_once(ctx, uow, conversation, said, author="agent", name=f"agent:{key}")
        if told.last_seq > conversation.last_seq:
            await note_agents_words(ctx, uow, told, text=words, actor=account.actor)


async def add_note(ctx: Context, account: Account, *, conversation_id: str, text: str, key: str) -> None:
    """What only people at the desk see, whoever has the talk; once per key.

    Raises NotFound, Forbidden, Invalid as check_text.
    """
    words = check_text(text)
    async with ctx.unit_of_work() as uow:
        account = await fresh(uow, account.id)
        await uow.conversations.get(conversation_id)
        note = ChatNote(
            id=new_id(),
            conversation_id=conversation_id,
            key=f"{conversation_id}:{key}",
            author=account.display_name,
            text=words,
            at=ctx.clock.now(),
        )
        await uow.chat_notes.add(note)


async def hand_back(ctx: Context, account: Account, *, conversation_id: str, step: str = "") -> None:
    """The bot has the talk again: at the question where it stood, with all that is filled in, or at one of STEPS.

    Raises Invalid("step"), and as write.
    """
    if step and step not in STEPS:
        raise Invalid("step")
    async with ctx.unit_of_work() as uow:
        conversation, handover = await access_chat(uow, account, conversation_id)
        await give_back(
            ctx, uow, conversation, handover, actor=account.actor, name=account.display_name, step=step
        )


async def give_back(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    handover: Handover,
    *,
    actor: str,
    name: str,
    step: str = "",
) -> None:
    """As hand_back, by whoever has the talk, in the caller's transaction that holds the lock."""
    await end_handover(ctx, uow, handover, Outcome.HANDED_BACK)
    back = await set_owner(
        uow,
        conversation,
        Owner.BOT,
        actor=actor,
        trigger="hand_back",
        at=ctx.clock.now(),
        detail={"step": step},
    )
    told = await say(
        ctx,
        uow,
        _anew(back) if step else back,
        response="utter_handoff_back",
        parameters={"agent": name},
        choices=_offer(ctx, back, step),
        key=f"back:{handover.id}",
    )
    if not step:
        await ask_again(ctx, uow, told, before=handover, key=handover.id)


async def close(ctx: Context, account: Account, *, conversation_id: str, reason: CloseReason) -> None:
    """Ends the talk; what the customer writes next begins a new one with the bot. Raises as write."""
    async with ctx.unit_of_work() as uow:
        conversation, handover = await access_chat(uow, account, conversation_id)
        await end_talk(
            ctx, uow, conversation, handover, actor=account.actor, name=account.display_name, reason=reason
        )


async def end_talk(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    handover: Handover,
    *,
    actor: str,
    name: str,
    reason: CloseReason,
) -> None:
    """As close, by whoever has the talk, in the caller's transaction that holds the lock."""
    await end_handover(ctx, uow, handover, Outcome.CLOSED)
    closed = await set_owner(
        uow,
        conversation,
        Owner.CLOSED,
        actor=actor,
        trigger="close",
        at=ctx.clock.now(),
        detail={"reason": reason.value},
    )
    key = f"closed:{handover.id}"
    await say(ctx, uow, closed, response="utter_handoff_closed", parameters={"agent": name}, key=key)


def _anew(conversation: Conversation) -> Conversation:
    return replace(conversation, matter=conversation.matter + 1)


def _offer(ctx: Context, conversation: Conversation, step: str) -> tuple[Choice, ...]:
    if not step:
        return ()
    return (Choice(ctx.texts.render(f"utter_intent_{step}", conversation.language), f"/{step}"),)
