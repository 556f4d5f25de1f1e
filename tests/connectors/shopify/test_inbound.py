"""Shopify's webhooks, as the front takes them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from aftersales.domain.refunds import RefundState
from aftersales.stores.shop_import import import_shop
from connectors.shopify.inbound import Seen, signature
from tests.fronts import Front, open_front
from tests.shop_data import customer, order, product, raw

SECRET = "secret-of-the-app-0123456789abcdefghij"
SHOP = "foothill.myshopify.com"


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    secret = SecretStr(SECRET)
    async with open_front(
        tmp_path, shop="shopify", demo=False, shopify_shop=SHOP, shopify_webhook_secret=secret
    ) as front:
        yield front


async def tell(
    front: Front, told: Any, topic: str = "orders/updated", *, secret: str = SECRET, **changes: bytes
) -> httpx.Response:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    headers = {
        "topic": topic.encode(),
        "shop_domain": SHOP.encode(),
        "webhook_id": b"w1",
        "hmac_sha256": signature(secret, body).encode(),
    } | changes
    sent = [(f"X-Shopify-{name.replace('_', '-')}".encode(), value) for name, value in headers.items()]
    return await front.client.post("/connect/shopify/orders", content=body, headers=sent)


async def booked(front: Front) -> list[tuple[RefundState, int]]:
    async with front.goods.ctx.unit_of_work() as uow:
        return [(refund.state, refund.amount.minor) for refund in await uow.refunds.of_payment("p1")]


async def paid_back(front: Front, amount: str = "5.00") -> None:
    payment = {"id": "p1", "provider": "stripe", "captured": "1009.00", "refunded": amount}
    await import_shop(front.goods.engine, raw([customer(), product(), order("4711", payments=[payment])]))


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("orders/updated", {"id": 4711}),
        ("refunds/create", {"id": 1, "order_id": 4711}),
        ("returns/process", {"id": 1, "order": {"id": 4711}}),
    ],
)
async def test_an_order_that_was_paid_back_is_read_again_and_booked_once(
    front: Front, topic: str, told: dict[str, Any]
) -> None:
    await paid_back(front)
    for webhook in (b"w1", b"w1", b"w2", b""):
        assert (await tell(front, told, topic, webhook_id=webhook)).status_code == 204
    assert await booked(front) == [(RefundState.EXTERNAL, 500)]


async def test_a_message_that_comes_again_is_not_read_for(front: Front) -> None:
    await paid_back(front)
    await tell(front, {"id": 4711})
    front.app.ctx.shopify_notices.seen.add("w2")
    assert "w1" in front.app.ctx.shopify_notices.seen
    few = Seen(most=2)
    for id in ("a", "b", "c"):
        few.add(id)
    assert ["a" in few, "b" in few, "c" in few] == [False, True, True]


async def test_only_what_is_signed_for_this_shop_is_taken(front: Front) -> None:
    for answer in (
        await tell(front, {"id": 4711}, secret="another secret"),
        await tell(front, {"id": 4711}, hmac_sha256=b"\xe9"),
        await tell(front, {"id": 4711}, shop_domain=b"another.myshopify.com"),
        await front.client.post("/connect/shopify/orders", content=b'{"id": 4711}'),
    ):
        assert answer.status_code == 401


async def test_nothing_is_believed_and_an_unknown_order_is_no_fault(front: Front) -> None:
    for told, topic in (
        ({"id": 1}, "orders/updated"),
        ({"id": "4711"}, "orders/updated"),
        ({"id": True}, "orders/updated"),
        ({"id": 4711}, "products/update"),
        ({}, "returns/process"),
    ):
        assert (await tell(front, told, topic)).status_code == 204


async def test_what_is_no_message_is_refused(front: Front) -> None:
    for body in (b"", b"[]", b"{"):
        assert (await tell(front, body)).status_code == 400
    assert (await tell(front, b" " * (256 * 1024 + 1))).status_code == 413


async def test_guessing_is_slowed_down(front: Front) -> None:
    answers = [(await tell(front, {"id": 1}, secret="guess")).status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (401, 429)


async def test_without_a_secret_there_is_no_such_address(tmp_path: Path) -> None:
    async with open_front(tmp_path, shop="shopify", demo=False) as front:
        assert (await tell(front, {"id": 1})).status_code == 404
