"""Lists for the shop's own programs, page by page, and one thing with its journal. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from aftersales.domain.cases import Case
from aftersales.domain.conversations import Conversation
from aftersales.domain.journal import Entry
from aftersales.domain.pages import Mark, Wanted
from aftersales.domain.refunds import Refund
from aftersales.services.context import Context
from aftersales.services.overview import FullReturn


async def list_returns(ctx: Context, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[FullReturn]:
    """With their refunds, without their journals."""
    async with ctx.unit_of_work(read_only=True) as uow:
        found = await uow.returns.page(wanted, after=after, limit=limit)
        return [FullReturn(item, tuple(await uow.refunds.of_cause(item.id)), ()) for item in found]


async def list_refunds(ctx: Context, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Refund]:
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.refunds.page(wanted, after=after, limit=limit)


async def list_cases(ctx: Context, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Case]:
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.cases.page(wanted, after=after, limit=limit)


async def list_conversations(
    ctx: Context, wanted: Wanted, *, after: Mark | None, limit: int
) -> Sequence[Conversation]:
    """Their states are their owners."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.conversations.page(wanted, after=after, limit=limit)


async def read_refund(ctx: Context, *, refund_id: str) -> tuple[Refund, Sequence[Entry]]:
    """Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        refund = await uow.refunds.get(refund_id)
        return refund, await uow.journal.of("refund", refund.id)


async def read_case(ctx: Context, *, number: str) -> tuple[Case, Sequence[Entry]]:
    """Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        case = await uow.cases.by_number(number)
        return case, await uow.journal.of("case", case.id)


async def read_conversation(ctx: Context, *, conversation_id: str) -> tuple[Conversation, Sequence[Entry]]:
    """Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
        return conversation, await uow.journal.of("conversation", conversation.id)
