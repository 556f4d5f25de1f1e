"""What every payment provider owes to the services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.errors import Conflict, NotFound, OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.ports import ProviderRefund
from aftersales.stores.embedded_payment_requests import EmbeddedPaymentRequests
from aftersales.stores.embedded_payments import EmbeddedPayments
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.payment_faults import Fault, Faults
from aftersales.stores.schema.shop import shop_payments
from aftersales.stores.shop_import import import_shop
from tests.contract.providers import PROVIDERS, PaymentWorld, open_payments
from tests.databases import DATABASES, open_database
from tests.shop_data import SetClock, customer, order, product, raw

WAIT = timedelta(seconds=30)


@pytest.fixture(params=PROVIDERS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PaymentWorld]:
    async with open_payments(request.param, tmp_path) as world:
        yield world


def yuan(amount: str) -> Money:
    return Money.parse(amount, "CNY")


async def ask(world: PaymentWorld, amount: str, key: str = "k") -> ProviderRefund:
    payment = await world.payment()
    return await world.payments.refund(payment, amount=yuan(amount), key=key, reason="no_longer_needed")


async def refunded(world: PaymentWorld) -> Money:
    return (await world.payment()).refunded


async def test_a_refund_settles_and_is_found_by_its_key(world: PaymentWorld) -> None:
    made = await ask(world, "100.00")
    assert made.status in {"pending", "succeeded"}
    assert made.amount == yuan("100.00")
    await world.settle()
    found = await world.payments.find_refund("k")
    assert found is not None
    assert (found.reference, found.status, found.amount) == (made.reference, "succeeded", yuan("100.00"))
    assert await refunded(world) == yuan("100.00")


async def test_the_same_key_is_the_same_refund(world: PaymentWorld) -> None:
    first = await ask(world, "100.00")
    assert await ask(world, "100.00") == first
    await world.settle()
    again = await ask(world, "100.00")
    assert (again.reference, again.status) == (first.reference, "succeeded")
    assert await refunded(world) == yuan("100.00")


async def test_a_key_used_for_something_else_is_rejected(world: PaymentWorld) -> None:
    await ask(world, "100.00")
    with pytest.raises(ProviderRejected, match="key_reused"):
        await ask(world, "100.01")


async def test_no_refund_is_found_under_an_unused_key(world: PaymentWorld) -> None:
    await ask(world, "100.00", "another")
    assert await world.payments.find_refund("never") is None


async def test_earlier_refunds_count_against_what_is_left(world: PaymentWorld) -> None:
    await ask(world, "1000.00", "a")
    with pytest.raises(ProviderRejected, match="insufficient"):
        await ask(world, "9.01", "b")
    assert await world.payments.find_refund("b") is None
    await ask(world, "9.00", "b")


async def test_senseless_refunds_are_rejected(world: PaymentWorld) -> None:
    payment = await world.payment()
    stranger = Payment(id="x", provider="x", captured=yuan("1"), refunded=yuan("0"))
    for of, amount in (
        (payment, Money(0, "CNY")),
        (payment, Money(-1, "CNY")),
        (payment, Money(1, "USD")),
        (stranger, yuan("1")),
    ):
        with pytest.raises(ProviderRejected):
            await world.payments.refund(of, amount=amount, key="k", reason="other")


async def test_many_parallel_refunds_never_exceed_what_was_captured(world: PaymentWorld) -> None:
    results = await asyncio.gather(*(ask(world, "200.00", f"k{n}") for n in range(12)), return_exceptions=True)
    assert sum(isinstance(result, ProviderRefund) for result in results) == 5
    assert sum(isinstance(result, ProviderRejected) for result in results) == 7
    await world.settle()
    assert await refunded(world) == yuan("1000.00")


async def test_many_parallel_refunds_under_one_key_are_one(world: PaymentWorld) -> None:
    asked = [ask(world, "600.00") for _ in range(world.crowd)]
    assert len({refund.reference for refund in await asyncio.gather(*asked)}) == 1
    await world.settle()
    assert await refunded(world) == yuan("600.00")


async def test_a_provider_without_a_page_to_pay_on_cannot_ask_for_payments(world: PaymentWorld) -> None:
    with pytest.raises(ProviderRejected):
        await world.payments.request_payment(order_id="o1", amount=yuan("30.00"), key="k")
    assert await world.payments.find_payment("k") is None
    await world.payments.cancel_payment("k")


# The embedded provider alone: what it does between a refund and its settlement, and its planned faults


@pytest.fixture(params=DATABASES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    async with open_database(request.param, tmp_path) as engine:
        await import_shop(engine, raw([customer(), product(), order()]))
        yield engine


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def payments(engine: AsyncEngine, clock: SetClock, faults: Faults) -> EmbeddedPayments:
    return EmbeddedPayments(engine, clock, settle_after=WAIT, faults=faults)


@pytest.fixture
async def payment(engine: AsyncEngine) -> Payment:
    return await paid(engine)


async def paid(engine: AsyncEngine) -> Payment:
    return (await EmbeddedShop(engine).get_order("o1")).payments[0]


async def give(payments: EmbeddedPayments, payment: Payment, amount: str, key: str = "k") -> ProviderRefund:
    return await payments.refund(payment, amount=yuan(amount), key=key, reason="no_longer_needed")


async def test_a_refund_waits_before_it_is_booked(
    payments: EmbeddedPayments, payment: Payment, clock: SetClock, engine: AsyncEngine
) -> None:
    made = await give(payments, payment, "100.00")
    assert (made.status, (await paid(engine)).refunded) == ("pending", yuan("0"))
    with pytest.raises(ProviderRejected, match="insufficient"):
        await give(payments, payment, "909.01", "more")
    clock.advance(WAIT)
    assert await payments.settle_due() == 1
    assert await payments.settle_due() == 0
    assert (await paid(engine)).refunded == yuan("100.00")


async def test_a_payment_that_cannot_be_paid_back_by_itself_is_rejected(
    payments: EmbeddedPayments, payment: Payment, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(shop_payments).values(supports_auto_refund=False))
    assert not (await paid(engine)).supports_auto_refund
    with pytest.raises(ProviderRejected, match="by_hand"):
        await give(payments, payment, "1.00")
    assert await payments.find_refund("k") is None


async def test_a_lost_answer_is_found_by_its_key_and_not_made_twice(
    payments: EmbeddedPayments, payment: Payment, faults: Faults, clock: SetClock, engine: AsyncEngine
) -> None:
    faults.plan(Fault.LOSE_ANSWER)
    with pytest.raises(OutcomeUnknown):
        await give(payments, payment, "600.00")
    clock.advance(WAIT)
    found = await payments.find_refund("k")
    assert found is not None
    assert found.status == "succeeded"
    await give(payments, payment, "600.00")
    assert (await paid(engine)).refunded == yuan("600.00")


async def test_nothing_happens_when_the_provider_refuses_or_is_away(
    payments: EmbeddedPayments, payment: Payment, faults: Faults
) -> None:
    faults.plan(Fault.REFUSE, Fault.UNAVAILABLE)
    with pytest.raises(ProviderRejected):
        await give(payments, payment, "1009.00")
    with pytest.raises(Unavailable):
        await give(payments, payment, "1009.00")
    assert await payments.find_refund("k") is None
    assert (await give(payments, payment, "1009.00")).status == "pending"


async def test_a_refund_that_fails_to_settle_frees_the_amount(
    payments: EmbeddedPayments, payment: Payment, faults: Faults, clock: SetClock, engine: AsyncEngine
) -> None:
    faults.plan(Fault.FAIL_SETTLEMENT)
    await give(payments, payment, "1009.00")
    clock.advance(WAIT)
    found = await payments.find_refund("k")
    assert found is not None
    assert (found.status, found.failure) == ("failed", "provider_failed")
    assert (await paid(engine)).refunded == yuan("0")
    assert (await give(payments, payment, "1009.00", "again")).status == "pending"


async def test_a_payment_that_shrank_fails_the_refund_at_settlement(
    payments: EmbeddedPayments, payment: Payment, clock: SetClock, engine: AsyncEngine
) -> None:
    await give(payments, payment, "1009.00")
    async with engine.begin() as connection:
        await connection.execute(update(shop_payments).values(captured=50000))
    clock.advance(WAIT)
    found = await payments.find_refund("k")
    assert found is not None
    assert (found.status, found.failure) == ("failed", "insufficient")
    assert (await give(payments, payment, "500.00", "again")).status == "pending"


# Payments that are asked for


@pytest.fixture
def asking(engine: AsyncEngine, clock: SetClock) -> EmbeddedPayments:
    return EmbeddedPayments(engine, clock, settle_after=WAIT, pay_page="https://shop.example/pay/")


async def test_a_payment_is_asked_for_once_per_key(asking: EmbeddedPayments) -> None:
    assert await asking.find_payment("k") is None
    made = await asking.request_payment(order_id="o1", amount=yuan("30.00"), key="k")
    assert (made.status, made.amount, made.payment_id) == ("open", yuan("30.00"), None)
    assert made.link == f"https://shop.example/pay/{made.reference}"
    assert await asking.request_payment(order_id="o1", amount=yuan("30.00"), key="k") == made
    with pytest.raises(ProviderRejected):
        await asking.request_payment(order_id="o1", amount=yuan("31.00"), key="k")


async def test_a_paid_request_is_a_payment_of_the_order_and_can_be_refunded(
    asking: EmbeddedPayments, engine: AsyncEngine, clock: SetClock
) -> None:
    made = await asking.request_payment(order_id="o1", amount=yuan("30.00"), key="k")
    page = EmbeddedPaymentRequests(engine, clock, page="x")
    await asyncio.gather(*(page.pay(made.reference) for _ in range(3)))
    found = await asking.find_payment("k")
    assert found is not None
    order_now = await EmbeddedShop(engine).get_order("o1")
    (payment,) = (payment for payment in order_now.payments if payment.id == found.payment_id)
    assert (found.status, payment.captured, order_now.total) == ("paid", yuan("30.00"), yuan("1039.00"))
    assert (await asking.refund(payment, amount=yuan("30.00"), key="r", reason="x")).status == "pending"
    with pytest.raises(Conflict):
        await asking.cancel_payment("k")


async def test_a_cancelled_request_cannot_be_paid(
    asking: EmbeddedPayments, engine: AsyncEngine, clock: SetClock
) -> None:
    made = await asking.request_payment(order_id="o1", amount=yuan("30.00"), key="k")
    await asking.cancel_payment("k")
    await asking.cancel_payment("k")
    await asking.cancel_payment("another")
    page = EmbeddedPaymentRequests(engine, clock, page="x")
    with pytest.raises(Conflict):
        await page.pay(made.reference)
    with pytest.raises(NotFound):
        await page.pay("another")
