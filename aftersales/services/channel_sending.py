"""What was said in a conversation, sent to the messaging app of its customer: in order, within the budget."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aftersales.domain.channel_pieces import Piece, compose
from aftersales.domain.channels import Manners, Picture, Refusal, Words
from aftersales.domain.conversations import Message
from aftersales.domain.errors import Unavailable
from aftersales.domain.reply_budget import Weight, room
from aftersales.domain.texts import Language
from aftersales.domain.threads import NOTHING_LEFT, Delivery, DeliveryState, Thread
from aftersales.ports import Channel
from aftersales.services.arrivals import reach_later
from aftersales.services.channel_pictures import load_picture
from aftersales.services.context import Context

_GAP = 0.3  # seconds between two messages to one customer: apps keep no order of what comes at once

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outlet:
    """A messaging app and how things are said there; `folder` is that of the attachments.

    `read` gives a message's words in a language, with what its cards show.
    """

    channel: Channel
    read: Callable[[Message, Language], str]
    folder: Path


@dataclass(frozen=True, slots=True)
class _Batch:
    """Messages that are sent as one: the same ones again after a crash, whatever was said meanwhile."""

    messages: Sequence[Message]
    pieces: Sequence[Piece]
    begun: bool

    @property
    def weight(self) -> Weight:
        return max(piece.weight for piece in self.pieces)

    @property
    def last_seq(self) -> int:
        return self.messages[-1].seq


async def send_due(ctx: Context, outlet: Outlet, thread: Thread, *, code: str = "") -> Thread:
    """Sends what was said since; what the budget does not allow waits for the customer's next deed.

    `code` is that of a PushKind.ENTER: the first message goes with it. Raises Unavailable, and OutcomeUnknown when
    a message may have arrived; it is sent again under its key then. The caller holds the thread's lease.
    """
    while batch := await _next_batch(ctx, outlet, thread):
        if not batch.pieces:
            thread = await _note(ctx, thread, sent_seq=batch.last_seq)
            continue
        if not batch.begun:
            if not code and not _may_send(ctx, thread, batch.weight):
                return await _leave_waiting(ctx, thread, batch)
            thread = await _note(ctx, thread, sending_seq=batch.last_seq)
        for index, piece in enumerate(batch.pieces):
            sent = await _send_piece(ctx, outlet, thread, piece, batch=batch, index=index, code=code)
            if sent is None:
                return await _leave_waiting(ctx, thread, batch)
            thread, code = sent, ""
        thread = await _note(ctx, thread, sent_seq=batch.last_seq)
    return thread


async def _next_batch(ctx: Context, outlet: Outlet, thread: Thread) -> _Batch | None:
    if thread.conversation_id is None:
        return None
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(thread.conversation_id)
        unsent = list(await uow.messages.after(thread.conversation_id, thread.sent_seq))
    begun = thread.sending_seq > thread.sent_seq
    if begun:
        unsent = [message for message in unsent if message.seq <= thread.sending_seq]
    if not unsent:
        return None
    pieces = _compose(ctx, outlet, unsent, conversation.language, manners=outlet.channel.manners)
    return _Batch(unsent, pieces, begun)


def _compose(
    ctx: Context, outlet: Outlet, messages: Sequence[Message], language: Language, *, manners: Manners
) -> Sequence[Piece]:
    pick = ctx.texts.render("utter_channel_pick", language)
    return compose(messages, manners, read=lambda message: outlet.read(message, language), pick=pick)


def _may_send(ctx: Context, thread: Thread, weight: Weight) -> bool:
    if thread.gone:
        return False
    free = room(thread.allowance, weight=weight, now=ctx.clock.now())
    return free is None or free > 0


async def _send_piece(
    ctx: Context, outlet: Outlet, thread: Thread, piece: Piece, *, batch: _Batch, index: int, code: str
) -> Thread | None:
    """The thread as it is now; None when the piece has to wait. What the app refuses for good counts as sent."""
    key = _key(thread, index)
    async with ctx.unit_of_work(read_only=True) as uow:
        known = await uow.deliveries.get(key)
    if known is not None and known.is_settled:
        return thread
    if not code and not _may_send(ctx, thread, batch.weight):
        return None
    delivery = Delivery(
        key=key, thread_id=thread.id, last_seq=piece.last_seq, state=DeliveryState.SENDING, at=ctx.clock.now()
    )
    item = piece.words or await load_picture(ctx, piece.attachment_id or "", folder=outlet.folder)
    if item is None:
        await _save(ctx, replace(delivery, state=DeliveryState.REFUSED, reason="file_type"))
        return thread
    spending = await _save_and_spend(ctx, thread, delivery, spends=not code)
    if index:
        await asyncio.sleep(_GAP)
    return await _call(ctx, outlet, spending, item, delivery=delivery, code=code, before=thread)


async def _call(
    ctx: Context,
    outlet: Outlet,
    thread: Thread,
    item: Words | Picture,
    *,
    delivery: Delivery,
    code: str,
    before: Thread,
) -> Thread | None:
    """As _send_piece. What the app surely did not take gives back what was spent on it: the allowance `before`."""
    try:
        sent = await outlet.channel.send(thread.sender, item, key=delivery.key, code=code)
    except Unavailable:
        await _note(ctx, thread, allowance=before.allowance)
        raise
    if sent.refusal is None:
        await _save(ctx, replace(delivery, state=DeliveryState.TAKEN, reference=sent.reference))
        return thread
    if sent.refusal in (Refusal.CLOSED, Refusal.SPENT):
        await _note(ctx, thread, allowance=NOTHING_LEFT)
        return None
    if sent.refusal is Refusal.GONE:
        await _note(ctx, thread, allowance=before.allowance, gone=True)
        return None
    logger.error("message refused: channel %s, %s", thread.sender.channel, sent.refusal.value)
    await _save(ctx, delivery.refused(sent.refusal))
    return await _note(ctx, thread, allowance=before.allowance)


async def _leave_waiting(ctx: Context, thread: Thread, batch: _Batch) -> Thread:
    """Of words that wait the customer is told in another way, once; news see to themselves."""
    if batch.weight in (Weight.TURN, Weight.PERSON) and thread.conversation_id is not None:
        async with ctx.unit_of_work() as uow:
            key = f"waiting:{thread.id}:{thread.sent_seq}"
            await reach_later(ctx, uow, thread.conversation_id, seq=batch.last_seq, key=key)
    return thread


def _key(thread: Thread, index: int) -> str:
    """The same for the same piece of the same batch: 24 hexadecimal digits."""
    return hashlib.sha256(f"{thread.id}:{thread.sent_seq}:{index}".encode()).hexdigest()[:24]


async def _note(ctx: Context, thread: Thread, **fields: object) -> Thread:
    async with ctx.unit_of_work() as uow:
        return await uow.threads.note(thread.id, **fields)


async def _save_and_spend(ctx: Context, thread: Thread, delivery: Delivery, *, spends: bool) -> Thread:
    """Before the call, so that one of which nobody knows how it ended is counted. A code answers for nothing."""
    async with ctx.unit_of_work() as uow:
        await uow.deliveries.save(delivery)
        return await uow.threads.note(thread.id, allowance=thread.allowance.spent()) if spends else thread


async def _save(ctx: Context, delivery: Delivery) -> None:
    async with ctx.unit_of_work() as uow:
        await uow.deliveries.save(delivery)
