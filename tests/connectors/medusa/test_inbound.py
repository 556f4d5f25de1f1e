"""What our subscriber in Medusa tells, as the front takes it; on a real server in tests/connectors/medusa/live."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from aftersales.domain.refunds import RefundState
from aftersales.stores.shop_import import import_shop
from connectors.medusa.inbound import signature
from tests.fronts import Front, open_front
from tests.shop_data import customer, order, product, raw

SECRET = "secret-of-the-subscriber-0123456789abc"
BODY = b'{"order_id":"order_1"}'


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, shop="medusa", demo=False, medusa_webhook_secret=SecretStr(SECRET)) as front:
        yield front


async def tell(
    front: Front,
    body: bytes = BODY,
    *,
    seconds: int = 0,
    secret: str = SECRET,
    headers: Mapping[str, bytes] | None = None,
) -> httpx.Response:
    """A notice that is so many seconds old."""
    time = str(int(front.goods.clock.now().timestamp()) - seconds)
    signed = {"X-ReturnDesk-Time": time, "X-ReturnDesk-Signature": signature(secret, time=time, body=body)}
    sent = {name: value.encode() for name, value in signed.items()} | dict(headers or {})
    return await front.client.post("/connect/medusa/orders", content=body, headers=list(_pairs(sent)))


def _pairs(headers: Mapping[str, bytes]) -> Iterator[tuple[bytes, bytes]]:
    for name, value in headers.items():
        yield name.encode(), value


async def test_an_order_that_was_paid_back_is_read_again_and_booked_once(front: Front) -> None:
    payment = {"id": "p1", "provider": "stripe", "captured": "1009.00", "refunded": "5.00"}
    await import_shop(front.goods.engine, raw([customer(), product(), order("order_1", payments=[payment])]))
    for _ in range(2):
        assert (await tell(front)).status_code == 204
    async with front.goods.ctx.unit_of_work() as uow:
        booked = await uow.refunds.of_payment("p1")
    assert [(refund.state, refund.amount.minor) for refund in booked] == [(RefundState.EXTERNAL, 500)]


async def test_only_what_is_signed_lately_is_taken(front: Front) -> None:
    for answer in (
        await tell(front, secret="another secret"),
        await tell(front, seconds=301),
        await tell(front, seconds=-301),
        await tell(front, headers={"X-ReturnDesk-Time": b"1"}),
        await tell(front, headers={"X-ReturnDesk-Time": b"\xb2"}),
        await tell(front, headers={"X-ReturnDesk-Signature": b"\xe9"}),
        await front.client.post("/connect/medusa/orders", content=BODY),
    ):
        assert answer.status_code == 401
    assert (await tell(front, seconds=299)).status_code == 404  # signed, and no order of this shop


async def test_what_is_no_notice_is_refused(front: Front) -> None:
    for body in (
        b"",
        b"[]",
        b"{}",
        b'{"order_id": 1}',
        b'{"order_id": "o/../1"}',
        b'{"order_id": "order_1", "a": 1}',
    ):
        assert (await tell(front, body)).status_code == 400
    assert (await tell(front, b" " * 5000)).status_code == 413


async def test_guessing_is_slowed_down(front: Front) -> None:
    answers = [(await tell(front, secret="guess")).status_code for _ in range(12)]
    assert answers[0] == 401
    assert answers[-1] == 429


async def test_without_a_secret_there_is_no_such_address(tmp_path: Path) -> None:
    async with open_front(tmp_path, shop="medusa", demo=False) as front:
        assert (await front.client.post("/connect/medusa/orders", content=BODY)).status_code == 404
