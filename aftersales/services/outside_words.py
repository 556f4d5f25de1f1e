"""What people at a desk elsewhere do: their words to our customer, giving the talk back, closing it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.handovers import HANDOVER_MACHINE, Handover, HandoverState, HandoverTrigger
from aftersales.domain.machine import advance
from aftersales.domain.masking import mask_cards
from aftersales.domain.outside import OUTSIDE_AGENT, OutsideNews, OutsideState, OutsideTalk, OutsideWords
from aftersales.ports import PeopleDesk, UnitOfWork
from aftersales.services.attachments import store_attachment
from aftersales.services.context import Context
from aftersales.services.conversations import LONGEST_TEXT, Said, add_once, clean_text, say, set_owner
from aftersales.services.handoff_talk import CloseReason, end_talk, give_back

ACTOR = f"agent:{OUTSIDE_AGENT}"
_LONGEST_NAME = 80


async def current_outside(uow: UnitOfWork, talk: OutsideTalk) -> Handover | None:
    """The hand-over as it is now; None when it has ended or somebody at our own desk has it."""
    if (await uow.outside.get(talk.handover_id)).closed:
        return None
    try:
        current = await uow.handovers.current(talk.conversation_id)
    except NotFound:
        return None
    return current if current.id == talk.handover_id and current.agent_id is None else None


async def take_in(
    ctx: Context,
    desk: PeopleDesk,
    talk: OutsideTalk,
    words: OutsideWords,
    *,
    arrived: frozenset[str],
    folder: Path,
) -> None:
    """Shows the customer what somebody there wrote, once; the first words take the talk from the queue.

    What was written after the talk was over is shown as well, and changes nothing about who may answer. Long texts
    become several messages. Of a file that our rules refuse, the people there are told.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        if await uow.messages.by_client_id(talk.conversation_id, _name(words, 0), author="agent") is not None:
            return
    files, refused = await _store_files(ctx, desk, talk, words, folder=folder)
    if refused:
        await _tell_refused(ctx, desk, talk, words, names=refused, arrived=arrived)
    text = mask_cards(clean_text(words.text))
    parts = [text[start : start + LONGEST_TEXT] for start in range(0, len(text), LONGEST_TEXT)]
    if not files and not parts:
        return
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(talk.conversation_id)
        conversation = await _join(ctx, uow, conversation, talk, sender=words.sender)
        sender = _known_as(ctx, conversation, words.sender)
        for index, part in enumerate(parts or [""]):
            shown = files if index == 0 else ()
            said = Said(text=part, attachment_ids=shown, sender=sender)
            conversation = await add_once(ctx, uow, conversation, said, author="agent", name=_name(words, index))


async def follow(ctx: Context, talk: OutsideTalk, news: OutsideNews) -> None:
    """Gives the talk back to the bot where it stood, or closes it, as its people did there."""
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(talk.conversation_id)
        handover = await current_outside(uow, talk)
        if handover is None:
            return
        name = _known_as(ctx, conversation, news.agent)
        if news.state is OutsideState.BOT:
            await give_back(ctx, uow, conversation, handover, actor=ACTOR, name=name)
        elif news.state is OutsideState.CLOSED:
            await end_talk(ctx, uow, conversation, handover, actor=ACTOR, name=name, reason=CloseReason.SOLVED)


async def _join(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, talk: OutsideTalk, *, sender: str
) -> Conversation:
    """The first words of somebody there take the talk."""
    handover = await current_outside(uow, talk)
    if handover is None or handover.state is not HandoverState.WAITING:
        return conversation
    now = ctx.clock.now()
    state = advance(HANDOVER_MACHINE, handover.state, HandoverTrigger.CLAIM)
    await uow.handovers.save(replace(handover, state=state, claimed_at=handover.claimed_at or now))
    owned = await set_owner(
        uow,
        conversation,
        Owner.HUMAN,
        actor=ACTOR,
        trigger=HandoverTrigger.CLAIM.value,
        at=now,
        agent_id=OUTSIDE_AGENT,
        detail={"handover": handover.id},
    )
    name = {"agent": _known_as(ctx, conversation, sender)}
    key = f"joined:{handover.id}:{owned.epoch}"
    return await say(ctx, uow, owned, response="utter_handoff_joined", parameters=name, key=key)


async def _store_files(
    ctx: Context, desk: PeopleDesk, talk: OutsideTalk, words: OutsideWords, *, folder: Path
) -> tuple[tuple[str, ...], list[str]]:
    """The ids of the files that were kept, and the names of those that were not."""
    kept, refused = [], []
    for file in words.files:
        try:
            content = await desk.fetch(file)
            stored = await store_attachment(
                ctx, folder=folder, conversation_id=talk.conversation_id, name=file.name, content=content
            )
            kept.append(stored.id)
        except (Invalid, Conflict):
            refused.append(file.name)
    return tuple(kept), refused


async def _tell_refused(
    ctx: Context,
    desk: PeopleDesk,
    talk: OutsideTalk,
    words: OutsideWords,
    *,
    names: list[str],
    arrived: frozenset[str],
) -> None:
    key = f"returndesk:file:{words.id}"
    if key in arrived or talk.outside_id is None:
        return
    async with ctx.unit_of_work(read_only=True) as uow:
        language = (await uow.conversations.get(talk.conversation_id)).language
    note = ctx.texts.render("utter_handoff_note_file", language, files=", ".join(names))
    await desk.note(talk.outside_id, note, key=key)


def _known_as(ctx: Context, conversation: Conversation, name: str) -> str:
    """The name that the customer reads; a colleague where there is none."""
    return clean_text(name)[:_LONGEST_NAME] or ctx.texts.render(
        "utter_handoff_note_colleague", conversation.language
    )


def _name(words: OutsideWords, index: int) -> str:
    return f"outside:{words.id}:{index}"
