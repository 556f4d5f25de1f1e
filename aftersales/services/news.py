"""News for the customer: put into the outbox with the change they are about, said after commit."""

from __future__ import annotations

from typing import Any

from aftersales.domain.refunds import Refund
from aftersales.domain.returns import Return
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context


async def tell_later(
    ctx: Context, uow: UnitOfWork, item: Return, response: str, *, key: str, **parameters: Any
) -> None:
    """Says `response` in the return's conversation, once per key; nothing where there is no conversation.

    Parameters are always `number` (of the return) and `order`, and those given.
    """
    if item.conversation_id is None:
        return
    payload = {
        "conversation_id": item.conversation_id,
        "response": response,
        "parameters": {"number": item.number, "order": item.order_number, **parameters},
    }
    await uow.outbox.add(kind="tell", key=key, payload=payload, due_at=ctx.clock.now())


async def tell_of_refund(ctx: Context, uow: UnitOfWork, refund: Refund, response: str, *, key: str) -> None:
    """As tell_later, with `amount` (major units, decimal string) and `currency` (ISO 4217) of the refund."""
    if refund.return_id is None:
        return
    item = await uow.returns.get(refund.return_id)
    await tell_later(
        ctx, uow, item, response, key=key, amount=refund.amount.decimal(), currency=refund.amount.currency
    )
