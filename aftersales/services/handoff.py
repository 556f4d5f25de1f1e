"""Wanting a person: the queue where somebody is at the desk, a dated case where nobody is, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.conversations import Choice, Conversation, Message, Owner
from aftersales.domain.errors import ProviderRejected, Unavailable
from aftersales.domain.handovers import (
    HANDOVER_MACHINE,
    Handover,
    HandoverReason,
    HandoverTrigger,
    HandoverWish,
    Outcome,
    ranked_at,
)
from aftersales.domain.ids import new_id
from aftersales.domain.machine import advance
from aftersales.domain.outside import OutsideTalk
from aftersales.domain.seats import Seat
from aftersales.domain.texts import Language
from aftersales.ports import UnitOfWork
from aftersales.services.cases import add_case
from aftersales.services.context import Context
from aftersales.services.conversations import Said, add_once, customer_actor, say, set_owner
from aftersales.services.handoff_places import place_of
from aftersales.services.moves import WORKER, By

# What a customer in the queue may choose: the values of the choices, their titles, and what comes of them.
_CHOICES = {
    "handoff:bot": Outcome.BOT,
    "handoff:later": Outcome.LATER,
    "handoff:callback": Outcome.CALLBACK,
}
_TITLES = {
    "handoff:bot": "utter_handoff_choice_bot",
    "handoff:later": "utter_handoff_choice_later",
    "handoff:callback": "utter_handoff_choice_callback",
}
# For whoever comes next, and for everybody behind.
_QUEUED = ("utter_handoff_waiting_next", "utter_handoff_waiting_place")
_STILL_QUEUED = ("utter_handoff_still_waiting_next", "utter_handoff_still_waiting_place")
_ELSEWHERE = {_QUEUED: "utter_handoff_waiting_elsewhere", _STILL_QUEUED: "utter_handoff_still_waiting_elsewhere"}
_TOLD_AGAIN_AFTER = timedelta(minutes=1)
_LONGEST_SUMMARY = 2000


async def is_staffed(ctx: Context, *, language: Language, topic: str = "") -> bool:
    """Whether somebody at the desk takes new chats in this language about this matter.

    A desk elsewhere that does not answer counts as empty.
    """
    if ctx.desk is not None:
        try:
            return await ctx.desk.is_open()
        except (Unavailable, ProviderRejected):
            return False
    async with ctx.unit_of_work(read_only=True) as uow:
        return _is_taken(ctx, await uow.seats.all(), language=language, topic=topic)


async def somebody_comes(ctx: Context, uow: UnitOfWork, conversation: Conversation, *, topic: str = "") -> bool:
    """As is_staffed, for a conversation. A desk elsewhere is not asked while a lock is held: see outside_talks."""
    return ctx.desk is not None or _is_taken(
        ctx, await uow.seats.all(), language=conversation.language, topic=topic
    )


async def hand_over(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, wish: HandoverWish, *, by: By, key: str
) -> Conversation:
    """Gives the talk to people: into the queue, or to a dated case where nobody is there. The customer is told.

    The caller holds the conversation's lock. Nothing happens unless the bot owns it. `key` names the wish: its
    case is filed once.
    """
    if conversation.owner is not Owner.BOT:
        return conversation
    if not await somebody_comes(ctx, uow, conversation, topic=wish.topic):
        return await file_for_later(ctx, uow, conversation, reason=wish.reason.value, key=key)
    wish = replace(wish, reason=await _reason(ctx, uow, conversation, wish))
    handover = await open_handover(ctx, uow, conversation, wish)
    if ctx.desk is not None:
        await uow.outside.add(_outside_talk(handover, conversation))
    waiting = await set_owner(
        uow,
        conversation,
        Owner.WAITING,
        actor=by.actor,
        trigger="hand_over",
        at=handover.requested_at,
        detail={"reason": wish.reason.value},
    )
    return await _tell_place(ctx, uow, waiting, handover, responses=_QUEUED)


def _outside_talk(handover: Handover, conversation: Conversation) -> OutsideTalk:
    """All that was said so far goes there with the note."""
    return OutsideTalk(
        handover_id=handover.id,
        conversation_id=conversation.id,
        sent_seq=conversation.last_seq,
        due_at=handover.requested_at,
    )


async def open_handover(ctx: Context, uow: UnitOfWork, conversation: Conversation, wish: HandoverWish) -> Handover:
    """The hand-over alone, waiting; whose the conversation is stays as it was."""
    now = ctx.clock.now()
    handover = Handover(
        id=new_id(),
        conversation_id=conversation.id,
        reason=wish.reason,
        language=conversation.language,
        topic=wish.topic,
        vip=wish.vip,
        about=wish.about,
        requested_at=now,
        ranked_at=ranked_at(now, wish.reason, vip=wish.vip),
        told_at=now,
    )
    await uow.handovers.add(handover)
    return handover


async def hear_while_waiting(ctx: Context, uow: UnitOfWork, conversation: Conversation, message: Message) -> None:
    """What a customer in the queue says: a choice to leave it, or words for the agent, answered with their place.

    In the caller's transaction, which holds the lock and has stored the message.
    """
    handover = await uow.handovers.current(conversation.id)
    outcome = _CHOICES.get(message.value or "")
    if outcome is not None:
        await leave_queue(ctx, uow, conversation, handover, outcome, by=By(customer_actor(conversation), "chat"))
    elif ctx.clock.now() - handover.told_at >= _TOLD_AGAIN_AFTER:
        await _tell_place(ctx, uow, conversation, handover, responses=_STILL_QUEUED)


def out_of_queue(value: str) -> str:
    """What a choice of the queue means once the bot has the talk again; any other choice stays what it is."""
    outcome = _CHOICES.get(value)
    if outcome is None:
        return value
    return "/help" if outcome is Outcome.BOT else "/talk_to_human"


async def leave_queue(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, handover: Handover, outcome: Outcome, *, by: By
) -> Conversation:
    """Ends a hand-over that nobody has taken: back to the bot, with a dated case unless the bot was wanted.

    The caller holds the conversation's lock. Raises Conflict when it has ended.
    """
    handover = await end_handover(ctx, uow, handover, outcome)
    back = await set_owner(
        uow,
        conversation,
        Owner.BOT,
        actor=by.actor,
        trigger="leave_queue",
        at=ctx.clock.now(),
        detail={"outcome": outcome.value},
    )
    if outcome is not Outcome.BOT:
        return await file_for_later(
            ctx, uow, back, reason=handover.reason.value, key=f"handover:{handover.id}", wish=_WISHES[outcome]
        )
    told = await say(ctx, uow, back, response="utter_handoff_bot_again", parameters={}, key=f"bot:{handover.id}")
    return await ask_again(ctx, uow, told, before=handover, key=handover.id)


async def leave_people(ctx: Context, uow: UnitOfWork, conversation: Conversation) -> None:
    """The customer signs out: nobody waits or answers here any more.

    Whoever is known and still waited finds a dated case later. The caller holds the conversation's lock and
    changes its owner. Harmless where people have nothing to do with it.
    """
    if conversation.owner not in (Owner.WAITING, Owner.HUMAN):
        return
    handover = await uow.handovers.current(conversation.id)
    await end_handover(ctx, uow, handover, Outcome.LEFT)
    if conversation.owner is Owner.WAITING and conversation.customer_id is not None:
        key = f"handover:{handover.id}"
        await _file(ctx, uow, conversation, reason=handover.reason.value, key=key, wish="")


_WISHES = {Outcome.LATER: "", Outcome.CALLBACK: "callback", Outcome.UNMANNED: ""}


async def end_handover(ctx: Context, uow: UnitOfWork, handover: Handover, outcome: Outcome) -> Handover:
    """Raises Conflict when it has ended already."""
    state = advance(HANDOVER_MACHINE, handover.state, HandoverTrigger.END)
    now = ctx.clock.now()
    ended = replace(handover, state=state, ended_at=now, outcome=outcome)
    await uow.handovers.save(ended)
    await uow.outside.wake(handover.conversation_id, at=now)
    return ended


async def ask_again(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, *, before: Handover, key: str
) -> Conversation:
    """Repeats what the bot had said last before the hand-over, with its choices."""
    asked = await uow.messages.last_of_bot(conversation.id, before=before.requested_at)
    if asked is None:
        return conversation
    said = Said(text=asked.text, choices=asked.choices)
    return await add_once(ctx, uow, conversation, said, author="bot", name=f"again:{key}")


async def file_for_later(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, *, reason: str, key: str, wish: str = ""
) -> Conversation:
    """A case with the time of the answer, told to the customer; one that waits already is told again."""
    open_ones = await uow.cases.open_of(conversation.id)
    known = next((case for case in open_ones if case.kind is CaseKind.HANDOVER), None)
    case = known or await _file(ctx, uow, conversation, reason=reason, key=key, wish=wish)
    responses = {"": "utter_handoff_filed", "callback": "utter_handoff_callback"}
    response = "utter_handoff_filed_already" if known else responses[wish]
    promised = f"{case.promised_by.astimezone(ctx.zone):%Y-%m-%d %H:%M}"
    parameters = {"number": case.number, "promised": promised}
    return await say(ctx, uow, conversation, response=response, parameters=parameters, key=f"filed:{key}")


async def _file(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, *, reason: str, key: str, wish: str
) -> Case:
    since = await uow.messages.after(conversation.id, max(0, conversation.asked_seq - 30))
    words = "\n".join(told.text for told in since if told.author == "customer" and told.value is None)
    return await add_case(
        ctx,
        uow,
        by=WORKER,
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        kind=CaseKind.HANDOVER,
        reason=reason,
        summary=words[-_LONGEST_SUMMARY:],
        key=key,
        promise=ctx.promise,
        wish=wish,
    )


async def _reason(ctx: Context, uow: UnitOfWork, conversation: Conversation, wish: HandoverWish) -> HandoverReason:
    """Who asks for a person right after a verdict wants an exception from it, or what only people may grant."""
    if wish.reason is not HandoverReason.REQUESTED:
        return wish.reason
    last = await uow.messages.last_of_bot(conversation.id, before=ctx.clock.now())
    verdict = next((card for card in last.cards if card.get("type") == "verdict"), None) if last else None
    if verdict is None:
        return wish.reason
    if not verdict.get("allowed"):
        return HandoverReason.EXCEPTION
    return HandoverReason.LIMIT if verdict.get("needs_review") else wish.reason


def _is_taken(ctx: Context, seats: Sequence[Seat], *, language: Language, topic: str) -> bool:
    now = ctx.clock.now()
    return any(seat.takes_new(now) and seat.speaks(language, topic=topic) for seat in seats)


async def _tell_place(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, handover: Handover, *, responses: tuple[str, str]
) -> Conversation:
    """At a desk elsewhere nobody here knows the place."""
    now = ctx.clock.now()
    await uow.handovers.save(replace(handover, told_at=now))
    parameters: dict[str, str] = {}
    response = _ELSEWHERE[responses]
    if ctx.desk is None:
        place = await place_of(ctx, uow, handover)
        response = responses[min(place.ahead, 1)]
        parameters = {"ahead": str(place.ahead), "minutes": str(place.minutes)}
    return await say(
        ctx,
        uow,
        conversation,
        response=response,
        parameters=parameters,
        choices=_choices(ctx, conversation),
        key=f"place:{handover.id}:{now.timestamp():.0f}",
    )


def _choices(ctx: Context, conversation: Conversation) -> tuple[Choice, ...]:
    """Calling back needs somebody whom the shop knows."""
    offered = [value for value in _CHOICES if value != "handoff:callback" or conversation.customer_id is not None]
    return tuple(Choice(ctx.texts.render(_TITLES[value], conversation.language), value) for value in offered)
