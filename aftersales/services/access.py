"""The only way to an order: through the customer it belongs to."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from aftersales.domain.conversations import Owner
from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Order
from aftersales.services.context import Context

_LONGEST_NUMBER = 40
_DASHES = frozenset({"Pd", "Cf"})  # every dash, and invisible characters that come along when copied


def normal_number(number: str) -> str:
    """An order number as the shop keeps it: NFKC, upper case, without #, spaces and dashes."""
    folded = unicodedata.normalize("NFKC", number).upper()
    return "".join(c for c in folded if not (c in "#−" or c.isspace() or unicodedata.category(c) in _DASHES))


async def access_order(ctx: Context, *, customer_id: str | None, number: str) -> Order:
    """The customer's order of this number, however it was typed.

    Raises NotFound when there is none, when it is another's, and for a guest who has not proven who they are.
    """
    wanted = normal_number(number)
    if customer_id is None:
        raise NotFound("order")
    if not wanted or len(wanted) > _LONGEST_NUMBER:
        raise NotFound("order")
    try:
        order = await ctx.shop.find_order(wanted)
    except NotFound:
        raise NotFound("order") from None
    if order.customer.id != customer_id:
        raise NotFound("order")
    return order


async def access_orders(ctx: Context, *, customer_id: str | None, limit: int = 20) -> Sequence[Order]:
    """The customer's orders, newest first; none for a guest who has not proven who they are."""
    if customer_id is None:
        return ()
    return [
        order for order in await ctx.shop.list_orders(customer_id, limit=limit) if order.customer.id == customer_id
    ]


async def conversation_customer(ctx: Context, *, conversation_id: str) -> str | None:
    """Who proved to be the customer of this conversation; None for a guest and after signing out.

    Raises NotFound for an unknown conversation.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
    return None if conversation.owner is Owner.CLOSED else conversation.customer_id


async def conversation_channel(ctx: Context, *, conversation_id: str) -> str:
    """Where the customer writes. Raises NotFound for an unknown conversation."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return (await uow.conversations.get(conversation_id)).channel
