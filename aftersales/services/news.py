"""News for the customer: put into the outbox with the change they are about, said after commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from aftersales.domain.errors import NotFound
from aftersales.domain.refunds import Refund
from aftersales.domain.texts import LANGUAGES, Language
from aftersales.ports import UnitOfWork
from aftersales.services.arrivals import reach_customer_later
from aftersales.services.context import Context


class Told(Protocol):
    """What a customer is told about: a return or a change, by its number for people."""

    @property
    def conversation_id(self) -> str | None: ...
    @property
    def customer_id(self) -> str | None: ...
    @property
    def number(self) -> str: ...
    @property
    def order_number(self) -> str: ...


@dataclass(frozen=True, slots=True)
class About:
    """See Told."""

    conversation_id: str | None
    customer_id: str | None
    number: str
    order_number: str


async def tell_later(
    ctx: Context, uow: UnitOfWork, item: Told, response: str, *, key: str, **parameters: Any
) -> None:
    """Says `response` in the item's conversation, once per key, and sees to it that the customer hears of it.

    Where there is no conversation the customer is reached in another way; see services.reaching. Parameters are
    always `number` (of the item) and `order`, and those given.
    """
    told = {"number": item.number, "order": item.order_number, **parameters}
    if item.conversation_id is None:
        if item.customer_id is not None:
            await reach_customer_later(ctx, uow, item.customer_id, key=key, response=response, parameters=told)
        return
    payload = {
        "conversation_id": item.conversation_id,
        "customer_id": item.customer_id,
        "response": response,
        "parameters": told,
    }
    await uow.outbox.add(kind="tell", key=key, payload=payload, due_at=ctx.clock.now())


async def tell_of_refund(ctx: Context, uow: UnitOfWork, refund: Refund, response: str, *, key: str) -> None:
    """As tell_later about what caused the refund, with its `amount` (major units) and `currency` (ISO 4217)."""
    told = About(refund.conversation_id, refund.customer_id, refund.cause_number, refund.order_number)
    await tell_later(
        ctx, uow, told, response, key=key, amount=refund.amount.decimal(), currency=refund.amount.currency
    )


async def language_of(uow: UnitOfWork, conversation_id: str | None) -> Language:
    """What its customer speaks; the shop's own matters, which have no conversation, are in the first language."""
    try:
        return (await uow.conversations.get(conversation_id or "")).language
    except NotFound:
        return LANGUAGES[0]
