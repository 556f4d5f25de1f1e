"""A shop's own refund service, and what is made of each of its answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from aftersales.domain.errors import OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from connectors.refund_service.payments import RefundService

Answer = Callable[[httpx.Request], httpx.Response]

PAID = Payment(id="p1", provider="wechat_pay", captured=Money(12900, "CNY"), refunded=Money(0, "CNY"))
DONE = {"reference": "r1", "status": "succeeded", "amount": "129.00", "currency": "CNY", "failure": None}


class Shop:
    """`answer` is what comes back to the next calls; `asked` all that came."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answer: Answer = lambda _request: httpx.Response(201, json=DONE)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer(request)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def service(shop: Shop) -> AsyncIterator[RefundService]:
    transport = httpx.MockTransport(shop)
    async with RefundService(url="https://refunds.example/v1", token="t" * 32, transport=transport) as opened:
        yield opened


async def refund(service: RefundService, money: Money = PAID.captured) -> Any:
    return await service.refund(PAID, amount=money, key="k1", reason="return RT1")


async def test_a_refund_is_asked_for_in_major_units_under_our_key(service: RefundService, shop: Shop) -> None:
    made = await refund(service)
    [asked] = shop.asked
    assert str(asked.url) == "https://refunds.example/v1/refunds"
    assert asked.headers["authorization"] == f"Bearer {'t' * 32}"
    assert asked.headers["idempotency-key"] == "k1"
    assert json.loads(asked.content) == {
        "key": "k1",
        "payment_id": "p1",
        "provider": "wechat_pay",
        "amount": "129.00",
        "currency": "CNY",
        "reason": "return RT1",
    }
    assert (made.reference, made.status, made.amount) == ("r1", "succeeded", PAID.captured)


async def test_yen_have_no_decimals(service: RefundService, shop: Shop) -> None:
    shop.answer = lambda _request: httpx.Response(201, json=DONE | {"amount": "2000", "currency": "JPY"})
    assert (await refund(service, Money(2000, "JPY"))).amount == Money(2000, "JPY")
    assert json.loads(shop.asked[0].content)["amount"] == "2000"


def answering(status: int, content: bytes = b"") -> Answer:
    return lambda _request: httpx.Response(status, content=content)


def failing(error: type[httpx.TransportError]) -> Answer:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("secret words", request=request)

    return fail


@pytest.mark.parametrize(
    "answer", [answering(503), answering(429), failing(httpx.ConnectError), failing(httpx.ConnectTimeout)]
)
async def test_where_surely_nothing_happened_it_may_be_asked_again(
    service: RefundService, shop: Shop, answer: Answer
) -> None:
    shop.answer = answer
    with pytest.raises(Unavailable):
        await refund(service)


UNREADABLE = (
    DONE | {"amount": 129},
    DONE | {"amount": "129.001"},
    DONE | {"amount": "-1.00"},
    DONE | {"status": "paid"},
    DONE | {"reference": ""},
    DONE | {"currency": "yuan"},
    [DONE],
)


@pytest.mark.parametrize(
    "answer",
    [
        answering(500),
        answering(404),
        answering(302),
        answering(200, b"thanks"),
        answering(201, b"[" * 100_000),
        failing(httpx.ReadTimeout),
        failing(httpx.RemoteProtocolError),
        *(answering(200, json.dumps(told).encode()) for told in UNREADABLE),
    ],
)
async def test_every_other_answer_leaves_it_open_what_happened(
    service: RefundService, shop: Shop, answer: Answer
) -> None:
    shop.answer = answer
    with pytest.raises(OutcomeUnknown) as caught:
        await refund(service)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "code"), [(b'{"code": "card_closed"}', "card_closed"), (b"no", "rejected"), (b"[]", "rejected")]
)
async def test_a_refusal_is_final_with_its_code(
    service: RefundService, shop: Shop, body: bytes, code: str
) -> None:
    shop.answer = answering(422, body)
    with pytest.raises(ProviderRejected) as caught:
        await refund(service)
    assert caught.value.detail == code


async def test_a_refund_is_found_by_its_key(service: RefundService, shop: Shop) -> None:
    found = await service.find_refund("k/1")
    assert found is not None
    assert found.status == "succeeded"
    assert shop.asked[0].url.raw_path == b"/v1/refunds/k%2F1"


async def test_only_not_found_means_that_there_is_none(service: RefundService, shop: Shop) -> None:
    shop.answer = answering(404)
    assert await service.find_refund("k1") is None
    for answer in (answering(500), answering(401), answering(200, b"{}"), failing(httpx.ReadTimeout)):
        shop.answer = answer
        with pytest.raises(Unavailable):
            await service.find_refund("k1")


async def test_it_asks_nobody_for_money(service: RefundService) -> None:
    with pytest.raises(ProviderRejected):
        await service.request_payment(order_id="o1", amount=PAID.captured, key="k")
    assert await service.find_payment("k") is None
    await service.cancel_payment("k")
