"""Our services on a real Medusa, with the shipped policy and a database of our own: from the wish to the money."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from aftersales.domain.changes import ChangeKind, ChangeState
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import RefundState
from aftersales.domain.returns import ReturnState
from aftersales.services.changes import Wish, quote_change, request_change
from aftersales.services.context import Context
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.returns import quote_return, receive_return, request_return
from aftersales.services.rules import Rules, RulesInForce
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from connectors.medusa.changes import OrderLocks
from connectors.medusa.payments import MedusaPayments
from runtime.clock import SystemClock
from runtime.settings import Settings
from runtime.shops import payment_ids
from tests.connectors.medusa import goods
from tests.connectors.medusa.admin import Admin, shopper_client
from tests.connectors.medusa.running import store
from tests.connectors.medusa.world import MedusaWorld, open_medusa
from tests.databases import open_database
from tests.fakes import FakeBot, FakeTexts
from tests.fronts import serving
from tests.goods import shipped_faq, shipped_policy

pytestmark = pytest.mark.medusa


@dataclass(frozen=True, slots=True)
class Service:
    """The services over a Medusa in which a guest has ordered three pairs at 19.99, with tax and postage 71.47."""

    ctx: Context
    world: MedusaWorld
    order_id: str

    async def order(self) -> Order:
        return await self.ctx.shop.get_order(self.order_id)

    async def work(self) -> None:
        """What the worker does."""
        await submit_due(self.ctx)
        await reconcile_due(self.ctx)

    async def refund_states(self, cause_id: str) -> list[tuple[RefundState, int]]:
        async with self.ctx.unit_of_work() as uow:
            return [(refund.state, refund.amount.minor) for refund in await uow.refunds.of_cause(cause_id)]

    async def booked(self, payment_id: str) -> list[tuple[RefundState, int]]:
        async with self.ctx.unit_of_work() as uow:
            return [(refund.state, refund.amount.minor) for refund in await uow.refunds.of_payment(payment_id)]

    async def paid_back(self) -> list[float]:
        """The refunds as Medusa tells them."""
        order = (await self.world.admin.get(f"/admin/orders/{self.order_id}"))["order"]
        payments = [payment for paid in order["payment_collections"] for payment in paid["payments"]]
        return [refund["amount"] for payment in payments for refund in payment["refunds"]]


@asynccontextmanager
async def open_service(folder: Path) -> AsyncIterator[Service]:
    async with open_database("sqlite", folder) as engine, open_medusa() as world:
        unit_of_work = SqlUnitOfWorkFactory(engine)
        payments = MedusaPayments(world.client, locks=OrderLocks(), payment_id_of=payment_ids(unit_of_work))
        ctx = Context(
            unit_of_work=unit_of_work,
            shop=world.bare,
            payments=payments,
            rules=Rules(RulesInForce(policy=shipped_policy(), faq=shipped_faq())),
            texts=FakeTexts(),
            clock=SystemClock(),
            zone=ZoneInfo("Asia/Shanghai"),
            promise=timedelta(hours=24),
        )
        yield Service(ctx, world, await _ordered(world))


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with open_service(tmp_path) as opened:
        yield opened


async def _ordered(world: MedusaWorld) -> str:
    """Ordered in the storefront and paid; nothing is sent."""
    product = await goods.make_product(world.admin, store(), prices={"41": {"usd": 19.99}})
    async with shopper_client(store()) as http:
        order_id = await goods.order_by_cart(
            Admin(http),
            store(),
            email="emma@example.com",
            items=[(product.variants["41"], 3)],
            region=store().taxed,
        )
    await goods.capture(world.admin, order_id)
    return order_id


async def test_a_return_goes_from_the_wish_to_the_money(service: Service) -> None:
    await goods.hand_over(service.world.admin, store(), service.order_id)
    order = await service.order()
    items, reason = [(order.lines[0].id, 2)], Reason.WRONG_SIZE
    quote = await quote_return(service.ctx, order=order, items=items, reason=reason)
    assert quote.decision.amount == Money(4398, "USD")  # two thirds of 65.967, which is 65.97
    item = await request_return(
        service.ctx,
        customer_id=order.customer.id,
        order_number=order.number,
        items=items,
        reason=reason,
        channel="web",
        key="k1",
        agreed=quote.decision.amount,
    )
    assert item.state is ReturnState.AWAITING_PARCEL
    assert (await service.order()).lines[0].return_requested == 2
    item = await receive_return(service.ctx, number=item.number, actor="agent:a1")
    assert (await service.order()).lines[0].returned == 2
    await service.work()
    async with service.ctx.unit_of_work() as uow:
        assert (await uow.returns.get(item.id)).state is ReturnState.CLOSED
    assert await service.refund_states(item.id) == [(RefundState.SUCCEEDED, 4398)]
    assert await service.paid_back() == [43.98]
    assert (await service.order()).payments[0].refundable == Money(7147 - 4398, "USD")


async def test_what_medusa_pays_back_for_a_cancelled_order_is_not_paid_twice(service: Service) -> None:
    order = await service.order()
    wish = Wish(kind=ChangeKind.CANCEL, units={order.lines[0].id: 3})
    quote = await quote_change(service.ctx, order=order, wish=wish)
    assert quote.amount == Money(7147, "USD")
    change = await request_change(
        service.ctx,
        customer_id=order.customer.id,
        order_number=order.number,
        wish=wish,
        agreed=quote.amount,
        channel="web",
        key="k1",
    )
    assert change.state is ChangeState.APPLIED
    assert (await service.order()).status == "cancelled"
    await service.work()
    assert await service.refund_states(change.id) == [(RefundState.EXTERNAL, 7147)]
    assert await service.paid_back() == [71.467]


async def test_part_of_an_order_that_is_cancelled_is_paid_back_by_us(service: Service) -> None:
    order = await service.order()
    wish = Wish(kind=ChangeKind.CANCEL, units={order.lines[0].id: 1})
    quote = await quote_change(service.ctx, order=order, wish=wish)
    change = await request_change(
        service.ctx,
        customer_id=order.customer.id,
        order_number=order.number,
        wish=wish,
        agreed=quote.amount,
        channel="web",
        key="k1",
    )
    await service.work()
    assert await service.refund_states(change.id) == [(RefundState.SUCCEEDED, 2199)]
    assert await service.paid_back() == [21.99]
    left = await service.order()
    assert (left.lines[0].unsent, left.lines[0].paid, left.status) == (2, Money(4398, "USD"), "partly_refunded")


async def test_a_refund_that_the_shopkeeper_makes_is_told_by_our_subscriber_and_booked(
    service: Service, tmp_path: Path
) -> None:
    settings = Settings(
        _env_file=None,
        data=tmp_path,
        demo=False,
        shop="medusa",
        merchant_key=SecretStr("merchant-key-of-the-tests-0123456789"),
        site_token_key=SecretStr("site-key-of-the-tests-0123456789abcdef"),
        medusa_webhook_secret=SecretStr(store().notices_secret),
    )
    payment = (await service.order()).payments[0]
    async with serving(settings, service.ctx, FakeBot(), port=store().notices_port):
        await service.world.admin.post(f"/admin/payments/{payment.id}/refund", {"amount": 5, "note": "sorry"})
        async with asyncio.timeout(30):
            while not (booked := await service.booked(payment.id)):
                await asyncio.sleep(0.2)
    assert booked == [(RefundState.EXTERNAL, 500)]
