"""Who has a chat: taken from the queue, passed on, taken over, put back.

Every step is one transaction under the locks of the account that receives the chat and of the conversation, in
this order: of two at once one is first, and the other is told who has it.
"""

from __future__ import annotations

from dataclasses import replace

from aftersales.domain.accounts import Account, Right
from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import Conflict, Full, Invalid, Taken
from aftersales.domain.handovers import (
    HANDOVER_MACHINE,
    Handover,
    HandoverReason,
    HandoverState,
    HandoverTrigger,
    HandoverWish,
)
from aftersales.domain.machine import advance
from aftersales.domain.seats import Seat
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import say, set_owner
from aftersales.services.handoff import open_handover
from aftersales.services.handoff_access import access_chat, lock_agent, name_of, same_as_now, waiting_here


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
        for candidate in await waiting_here(ctx, uow):
            if seat is not None and not seat.can_take(candidate):
                continue
            conversation = await _free(uow, candidate)
            if conversation is not None:
                return await _take(ctx, uow, conversation, candidate, account, trigger=HandoverTrigger.CLAIM)
    return None


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
        return await put_back(
            ctx,
            uow,
            conversation,
            handover,
            trigger=HandoverTrigger.TRANSFER,
            actor=account.actor,
            response="utter_handoff_transferred",
            detail={"to": to.name if to else department},
            meant_for=to.id if to else None,
            department=department,
        )


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


async def _free(uow: UnitOfWork, waiting: Handover) -> Conversation | None:
    """The conversation, locked, if it still waits and nobody else is at it just now."""
    conversation = await uow.conversations.try_lock(waiting.conversation_id)
    if conversation is None or await same_as_now(uow, waiting) != waiting:
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


async def put_back(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    handover: Handover,
    *,
    trigger: HandoverTrigger,
    actor: str,
    response: str,
    detail: dict[str, str],
    meant_for: str | None = None,
    department: str = "",
) -> Handover:
    now = ctx.clock.now()
    state = advance(HANDOVER_MACHINE, handover.state, trigger)
    waiting = replace(
        handover, state=state, agent_id=None, meant_for=meant_for, department=department, told_at=now
    )
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
