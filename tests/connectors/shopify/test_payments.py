"""Refunds at a fake Shopify: lost answers, several payments, two currencies, and what was paid back there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from aftersales.domain.errors import OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.ports import ProviderRefund
from tests.connectors.shopify.fake_orders import money
from tests.connectors.shopify.world import ShopifyWorld, open_shopify


@pytest.fixture
async def world() -> AsyncIterator[ShopifyWorld]:
    async with open_shopify() as world:
        yield world


def yuan(amount: str) -> Money:
    return Money.parse(amount, "CNY")


async def payments(world: ShopifyWorld, name: str = "o1") -> tuple[Payment, ...]:
    return (await world.shop.get_order(name)).payments


async def ask(world: ShopifyWorld, amount: str = "100.00", key: str = "k") -> ProviderRefund:
    payment = await world.payment()
    return await world.payments.refund(payment, amount=yuan(amount), key=key, reason="no_longer_needed")


async def test_a_lost_answer_is_found_by_its_key_and_not_made_twice(world: ShopifyWorld) -> None:
    world.fake.lose = "RefundCreate"
    with pytest.raises(OutcomeUnknown):
        await ask(world)
    found = await world.payments.find_refund("k")
    assert found is not None
    assert (found.status, found.amount) == ("succeeded", yuan("100.00"))
    assert (await ask(world)).reference == found.reference
    assert world.fake.requests.count("RefundCreate") == 1
    assert (await payments(world))[0].refunded == yuan("100.00")


async def test_a_refund_that_was_made_and_cannot_be_read_is_unknown(world: ShopifyWorld) -> None:
    payment = await world.payment()
    gone = [lambda: None, lambda: None, lambda: None, *[lambda: httpx.Response(503)] * 3]
    world.fake.faults = list(gone)
    with pytest.raises(OutcomeUnknown):
        await world.payments.refund(payment, amount=yuan("1.00"), key="k", reason="other")
    assert await world.payments.find_refund("k") is not None


async def test_a_refund_that_shopify_is_still_at_is_unknown_and_not_refused(world: ShopifyWorld) -> None:
    payment = await world.payment()
    errors = [{"field": None, "message": "A request with this idempotency key is in progress"}]
    busy = httpx.Response(200, json={"data": {"refundCreate": {"refund": None, "userErrors": errors}}})
    world.fake.faults = [lambda: None, lambda: None, lambda: busy]
    with pytest.raises(OutcomeUnknown):
        await world.payments.refund(payment, amount=yuan("1.00"), key="k", reason="other")


async def test_what_shopify_refuses_is_rejected_for_good(world: ShopifyWorld) -> None:
    payment = await world.payment()
    errors = [{"field": None, "message": "Gateway refused"}]
    no = httpx.Response(200, json={"data": {"refundCreate": {"refund": None, "userErrors": errors}}})
    world.fake.faults = [lambda: None, lambda: None, lambda: no]
    with pytest.raises(ProviderRejected, match="declined"):
        await world.payments.refund(payment, amount=yuan("1.00"), key="k", reason="other")


async def test_a_key_in_a_note_of_somebody_else_is_not_ours(world: ShopifyWorld) -> None:
    await ask(world, key="k2")
    world.order().refunds[0]["note"] = "about ReturnDesk k: see ReturnDesk k"
    assert await world.payments.find_refund("k") is None
    world.order().refunds[0]["note"] = "ReturnDesk key"
    assert await world.payments.find_refund("k") is None


async def test_among_more_refunds_than_are_told_nothing_is_concluded(world: ShopifyWorld) -> None:
    await ask(world, key="another")
    world.order().refunds *= 60
    with pytest.raises(Unavailable):
        await world.payments.find_refund("k")
    assert await world.payments.find_refund("another") is not None


@pytest.mark.parametrize(("told", "status"), [("PENDING", "pending"), ("FAILURE", "failed"), ("ERROR", "failed")])
async def test_a_refund_is_as_far_as_its_gateway_says(world: ShopifyWorld, told: str, status: str) -> None:
    world.order().refund_status = told
    assert (await ask(world)).status == status
    found = await world.payments.find_refund("k")
    assert found is not None
    assert found.status == status
    back = yuan("0.00") if status == "failed" else yuan("100.00")
    assert (await payments(world))[0].refunded == back


async def test_of_a_gift_card_and_a_card_each_is_paid_back_by_its_own_way(world: ShopifyWorld) -> None:
    order = world.add("o2")
    order.transactions.clear()
    order.pay("gid://shopify/OrderTransaction/71", "9.00", gateway="gift_card")
    order.pay("gid://shopify/OrderTransaction/72", "1000.00")
    gift, card = await payments(world, "o2")
    assert (gift.method, card.method) == (PaymentMethod.GIFT_CARD, PaymentMethod.CARD)
    with pytest.raises(ProviderRejected, match="insufficient"):
        await world.payments.refund(gift, amount=yuan("9.01"), key="a", reason="other")
    await world.payments.refund(gift, amount=yuan("9.00"), key="a", reason="other")
    gift, card = await payments(world, "o2")
    assert (gift.refundable, card.refundable) == (yuan("0.00"), yuan("1000.00"))


async def test_only_captured_money_is_a_payment(world: ShopifyWorld) -> None:
    order = world.add("o2")
    order.transactions.clear()
    order.pay("gid://shopify/OrderTransaction/71", "1009.00", kind="AUTHORIZATION")
    parent = {"id": "gid://shopify/OrderTransaction/71"}
    order.pay("gid://shopify/OrderTransaction/72", "1009.00", kind="CAPTURE", parentTransaction=parent)
    order.pay("gid://shopify/OrderTransaction/73", "1009.00", status="FAILURE")
    assert [payment.id for payment in await payments(world, "o2")] == ["72"]


async def test_what_was_paid_back_there_counts_by_whatever_way_it_went(world: ShopifyWorld) -> None:
    order = world.order()
    order.pay("gid://shopify/OrderTransaction/71", "1000.00", kind="REFUND", gateway="shopify_store_credit")
    assert (await payments(world))[0].refundable == yuan("9.00")
    with pytest.raises(ProviderRejected, match="insufficient"):
        await ask(world, "9.01")
    order.pay("gid://shopify/OrderTransaction/72", "100.00", kind="REFUND", gateway="shopify_store_credit")
    assert (await payments(world))[0].refundable == yuan("0.00")


async def test_a_manual_gateway_moves_no_money_so_a_person_does(world: ShopifyWorld) -> None:
    world.order().transactions[0] |= {"manualPaymentGateway": True, "gateway": "Cash on Delivery (COD)"}
    (payment,) = await payments(world)
    assert not payment.supports_auto_refund
    assert payment.method is PaymentMethod.CASH_ON_DELIVERY
    with pytest.raises(ProviderRejected, match="by_hand"):
        await ask(world)
    assert "RefundCreate" not in world.fake.requests


async def test_money_is_that_of_the_customer_and_not_of_the_shop(world: ShopifyWorld) -> None:
    order = world.add("o2", currency="JPY")
    order.transactions[0]["amountSet"] = money(Decimal("1009.0"), "JPY", shop=(Decimal("48.20"), "CNY"))
    (payment,) = await payments(world, "o2")
    assert payment.captured == Money(1009, "JPY")
    with pytest.raises(ProviderRejected, match="currency"):
        await world.payments.refund(payment, amount=Money(4820, "CNY"), key="a", reason="other")
    await world.payments.refund(payment, amount=Money(9, "JPY"), key="a", reason="other")
    assert (await payments(world, "o2"))[0].refunded == Money(9, "JPY")


async def test_an_order_paid_in_two_currencies_is_not_told(world: ShopifyWorld) -> None:
    payment = await world.payment()
    world.order().pay("gid://shopify/OrderTransaction/71", "1.00", amountSet=money(Decimal("1.00"), "USD"))
    with pytest.raises(Unavailable):
        await payments(world)
    with pytest.raises(Unavailable):
        await world.payments.refund(payment, amount=yuan("1.00"), key="k", reason="other")
