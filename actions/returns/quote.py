"""The customer's orders and what the rules say about the return at hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

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
MOST_NAMED = 3
_QUOTE = "quote"  # in Scene.known: what it is about, and the quote


async def customer_orders(
    scene: Scene, customer_id: str, said: Said | None = None, *, chosen: str | None = None
) -> Sequence[Order]:
    """The newest orders, and with them the older ones that the slots or the message name in full."""
    orders = list(await access_orders(scene.ctx, customer_id=customer_id, limit=ORDERS_AT_HAND))
    wanted = {scene.slot(d.ORDER), chosen, *(said.entities.get("order_number", ()) if said else ())}
    for number in sorted(number for number in wanted if number and len(number) > 8)[:MOST_NAMED]:
        if d.find(orders, number) is None:
            try:
                orders.append(await access_order(scene.ctx, customer_id=customer_id, number=number))
            except NotFound:
                continue
    return orders


def shown(quote: Quote, draft: Draft) -> dict[str, Any]:
    """All that the customer is shown and consents to, as a slot value."""
    decision = quote.decision
    return {
        "order": draft.order,
        "goods": [[line.line_id, line.quantity] for line in quote.lines],
        "reason": draft.reason.value if draft.reason else None,
        "minor": decision.amount.minor,
        "currency": decision.amount.currency,
        "fee": decision.fee.minor,
        "payer": decision.who_pays_shipping,
        "rule": decision.rule_id,
        "allowed": decision.allowed,
        "review": needs_review(quote, draft),
        "remedy": decision.remedy.value,
        "variants": [list(pair) for pair in sorted(draft.variants.items())],
        "to_pay": decision.to_pay.minor if decision.to_pay else None,
    }


def needs_review(quote: Quote, draft: Draft) -> bool:
    """Whether a person looks first: the rules say so, or a photo that they ask for is missing."""
    return quote.decision.needs_human or (quote.decision.photo_required and not draft.photos)


def consent_digest(what: Mapping[str, Any]) -> str:
    """Twelve hex digits that bind a yes-button to what was shown beside it."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]


def filing_key(scene: Scene) -> str:
    """The idempotency key of a return: the message that consents to it."""
    return f"chat:{scene.message_id}"


async def quote_draft(scene: Scene, draft: Draft, customer_id: str) -> Quote:
    """What the rules say about a draft that lacks neither goods nor reason. Raises NotFound."""
    if draft.order is None or draft.reason is None:
        raise NotFound
    order = await access_order(scene.ctx, customer_id=customer_id, number=draft.order)
    wish, items = draft.wish(order.currency), units(draft, order)
    about = (order, items, draft.reason, wish)
    asked, quote = scene.known.get(_QUOTE, (None, None))
    if asked != about:
        quote = await quote_return(scene.ctx, order=order, items=items, reason=draft.reason, wish=wish)
        scene.known[_QUOTE] = (about, quote)
    return cast(Quote, quote)
