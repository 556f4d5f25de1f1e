"""Talks at a desk elsewhere: opened there, carried both ways in order, ended on both sides.

What that desk tells by itself only wakes a talk here. How it stands and what was written is always read from the
desk: so nothing is lost, doubled or out of order, whatever becomes of a message that tells of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aftersales.domain.conversations import Message
from aftersales.domain.errors import NotFound
from aftersales.domain.handovers import Handover, HandoverState, Outcome
from aftersales.domain.outside import OutsideNews, OutsideState, OutsideTalk, message_key
from aftersales.ports import Attachment, PeopleDesk
from aftersales.services.batches import for_each
from aftersales.services.context import Context
from aftersales.services.handoff import leave_queue
from aftersales.services.moves import WORKER
from aftersales.services.outside_notes import packet
from aftersales.services.outside_words import current_outside, follow, take_in

MOST_FAILURES = 6  # in a row, about a minute with the pauses between them
LOOK_EVERY = timedelta(seconds=30)  # where nothing is told: a word of that desk may get lost
_LEASE = timedelta(seconds=60)
_PATIENCE = 45.0  # seconds for one round, less than the lease
_LONGEST_PAUSE = timedelta(seconds=60)
_SOON = timedelta(seconds=1)
_TOLD_WITHIN = timedelta(days=1)  # for so long it is tried to tell that desk that a talk is over
_AT_ONCE = 20
_SIDE_BY_SIDE = 8

logger = logging.getLogger(__name__)


async def carry_due(ctx: Context, *, folder: Path) -> int:
    """Does what is due at the desk elsewhere; how many talks had their turn. `folder` holds the attachments."""
    if ctx.desk is None:
        return 0
    desk = ctx.desk
    async with ctx.unit_of_work() as uow:
        talks = await uow.outside.claim(now=ctx.clock.now(), limit=_AT_ONCE, lease=_LEASE)
    return await for_each(talks, lambda talk: _carry(ctx, desk, talk, folder=folder), at_once=_SIDE_BY_SIDE)


async def wake_outside(ctx: Context, outside_id: str) -> bool:
    """Something happened to this talk at the desk elsewhere; whether it is one of ours."""
    async with ctx.unit_of_work() as uow:
        return await uow.outside.wake_outside(outside_id, at=ctx.clock.now())


async def _carry(ctx: Context, desk: PeopleDesk, talk: OutsideTalk, *, folder: Path) -> None:
    """One round. A desk that fails is tried again after a pause; a talk that is gone there is filed here."""
    pause: timedelta | None
    try:
        async with asyncio.timeout(_PATIENCE):
            pause = await _round(ctx, desk, talk, folder=folder)
    except NotFound:
        with suppress(NotFound):  # the talk may be gone here as well
            await _file_instead(ctx, talk)
            await _save(ctx, talk, failures=0, closed=True)
        pause = None
    except Exception as error:  # a desk that fails in its own way must not leave the customer without anybody
        logger.warning("desk elsewhere failed: hand-over %s, %s", talk.handover_id, type(error).__name__)
        pause = await _after_failure(ctx, talk)
    async with ctx.unit_of_work() as uow:
        await uow.outside.release(talk, due_at=None if pause is None else ctx.clock.now() + pause)


async def _round(ctx: Context, desk: PeopleDesk, talk: OutsideTalk, *, folder: Path) -> timedelta | None:
    """Reads, takes in, sends, follows; after how long it is looked at again, None when it is over."""
    handover = await _handover(ctx, talk)
    outside_id = talk.outside_id or await _open(ctx, desk, talk, handover)
    if outside_id is None:
        await _save(ctx, talk, closed=True)
        return None
    talk = await _save(ctx, talk, outside_id=outside_id)
    news = await desk.read(outside_id, after=talk.heard_id)
    for words in news.words:
        await take_in(ctx, desk, talk, words, arrived=news.arrived, folder=folder)
    await _save(ctx, talk, heard_id=news.heard_id, failures=0)
    if handover is None:
        await _end_there(ctx, desk, talk, arrived=news.arrived)
        return None
    if await _send(ctx, desk, talk, arrived=news.arrived, folder=folder):
        return LOOK_EVERY if news.state is OutsideState.OPEN else _SOON
    return await _go_on(ctx, desk, talk, news)


async def _open(ctx: Context, desk: PeopleDesk, talk: OutsideTalk, handover: Handover | None) -> str | None:
    """The talk's id there; None where nobody is there, or where it was over before it began."""
    if handover is None:
        return await desk.find(talk.conversation_id, key=talk.handover_id)
    if await desk.is_open():
        return await desk.begin(await packet(ctx, talk, handover), key=handover.id)
    await _file_instead(ctx, talk)
    return await desk.find(talk.conversation_id, key=talk.handover_id)


async def _go_on(ctx: Context, desk: PeopleDesk, talk: OutsideTalk, news: OutsideNews) -> timedelta | None:
    """Follows what its people did with the talk; as _round."""
    unanswered = await _is_unanswered(ctx, talk)
    if news.state is OutsideState.OPEN:
        if unanswered and not await desk.is_open():
            await _file_instead(ctx, talk)
        return LOOK_EVERY
    if news.state is OutsideState.CLOSED and unanswered:
        await _file_instead(ctx, talk)  # closed without a word: the customer still has no answer
    else:
        await follow(ctx, talk, news)
    await _save(ctx, talk, closed=True)
    return None


async def _send(
    ctx: Context, desk: PeopleDesk, talk: OutsideTalk, *, arrived: frozenset[str], folder: Path
) -> bool:
    """The customer's messages that are not there yet, in order; whether there were any."""
    said = await _unsent(ctx, talk)
    for message in said:
        key = message_key(talk.conversation_id, message.seq)
        if key not in arrived:
            files = await _files(ctx, message, folder=folder)
            await desk.tell(talk.outside_id or "", message.text, key=key, files=files)
        await _save(ctx, talk, sent_seq=message.seq)
    return bool(said)


async def _files(ctx: Context, message: Message, *, folder: Path) -> list[tuple[Attachment, bytes]]:
    """What the customer sent; a file that was removed meanwhile holds nothing up."""
    found = []
    for attachment_id in message.attachment_ids:
        with suppress(FileNotFoundError):
            async with ctx.unit_of_work(read_only=True) as uow:
                attachment = await uow.attachments.get(attachment_id)
            found.append((attachment, await asyncio.to_thread((folder / attachment.path).read_bytes)))
    return found


async def _unsent(ctx: Context, talk: OutsideTalk) -> Sequence[Message]:
    async with ctx.unit_of_work(read_only=True) as uow:
        said = await uow.messages.after(talk.conversation_id, talk.sent_seq)
    return [message for message in said if message.author == "customer"]


async def _end_there(ctx: Context, desk: PeopleDesk, talk: OutsideTalk, *, arrived: frozenset[str]) -> None:
    """Tells its people that the talk is over, once."""
    if talk.closed or talk.outside_id is None:
        return
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(talk.conversation_id)
    key = f"returndesk:{talk.handover_id}:end"
    if key not in arrived:
        note = ctx.texts.render("utter_handoff_note_ended", conversation.language)
        await desk.note(talk.outside_id, note, key=key)
    await desk.close(talk.outside_id)
    await _save(ctx, talk, closed=True)


async def _after_failure(ctx: Context, talk: OutsideTalk) -> timedelta | None:
    """The pause before the next try. After so many failures nobody is left waiting for that desk."""
    failures = talk.failures + 1
    current = await _save(ctx, talk, failures=failures)
    handover = await _handover(ctx, current)
    if handover is None and await _ended_long_ago(ctx, current):
        return None
    hopeless = handover is not None and failures >= MOST_FAILURES
    if hopeless and (await _is_unanswered(ctx, current) or await _unsent(ctx, current)):
        await _file_instead(ctx, current)
    return min(timedelta(seconds=2 ** min(failures, 10)), _LONGEST_PAUSE)


async def _ended_long_ago(ctx: Context, talk: OutsideTalk) -> bool:
    async with ctx.unit_of_work(read_only=True) as uow:
        for one in await uow.handovers.of(talk.conversation_id):
            if one.id == talk.handover_id and one.ended_at is not None:
                return ctx.clock.now() - one.ended_at > _TOLD_WITHIN
    return False


async def _file_instead(ctx: Context, talk: OutsideTalk) -> None:
    """The customer gets a dated case and has the bot again, told once; nothing where the hand-over has ended."""
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(talk.conversation_id)
        handover = await current_outside(uow, talk)
        if handover is not None:
            await leave_queue(ctx, uow, conversation, handover, Outcome.UNMANNED, by=WORKER)


async def _is_unanswered(ctx: Context, talk: OutsideTalk) -> bool:
    """Whether nobody there has written to the customer so far."""
    handover = await _handover(ctx, talk)
    return handover is not None and handover.state is HandoverState.WAITING


async def _handover(ctx: Context, talk: OutsideTalk) -> Handover | None:
    async with ctx.unit_of_work(read_only=True) as uow:
        return await current_outside(uow, talk)


async def _save(ctx: Context, talk: OutsideTalk, **changes: Any) -> OutsideTalk:
    """Writes these fields alone, whatever was written since the talk was read; gives it as it is now."""
    async with ctx.unit_of_work() as uow:
        saved = replace(await uow.outside.get(talk.handover_id), **changes)
        await uow.outside.save(saved)
    return saved
