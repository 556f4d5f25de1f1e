"""Shopify's webhooks: something of an order changed, so that the order is read again.

Nothing of what is told is believed but the order's id; what was paid back is read from Shopify. The message is
signed (HMAC-SHA256 over the raw body, in base64) and harmless when it comes again, which it does.
https://shopify.dev/docs/apps/build/webhooks/subscribe/https
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty

from aftersales.domain.errors import NotFound
from aftersales.services.context import Context
from aftersales.services.external_refunds import note_order_refunds
from connectors.web.bodies import parse_object, read_body
from connectors.web.chat import address_of
from connectors.web.problems import Problem
from runtime.buckets import Buckets

_LIMIT = 256 * 1024
_KEPT = 4096  # ids of messages that this process remembers
_SIGNATURE, _TOPIC, _SHOP, _ID = (
    f"x-shopify-{name}" for name in ("hmac-sha256", "topic", "shop-domain", "webhook-id")
)


class Seen:
    """Ids of messages that were dealt with, the latest of them."""

    def __init__(self, most: int = _KEPT) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._most = most

    def __contains__(self, id: str) -> bool:
        return id in self._ids

    def add(self, id: str) -> None:
        self._ids[id] = None
        while len(self._ids) > self._most:
            self._ids.popitem(last=False)


@dataclass(frozen=True)
class ShopifyNotices:
    """`secret` is the app's client secret, or that of the shop's own webhooks; `shop` is xxx.myshopify.com.

    `wrong_signatures` slows down guessing, per address.
    """

    context: Context
    secret: str
    shop: str
    wrong_signatures: Buckets
    seen: Seen = field(default_factory=Seen)


def shopify_notices_blueprint() -> Blueprint:
    """The route; it finds its ShopifyNotices at `app.ctx.shopify_notices`."""
    blueprint = Blueprint("shopify_notices", url_prefix="/connect/shopify")
    add: Any = blueprint.add_route
    add(_note, "/orders", methods=["POST"], stream=True)
    return blueprint


def signature(secret: str, body: bytes) -> str:
    """In base64, as the header holds it."""
    return b64encode(hmac.new(secret.encode(), body, sha256).digest()).decode()


async def _note(request: Request) -> HTTPResponse:
    """204 however often it is told, also for no order of ours: Shopify gives up on an address that refuses.

    401 for a wrong signature or another shop's, 400 for what is no JSON object, 503 where Shopify cannot be read.
    """
    notices: ShopifyNotices = request.app.ctx.shopify_notices
    body = await read_body(request, limit=_LIMIT)
    given = request.headers.get(_SIGNATURE, "").encode("utf8", "surrogateescape")
    genuine = hmac.compare_digest(given, signature(notices.secret, body).encode())
    if not genuine or request.headers.get(_SHOP, "").lower() != notices.shop:
        notices.wrong_signatures.take(address_of(request))
        raise Problem("unauthorized")
    id = request.headers.get(_ID, "")[:100]
    order_id = _order_in(parse_object(body), topic=request.headers.get(_TOPIC, ""))
    if order_id is None or (id and id in notices.seen):
        return empty(204)
    with suppress(NotFound):
        await note_order_refunds(notices.context, order_id)
    if id:
        notices.seen.add(id)
    return empty(204)


def _order_in(told: dict[str, Any], *, topic: str) -> str | None:
    """The order's number: orders/* tell it as `id`, refunds/* as `order_id`, returns/* inside `order`."""
    kind = topic.partition("/")[0]
    order = told.get("order")
    found = {
        "orders": told.get("id"),
        "refunds": told.get("order_id"),
        "returns": order.get("id") if isinstance(order, dict) else told.get("order_id"),
    }.get(kind)
    valid = isinstance(found, int) and not isinstance(found, bool) and 0 < found < 10**19
    return str(found) if valid else None
