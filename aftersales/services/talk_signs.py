"""Signs between a customer and the person who has the talk: typing, and what has arrived.

The bot needs none: signs are noted only while a person owns the conversation, and of news that were told.
"""

from __future__ import annotations

from datetime import timedelta

from aftersales.domain.accounts import Account
from aftersales.domain.conversations import Conversation, Owner, TalkSigns
from aftersales.services.context import Context

TYPES_FOR = timedelta(seconds=6)  # clients say it again every three


async def customer_types(ctx: Context, *, conversation_id: str) -> None:
    """Harmless while no person has the talk. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
    if conversation.owner is Owner.HUMAN:
        async with ctx.unit_of_work() as uow:
            await uow.talk_signs.note(conversation_id, customer_types_until=ctx.clock.now() + TYPES_FOR)


async def agent_types(ctx: Context, account: Account, *, conversation_id: str) -> None:
    """Harmless unless this agent has the talk. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
    if conversation.owner is Owner.HUMAN and conversation.agent_id == account.id:
        async with ctx.unit_of_work() as uow:
            await uow.talk_signs.note(conversation_id, agent_types_until=ctx.clock.now() + TYPES_FOR)


async def signs_of(ctx: Context, conversation: Conversation) -> TalkSigns:
    """Empty ones while no person has the talk, without looking."""
    if conversation.owner is not Owner.HUMAN:
        return TalkSigns(conversation_id=conversation.id)
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.talk_signs.of(conversation.id)


async def note_fetched(
    ctx: Context, conversation: Conversation, *, known: TalkSigns, seq: int, news: bool = False
) -> None:
    """The customer's client has been given all messages up to this one.

    Kept while a person has the talk, and where `news` was among them, which else would go another way.

    `known` are the signs as they were just read: what they hold already is not written again.
    """
    if seq <= known.fetched_seq or not (news or conversation.owner is Owner.HUMAN):
        return
    async with ctx.unit_of_work() as uow:
        await uow.talk_signs.note(conversation.id, fetched_seq=seq)
