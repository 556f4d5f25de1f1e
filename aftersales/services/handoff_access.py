"""Who may do something in a chat, and how it stands now: asked under locks, believed for one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from aftersales.domain.accounts import Account, Right
from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import Conflict, NotFound, Taken
from aftersales.domain.handovers import Handover
from aftersales.domain.outside import OUTSIDE_AGENT, OUTSIDE_NAME
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context


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


async def same_as_now(uow: UnitOfWork, handover: Handover) -> Handover | None:
    """The same hand-over as it is now; None when it has ended."""
    try:
        current = await uow.handovers.current(handover.conversation_id)
    except NotFound:
        return None
    return current if current.id == handover.id else None


async def waiting_here(ctx: Context, uow: UnitOfWork) -> Sequence[Handover]:
    """In the order in which they come next; without those that wait for a desk elsewhere."""
    waiting = await uow.handovers.waiting()
    elsewhere = await uow.outside.open_ids() if ctx.desk is not None and waiting else ()
    return [handover for handover in waiting if handover.id not in elsewhere]
