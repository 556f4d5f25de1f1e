"""Who has a chat: taken from the queue, passed on, taken over, and put back when its agent is gone.

Every step is one transaction under the locks of the account that receives the chat and of the conversation, in
this order: of two at once one is first, and the other is told who has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from aftersales.domain.accounts import Account, Right
from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import Conflict, Forbidden, Full, Invalid, NotFound, Taken
from aftersales.domain.handovers import (
    HANDOVER_MACHINE,
    Handover,
    HandoverReason,
    HandoverState,
    HandoverTrigger,
    HandoverWish,
    Outcome,
)
from aftersales.domain.machine import advance
from aftersales.domain.outside import OUTSIDE_AGENT, OUTSIDE_NAME
from aftersales.domain.seats import Seat, next_seat
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import say, set_owner
from aftersales.services.handoff import leave_queue, open_handover
from aftersales.services.moves import WORKER


async def claim(ctx: Context, account: Account, *, conversation_id: str) -> Handover:
    """This agent takes a chat that waits; harmless when they have it already.

    Raises NotFound when nobody waits there (any more), Taken with the name of who was faster, Full when the agent
    holds as many as they can, Forbidden.
    """
    async with ctx.unit_of_work() as uow:
        account = await lock_agent(uow, account.id)
        conversation = await uow.conversations.lock(conversation_id)
        handover = await uow.handovers.current(conversation_id)
        if handover.agent_id == account.id:
            return handover
        if handover.state is not HandoverState.WAITING:
            raise Taken(await name_of(uow, conversation.agent_id))
        await _check_room(uow, account)
        return await _take(ctx, uow, conversation, handover, account, trigger=HandoverTrigger.CLAIM)


async def claim_next(ctx: Context, account: Account) -> Handover | None:
    """The chat that waits longest of those that are for this agent; None when there is none.

    Raises Full, Forbidden.
    """
    async with ctx.unit_of_work() as uow:
        account = await lock_agent(uow, account.id)
        seat = await uow.seats.get(account.id)
        await _check_room(uow, account)
        for candidate in await _waiting_here(ctx, uow):
            if seat is not None and not seat.can_take(candidate):
                continue
            conversation = await _free(uow, candidate)
            if conversation is not None:
                return await _take(ctx, uow, conversation, candidate, account, trigger=HandoverTrigger.CLAIM)
    return None


async def assign_waiting(ctx: Context) -> int:
    """Gives chats that wait to free seats, in the order of the queue; how many found one."""
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await _waiting_here(ctx, uow)
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


async def transfer(
    ctx: Context,
    account: Account,
    *,
    conversation_id: str,
    to: Account | None = None,
    department: str = "",
) -> Handover:
    """Back into the queue with the time waited so far, for one agent, for a department, or for whoever comes.

    Raises Taken unless this agent has the chat, NotFound, Invalid("to") for somebody who takes no chats now.
    """
    async with ctx.unit_of_work() as uow:
        conversation, handover = await access_chat(uow, account, conversation_id)
        if to is not None:
            seat = await uow.seats.get(to.id)
            if seat is None or not to.active or not seat.takes_new(ctx.clock.now()):
                raise Invalid("to")
        about = {"to": to.name if to else department}
        waiting = await _put_back(
            ctx,
            uow,
            conversation,
            handover,
            trigger=HandoverTrigger.TRANSFER,
            actor=account.actor,
            response="utter_handoff_transferred",
            detail=about,
        )
        meant = replace(waiting, meant_for=to.id if to else None, department=department)
        await uow.handovers.save(meant)
        return meant


async def take_over(ctx: Context, account: Account, *, conversation_id: str) -> Handover:
    """A supervisor takes a talk from whoever has it: the bot, the queue or another agent.

    Raises NotFound, Forbidden, Conflict for a talk that is closed.
    """
    async with ctx.unit_of_work() as uow:
        account = await lock_agent(uow, account.id)
        account.check(Right.TAKE_OVER)
        conversation = await uow.conversations.lock(conversation_id)
        if conversation.owner is Owner.CLOSED:
            raise Conflict("closed")
        if conversation.owner is Owner.BOT:
            handover = await open_handover(ctx, uow, conversation, HandoverWish(HandoverReason.AGENT))
        else:
            handover = await uow.handovers.current(conversation_id)
        if handover.agent_id == account.id:
            return handover
        is_held = handover.state is HandoverState.CLAIMED
        trigger = HandoverTrigger.TAKE_OVER if is_held else HandoverTrigger.CLAIM
        return await _take(ctx, uow, conversation, handover, account, trigger=trigger)


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
        waiting = await _waiting_here(ctx, uow)
        seats = await uow.seats.all() if waiting else []
    now, relieved = ctx.clock.now(), 0
    for handover in waiting:
        if any(seat.takes_new(now) and seat.can_take(handover) for seat in seats):
            continue
        async with ctx.unit_of_work() as uow:
            conversation = await uow.conversations.lock(handover.conversation_id)
            current = await _current(uow, handover)
            if current is None or current.state is not HandoverState.WAITING:
                continue
            if current.meant_for or current.department:
                await uow.handovers.save(replace(current, meant_for=None, department=""))
                continue
            await leave_queue(ctx, uow, conversation, current, Outcome.UNMANNED, by=WORKER)
            relieved += 1
    return relieved


async def access_chat(uow: UnitOfWork, account: Account, conversation_id: str) -> tuple[Conversation, Handover]:
    """The chat of this agent, locked.

    Raises NotFound, Forbidden, Conflict when no person has it (any more), Taken when another has.
    """
    account = await fresh(uow, account.id)
    conversation = await uow.conversations.lock(conversation_id)
    await check_holder(uow, account, conversation)
    return conversation, await uow.handovers.current(conversation_id)


async def check_holder(uow: UnitOfWork, account: Account, conversation: Conversation) -> None:
    """Raises Conflict when no person has the chat (any more), Taken when another has."""
    if conversation.owner is not Owner.HUMAN:
        raise Conflict(conversation.owner.value)
    if conversation.agent_id != account.id:
        raise Taken(await name_of(uow, conversation.agent_id))


async def fresh(uow: UnitOfWork, account_id: str) -> Account:
    """The account as it is now: whoever was disabled meanwhile has no rights. Raises NotFound, Forbidden."""
    account = await uow.accounts.get(account_id)
    account.check(Right.ANSWER_CASES)
    return account


async def lock_agent(uow: UnitOfWork, account_id: str) -> Account:
    """As fresh, and one chat after the other is given to it."""
    account = await uow.accounts.lock(account_id)
    account.check(Right.ANSWER_CASES)
    return account


async def name_of(uow: UnitOfWork, account_id: str | None) -> str:
    """What the person is called; empty for nobody."""
    if account_id is None:
        return ""
    if account_id == OUTSIDE_AGENT:
        return OUTSIDE_NAME
    with suppress(NotFound):
        return (await uow.accounts.get(account_id)).display_name
    return ""


async def _waiting_here(ctx: Context, uow: UnitOfWork) -> Sequence[Handover]:
    """In the order in which they come next; without those that wait for a desk elsewhere."""
    waiting = await uow.handovers.waiting()
    elsewhere = await uow.outside.open_ids() if ctx.desk is not None and waiting else ()
    return [handover for handover in waiting if handover.id not in elsewhere]


async def _free(uow: UnitOfWork, waiting: Handover) -> Conversation | None:
    """The conversation, locked, if it still waits and nobody else is at it just now."""
    conversation = await uow.conversations.try_lock(waiting.conversation_id)
    if conversation is None or await _current(uow, waiting) != waiting:
        return None
    return conversation


async def _check_room(uow: UnitOfWork, account: Account) -> None:
    seat: Seat | None = await uow.seats.get(account.id)
    held = await uow.handovers.claimed(agent_id=account.id)
    if seat is not None and len(held) >= seat.capacity:
        raise Full(str(seat.capacity))


async def _take(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    handover: Handover,
    account: Account,
    *,
    trigger: HandoverTrigger,
) -> Handover:
    now = ctx.clock.now()
    state = advance(HANDOVER_MACHINE, handover.state, trigger)
    taken = replace(handover, state=state, agent_id=account.id, claimed_at=handover.claimed_at or now)
    await uow.handovers.save(taken)
    await uow.outside.wake(conversation.id, at=now)
    owned = await set_owner(
        uow,
        conversation,
        Owner.HUMAN,
        actor=account.actor,
        trigger=trigger.value,
        at=now,
        agent_id=account.id,
        detail={"handover": handover.id},
    )
    name = account.display_name
    key = f"joined:{handover.id}:{owned.epoch}"
    await say(ctx, uow, owned, response="utter_handoff_joined", parameters={"agent": name}, key=key)
    return taken


async def _requeue(ctx: Context, handover: Handover, *, now: datetime) -> None:
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(handover.conversation_id)
        current = await _current(uow, handover)
        if current is None or current.agent_id != handover.agent_id:
            return
        seat = await uow.seats.get(handover.agent_id or "")
        if seat is not None and seat.is_there(now) and (await uow.accounts.get(seat.account_id)).active:
            return
        await _put_back(
            ctx,
            uow,
            conversation,
            current,
            trigger=HandoverTrigger.REQUEUE,
            actor=WORKER.actor,
            response="utter_handoff_requeued",
            detail={},
        )


async def _current(uow: UnitOfWork, handover: Handover) -> Handover | None:
    """The same hand-over as it is now; None when it has ended."""
    try:
        current = await uow.handovers.current(handover.conversation_id)
    except NotFound:
        return None
    return current if current.id == handover.id else None


async def _put_back(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    handover: Handover,
    *,
    trigger: HandoverTrigger,
    actor: str,
    response: str,
    detail: dict[str, str],
) -> Handover:
    now = ctx.clock.now()
    state = advance(HANDOVER_MACHINE, handover.state, trigger)
    waiting = replace(handover, state=state, agent_id=None, meant_for=None, department="", told_at=now)
    await uow.handovers.save(waiting)
    moved = await set_owner(
        uow,
        conversation,
        Owner.WAITING,
        actor=actor,
        trigger=trigger.value,
        at=now,
        detail={"handover": handover.id, **detail},
    )
    key = f"{trigger.value}:{handover.id}:{moved.epoch}"
    await say(ctx, uow, moved, response=response, parameters={}, key=key)
    return waiting
