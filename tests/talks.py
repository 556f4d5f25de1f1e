"""A world in which to talk: services over a real database, with a frozen clock and a small shop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.conversations import Conversation, Message, Owner
from aftersales.domain.faq import Faq
from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.orders import Customer, Order
from aftersales.domain.policy_rules import Policy
from aftersales.ports import Payments
from aftersales.services.context import Context
from aftersales.services.conversations import set_owner
from aftersales.services.handoff import open_handover
from aftersales.services.receiving import receive_text
from aftersales.services.rules import Rules, RulesInForce
from aftersales.services.sessions import open_session
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from tests.databases import open_database
from tests.fakes import NOON, FakeBot, FakeShop, FakeTexts, FrozenClock

LIN = Customer(id="c-lin", name="林晓", email="lin@example.com", phone="+8613800138000", language="zh")
EMMA = Customer(id="c-emma", name="Emma", email="emma@example.org", phone="+14155550132", language="en")


def make_order(*, number: str, customer: Customer = LIN) -> Order:
    """An order without lines."""
    return Order(
        id=f"order-{number}",
        number=number,
        customer=customer,
        placed_at=NOON,
        cancelled_at=None,
        country="CN",
        total=Money(12900, "CNY"),
        shipping_paid=Money(0, "CNY"),
        lines=(),
        fulfilments=(),
        payments=(),
    )


@dataclass(frozen=True, slots=True)
class World:
    ctx: Context
    clock: FrozenClock
    shop: FakeShop
    bot: FakeBot
    engine: AsyncEngine

    async def talk(self, *, customer_id: str | None = None) -> Conversation:
        _, conversation = await open_session(self.ctx, channel="web", language=None, customer_id=customer_id)
        return conversation

    async def write(self, conversation: Conversation, *texts: str) -> None:
        for text in texts:
            await receive_text(self.ctx, conversation_id=conversation.id, client_message_id=new_id(), text=text)

    async def move(self, conversation: Conversation, owner: Owner) -> None:
        """As an agent at the desk would."""
        async with self.ctx.unit_of_work() as uow:
            current = await uow.conversations.lock(conversation.id)
            if owner is Owner.WAITING:
                await open_handover(self.ctx, uow, current, HandoverWish(HandoverReason.REQUESTED))
            await set_owner(uow, current, owner, actor="agent:a1", trigger=owner.value, at=self.clock.now())

    async def now(self, conversation: Conversation) -> Conversation:
        async with self.ctx.unit_of_work() as uow:
            return await uow.conversations.get(conversation.id)

    async def said(self, conversation: Conversation) -> Sequence[Message]:
        async with self.ctx.unit_of_work() as uow:
            return await uow.messages.after(conversation.id, 0)

    async def texts(self, conversation: Conversation) -> list[str]:
        return [message.text for message in await self.said(conversation)]

    async def journal(self, conversation: Conversation, trigger: str) -> list[Entry]:
        async with self.ctx.unit_of_work() as uow:
            entries = await uow.journal.of("conversation", conversation.id)
        return [entry for entry in entries if entry.trigger == trigger]


@asynccontextmanager
async def open_world(kind: str, folder: Path) -> AsyncIterator[World]:
    """`kind` is one of tests.databases.DATABASES. The rules and the payments are not part of a talk."""
    shop = FakeShop([make_order(number="RD2026110100001"), make_order(number="RD2026110100002", customer=EMMA)])
    clock = FrozenClock()
    async with open_database(kind, folder) as engine:
        ctx = Context(
            unit_of_work=SqlUnitOfWorkFactory(engine),
            shop=shop,
            payments=cast(Payments, None),
            rules=Rules(RulesInForce(policy=cast(Policy, None), faq=cast(Faq, None))),
            texts=FakeTexts(),
            clock=clock,
            zone=ZoneInfo("Asia/Shanghai"),
        )
        yield World(ctx, clock, shop, FakeBot(), engine)
