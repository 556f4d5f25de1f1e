"""Talks in messaging apps: taken in, answered and sent, one worker at a time for each customer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from aftersales.domain.channels import PushKind
from aftersales.domain.conversations import Owner
from aftersales.domain.errors import AftersalesError, NotFound
from aftersales.domain.threads import Thread
from aftersales.ports import Bot, StoredPush
from aftersales.services.answering import answer_pending
from aftersales.services.batches import for_each
from aftersales.services.channel_inbox import SETTLE, add_pushes
from aftersales.services.channel_sending import Outlet, send_due
from aftersales.services.channel_taking import Desk, give_up, take_in
from aftersales.services.context import Context
from aftersales.services.conversations import typing

_PATIENCE = 60.0  # seconds for one round
_LEASE = timedelta(seconds=90)  # longer than _PATIENCE, so that nobody else begins meanwhile
_LONGEST_PAUSE = timedelta(minutes=5)
_MOST_TRIES = 8  # which take eight minutes and a half
_LONGEST_WAIT = timedelta(minutes=10)
_LOOK_AGAIN = timedelta(minutes=10)  # at an account from which pushes are pulled: a call of theirs may get lost
_AT_ONCE = 50  # pushes of one customer
_SIDE_BY_SIDE = 16  # all that are claimed begin at once: a lease must not run out in a queue
_MOST_PAGES = 100
_COURTESY = 1.0  # seconds

logger = logging.getLogger(__name__)


async def carry_channels(ctx: Context, outlets: Mapping[str, Outlet], bot: Bot) -> int:
    """Does what is due in the threads of all messaging apps; how many had their turn.

    It looks first without writing: this is asked many times a second, and mostly there is nothing.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        if not await uow.threads.any_due(now=ctx.clock.now()):
            return 0
    async with ctx.unit_of_work() as uow:
        threads = await uow.threads.claim(now=ctx.clock.now(), limit=_SIDE_BY_SIDE, lease=_LEASE)
    return await for_each(
        threads, lambda thread: _carry(ctx, outlets.get(thread.sender.channel), bot, thread), at_once=_SIDE_BY_SIDE
    )


async def _carry(ctx: Context, outlet: Outlet | None, bot: Bot, thread: Thread) -> None:
    """One round. What fails is tried again after a pause; nothing is taken in, answered or sent out of order.

    Its lease is given back also where the worker is stopped in the middle; only one that dies leaves it behind.
    """
    pause: timedelta | None = None
    try:
        async with asyncio.timeout(_PATIENCE):
            if outlet is not None:  # else the shop has left that app
                pause = await _round(ctx, outlet, bot, thread)
    except asyncio.CancelledError:  # the worker is stopped: the next one goes on at once, not after the lease
        await _let_go(ctx, thread, pause=timedelta(0))
        raise
    except Exception as error:  # the type alone: messages may hold what the customer wrote
        what = error.code if isinstance(error, AftersalesError) else type(error).__name__
        logger.warning("channel failed: thread %s, %s", thread.id, what)
        with suppress(NotFound):  # it is gone, and there is nothing to come back to
            pause = await _after_failure(ctx, thread)
    await _let_go(ctx, thread, pause=pause)


async def _let_go(ctx: Context, thread: Thread, *, pause: timedelta | None) -> None:
    """It is looked at again after the pause; None: when there is need."""
    async with ctx.unit_of_work() as uow:
        await uow.threads.release(thread, due_at=None if pause is None else ctx.clock.now() + pause)


async def _round(ctx: Context, outlet: Outlet, bot: Bot, thread: Thread) -> timedelta | None:
    """After how long the thread is looked at again; None when there is no need."""
    waiting = await _waiting(ctx, thread)
    if not thread.sender.id:
        await _pull(ctx, outlet, thread, waiting)
        await _well(ctx, thread)
        return _LOOK_AGAIN
    current, code, desk = thread, "", Desk(outlet.channel, outlet.folder)
    for stored in waiting:
        if stored.push.kind is PushKind.ENTER:
            code = str(stored.push.body.get("code") or "")
        try:
            taken = await take_in(ctx, desk, current, stored)
        except Exception:
            if not _is_hopeless(ctx, thread, stored):
                raise
            taken = await give_up(ctx, current, stored)
        if taken is None:
            return None
        current = taken
    if current.conversation_id is not None:
        shown = await _show_typing(ctx, outlet, current, current.conversation_id)
        try:
            await answer_pending(ctx, bot, conversation_id=current.conversation_id)
            async with ctx.unit_of_work(read_only=True) as uow:
                current = await uow.threads.get(thread.id)
            await send_due(ctx, outlet, current, code=code)
        finally:
            if shown is not None:
                await asyncio.wait({shown}, timeout=_COURTESY)
    await _well(ctx, thread)
    return SETTLE if await _is_more(ctx, thread) else None


def _is_hopeless(ctx: Context, thread: Thread, stored: StoredPush) -> bool:
    """Whether it has failed for so long that it must not hold up the talk any more; a leave is never given up."""
    waited = ctx.clock.now() - stored.push.sent_at
    return thread.failures >= _MOST_TRIES and waited >= _LONGEST_WAIT and stored.push.kind is not PushKind.LEAVE


async def _waiting(ctx: Context, thread: Thread) -> Sequence[StoredPush]:
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.pushes.waiting(thread.sender, before=ctx.clock.now() - SETTLE, limit=_AT_ONCE)


async def _is_more(ctx: Context, thread: Thread) -> bool:
    """Whether something came in that was too fresh to be put in order."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.pushes.any_waiting(thread.sender)


async def _show_typing(
    ctx: Context, outlet: Outlet, thread: Thread, conversation_id: str
) -> asyncio.Task[None] | None:
    """Shows beside everything else that the bot writes; None where it has nothing to answer.

    No answer waits for it, and it is never cut off: it may hold the lease of the app's token.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
    if conversation.owner is not Owner.BOT or not typing(conversation):
        return None

    async def show() -> None:
        with suppress(Exception):  # a courtesy
            await outlet.channel.show_typing(thread.sender)

    return asyncio.create_task(show())


async def _pull(ctx: Context, outlet: Outlet, thread: Thread, calls: Sequence[StoredPush]) -> None:
    """Stores all that is behind the cursor, each page with the cursor behind it."""
    token = str(calls[-1].push.body.get("token") or "") if calls else ""
    cursor = thread.cursor
    for _ in range(_MOST_PAGES):
        pulled = await outlet.channel.pull(thread.sender.account, cursor=cursor, token=token)
        cursor = pulled.cursor
        async with ctx.unit_of_work() as uow:
            await add_pushes(ctx, uow, pulled.pushes)
            await uow.threads.note(thread.id, cursor=cursor)
        if not pulled.more:
            break
    async with ctx.unit_of_work() as uow:
        for call in calls:
            await uow.pushes.done(call.id, at=ctx.clock.now())


async def _well(ctx: Context, thread: Thread) -> None:
    if thread.failures:
        async with ctx.unit_of_work() as uow:
            await uow.threads.note(thread.id, failures=0)


async def _after_failure(ctx: Context, thread: Thread) -> timedelta:
    failures = thread.failures + 1
    async with ctx.unit_of_work() as uow:
        await uow.threads.note(thread.id, failures=failures)
    return min(timedelta(seconds=2 ** min(failures, 10)), _LONGEST_PAUSE)
