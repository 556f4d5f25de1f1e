"""The queue's upkeep by the worker: seats are filled, dropped chats come back, nobody waits for nobody."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from aftersales.domain.errors import Conflict, Forbidden, NotFound
from aftersales.domain.handovers import Handover, HandoverState, HandoverTrigger, Outcome
from aftersales.domain.seats import next_seat
from aftersales.services.context import Context
from aftersales.services.handoff import leave_queue
from aftersales.services.handoff_access import same_as_now, waiting_here
from aftersales.services.handoff_claims import claim, put_back
from aftersales.services.moves import WORKER


async def assign_waiting(ctx: Context) -> int:
    """Gives chats that wait to free seats, in the order of the queue; how many found one."""
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await waiting_here(ctx, uow)
        seats = await uow.seats.all() if waiting else []
        loads = dict(await uow.handovers.loads()) if waiting else {}
        accounts = {account.id: account for account in await uow.accounts.all()} if waiting else {}
    given, now = 0, ctx.clock.now()
    for handover in waiting:
        seat = next_seat(handover, seats, loads=loads, now=now)
        if seat is None:
            continue
        loads[seat.account_id] = loads.get(seat.account_id, 0) + 1
        with suppress(Conflict, NotFound, Forbidden):  # somebody was faster, or has left
            await claim(ctx, accounts[seat.account_id], conversation_id=handover.conversation_id)
            given += 1
    return given


async def requeue_dropped(ctx: Context) -> int:
    """Puts the chats of agents who have been gone for the grace time back, at their old place; how many.

    Whom somebody at a desk elsewhere has, stays there.
    """
    now = ctx.clock.now()
    async with ctx.unit_of_work(read_only=True) as uow:
        held = await uow.handovers.claimed()
        here = {seat.account_id for seat in await uow.seats.all() if seat.is_there(now)} if held else set()
        active = {account.id for account in await uow.accounts.all() if account.active} if held else set()
    ours = [one for one in held if one.agent_id is not None or ctx.desk is None]
    dropped = [one for one in ours if one.agent_id not in here & active]
    for handover in dropped:
        await _requeue(ctx, handover, now=now)
    return len(dropped)


async def relieve_waiting(ctx: Context) -> int:
    """Files a dated case for everybody who waits for nobody: all who could come have left. How many.

    Chats that are meant for somebody who has left are for everybody again.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await waiting_here(ctx, uow)
        seats = await uow.seats.all() if waiting else []
    now, relieved = ctx.clock.now(), 0
    for handover in waiting:
        if any(seat.takes_new(now) and seat.can_take(handover) for seat in seats):
            continue
        async with ctx.unit_of_work() as uow:
            conversation = await uow.conversations.lock(handover.conversation_id)
            current = await same_as_now(uow, handover)
            if current is None or current.state is not HandoverState.WAITING:
                continue
            if current.meant_for or current.department:
                await uow.handovers.save(replace(current, meant_for=None, department=""))
                continue
            await leave_queue(ctx, uow, conversation, current, Outcome.UNMANNED, by=WORKER)
            relieved += 1
    return relieved


async def _requeue(ctx: Context, handover: Handover, *, now: datetime) -> None:
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(handover.conversation_id)
        current = await same_as_now(uow, handover)
        if current is None or current.agent_id != handover.agent_id:
            return
        seat = await uow.seats.get(handover.agent_id or "")
        if seat is not None and seat.is_there(now) and (await uow.accounts.get(seat.account_id)).active:
            return
        await put_back(
            ctx,
            uow,
            conversation,
            current,
            trigger=HandoverTrigger.REQUEUE,
            actor=WORKER.actor,
            response="utter_handoff_requeued",
            detail={},
        )
