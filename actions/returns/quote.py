"""The customer's orders and what the rules say about the return at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.base import Scene
from actions.returns import draft as d
from actions.returns.draft import Draft
from actions.returns.plan import units
from actions.said import Said
from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Order
from aftersales.domain.policy import Quote
from aftersales.services.access import access_order, access_orders
from aftersales.services.returns import quote_return

NOTED, QUOTED = "returns_noted", "returns_quoted"
ORDERS_AT_HAND = 50


async def customer_orders(scene: Scene, customer_id: str, said: Said | None = None) -> Sequence[Order]:
    """The newest orders, and with them the older ones that the slots or the message name in full."""
    orders = list(await access_orders(scene.ctx, customer_id=customer_id, limit=ORDERS_AT_HAND))
    wanted = {scene.slot(d.ORDER), *(said.entities.get("order_number", ()) if said else ())}
    for number in sorted(number for number in wanted if number and len(number) > 8):
        if d.find(orders, number) is None:
            try:
                orders.append(await access_order(scene.ctx, customer_id=customer_id, number=number))
            except NotFound:
                continue
    return orders


def shown(quote: Quote) -> dict[str, Any]:
    """What the customer is shown and consents to, as a slot value: goods and amount."""
    return {
        "goods": [[line.line_id, line.quantity] for line in quote.lines],
        "minor": quote.decision.amount.minor,
        "allowed": quote.decision.allowed,
    }


async def quote_draft(scene: Scene, draft: Draft, customer_id: str) -> Quote:
    """What the rules say about a draft that lacks neither goods nor reason. Raises NotFound."""
    if draft.order is None or draft.reason is None:
        raise NotFound
    order = await access_order(scene.ctx, customer_id=customer_id, number=draft.order)
    return await quote_return(scene.ctx, order=order, items=units(draft, order), reason=draft.reason)
