"""Agents at the desk of a world in which to talk."""

from __future__ import annotations

from typing import Protocol

from aftersales.domain.accounts import Account, Role
from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.handovers import Handover, HandoverReason, HandoverWish
from aftersales.domain.ids import new_id
from aftersales.services.context import Context
from aftersales.services.conversations import customer_actor
from aftersales.services.handoff import hand_over
from aftersales.services.handoff_seats import set_up_seat, sit_down
from aftersales.services.moves import By
from tests.fakes import NOON
from tests.talks import World


class Place(Protocol):
    """A world in which to talk, or one in which to return goods."""

    @property
    def ctx(self) -> Context: ...


async def agent(
    world: Place, name: str, *, role: Role = Role.AGENT, capacity: int = 4, seated: bool = True
) -> Account:
    """An account, at the desk and taking chats unless told otherwise. Its password was never set."""
    account = Account(
        id=new_id(),
        name=name,
        display_name=name.capitalize(),
        language="en",
        role=role,
        password_hash="-",
        created_at=NOON,
        updated_at=NOON,
    )
    async with world.ctx.unit_of_work() as uow:
        await uow.accounts.add(account)
    if seated:
        await set_up_seat(world.ctx, account, capacity=capacity, languages=("zh", "en"))
        await sit_down(world.ctx, account, open=True)
    return account


async def want_person(
    world: Place,
    conversation: Conversation,
    reason: HandoverReason = HandoverReason.REQUESTED,
    *,
    vip: bool = False,
) -> Conversation:
    """What the bot's wish comes to, without the bot."""
    async with world.ctx.unit_of_work() as uow:
        current = await uow.conversations.lock(conversation.id)
        by = By(customer_actor(current), "web")
        return await hand_over(world.ctx, uow, current, HandoverWish(reason, vip=vip), by=by, key=new_id())


async def waiting_talk(world: World, *texts: str, customer_id: str | None = "c-lin") -> Conversation:
    """A customer who has asked for a person and waits; a moment after whoever asked before."""
    world.clock.advance(milliseconds=1)
    conversation = await world.talk(customer_id=customer_id)
    await world.write(conversation, *(texts or ("转人工",)))
    waiting = await want_person(world, conversation)
    assert waiting.owner is Owner.WAITING
    return waiting


async def handover_of(world: World, conversation: Conversation) -> Handover:
    """The newest of this conversation."""
    async with world.ctx.unit_of_work(read_only=True) as uow:
        return (await uow.handovers.of(conversation.id))[0]
