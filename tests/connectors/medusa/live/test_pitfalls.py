"""What Medusa does that one would not expect, measured on a real one, and what we make of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from aftersales.domain.errors import Conflict, NotFound, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Address
from connectors.medusa.changes import OrderLocks
from connectors.medusa.client import MedusaClient, MedusaSettings
from connectors.medusa.shop import MedusaShop
from tests.connectors.medusa import goods
from tests.connectors.medusa.admin import Admin, shopper_client
from tests.connectors.medusa.running import store
from tests.connectors.medusa.world import MedusaWorld, open_medusa

pytestmark = pytest.mark.medusa


@pytest.fixture
async def world() -> AsyncIterator[MedusaWorld]:
    async with open_medusa() as world:
        yield world


async def order_from_cart(world: MedusaWorld, *, units: int = 3) -> str:
    """Pairs at 19.99 with 10 % tax and 5.00 postage, ordered by a guest and authorised; the order's id."""
    product = await goods.make_product(world.admin, store(), prices={"41": {"usd": 19.99}})
    async with shopper_client(store()) as http:
        return await goods.order_by_cart(
            Admin(http),
            store(),
            email="guest@example.com",
            items=[(product.variants["41"], units)],
            region=store().taxed,
        )


async def test_filters_that_medusa_does_not_know_are_not_relied_on(world: MedusaWorld) -> None:
    one = (await world.shop.get_order("o1")).number
    ignored = await world.admin.get("/admin/orders", display_id=one, email="nobody@example.cn", fields="id")
    await world.add_unsent("o2")
    assert (await world.admin.get("/admin/orders", display_id=one, fields="id"))["count"] > ignored["count"] > 0
    assert (await world.shop.find_order(one)).id == "o1"
    stranger = await goods.make_customer(world.admin)
    assert await world.bare.list_orders(stranger["id"]) == []
    with pytest.raises(NotFound):  # found by Medusa: it is part of the address's phone number
        await world.shop.find_order("0000000001")


async def test_amounts_that_medusa_does_not_round_are_paid_back_to_the_cent(world: MedusaWorld) -> None:
    order_id = await order_from_cart(world)
    await goods.capture(world.admin, order_id)
    order = await world.bare.get_order(order_id)
    (payment,) = order.payments
    assert (order.total, payment.captured) == (Money(7147, "USD"), Money(7147, "USD"))  # 71.467
    world.payment_id = payment.id
    await world.payments.refund(payment, amount=Money(7147, "USD"), key="all", reason="x")
    with pytest.raises(ProviderRejected, match="insufficient"):  # Medusa itself would still pay 0.001
        await world.payments.refund(payment, amount=Money(1, "USD"), key="more", reason="x")
    assert (await world.bare.get_order(order_id)).status == "refunded"


async def test_dismissed_units_cannot_be_returned_again_though_medusa_would_let_them(world: MedusaWorld) -> None:
    reference = await world.shop.request_return(order_id="o1", lines=[("o1-a", 1)], key="k")
    await world.shop.write_off_return(reference)
    line = (await world.shop.get_order("o1")).line("o1-a")
    assert (line.dismissed, line.returnable, line.paid) == (1, 0, Money(39900, "CNY"))
    with pytest.raises(Conflict):
        await world.shop.request_return(order_id="o1", lines=[("o1-a", 1)], key="again")


async def test_while_somebody_changes_an_order_ours_waits_and_no_money_moves(world: MedusaWorld) -> None:
    await world.add_unsent("o2")
    for name in ("o1", "o2"):
        body = {"order_id": world.names.id(name), "internal_note": "the shopkeeper's own"}
        await world.admin.post("/admin/order-edits", body)
    payment = await world.payment()
    address = Address(name="李雷", phone=None, lines=("世纪大道 100 号",))
    for waiting in (
        world.shop.request_return(order_id="o1", lines=[("o1-a", 1)], key="k"),
        world.shop.cancel_units(order_id="o2", units=[("o2-a", 1), ("o2-b", 3)], key="k"),
        world.shop.cancel_units(order_id="o2", units=[("o2-a", 1)], key="k2"),
        world.shop.change_address(order_id="o2", address=address, key="k3"),
        world.payments.refund(payment, amount=Money(100, "CNY"), key="k", reason="x"),
    ):
        with pytest.raises(Unavailable, match="order_busy"):
            await waiting
    for name in ("o1", "o2"):
        (paid,) = (await world.shop.get_order(name)).payments
        assert paid.refunded == Money(0, "CNY")
        await world.admin.delete(f"/admin/order-edits/{world.names.id(name)}")
    await world.shop.request_return(order_id="o1", lines=[("o1-a", 1)], key="k")


async def test_an_order_that_is_only_authorised_is_cancelled_without_a_refund(world: MedusaWorld) -> None:
    order_id = await order_from_cart(world, units=1)
    order = await world.bare.get_order(order_id)
    assert (order.status, order.payments) == ("unpaid", ())
    await world.bare.cancel_units(order_id=order_id, units=[(order.lines[0].id, 1)], key="k")
    assert (await world.bare.get_order(order_id)).status == "cancelled"


async def test_what_is_packed_can_be_neither_cancelled_nor_sent_elsewhere(world: MedusaWorld) -> None:
    await world.add_unsent("o2")
    await goods.fulfil(world.admin, store(), world.names.id("o2"))
    with pytest.raises(Conflict):
        await world.shop.cancel_units(order_id="o2", units=[("o2-a", 1)], key="k")
    with pytest.raises(Conflict):
        await world.shop.change_address(
            order_id="o2", address=Address(name="李雷", phone=None, lines=("x",)), key="k2"
        )


async def test_goods_that_were_received_at_medusa_itself_are_not_booked_twice(world: MedusaWorld) -> None:
    reference = await world.shop.request_return(order_id="o1", lines=[("o1-b", 2)], key="k")
    path = f"/admin/returns/{reference}"
    await world.admin.post(f"{path}/receive", {})
    await world.admin.post(f"{path}/receive-items", {"items": [{"id": world.names.id("o1-b"), "quantity": 1}]})
    await world.admin.post(f"{path}/receive/confirm")
    await world.shop.receive_return(reference)
    await world.shop.receive_return(reference)
    assert (await world.shop.get_order("o1")).line("o1-b").returned == 2


async def test_a_wrong_key_is_unavailable() -> None:
    client = MedusaClient(MedusaSettings(url=store().url, secret_key="sk_wrong"))
    with pytest.raises(Unavailable):
        await MedusaShop(client, locks=OrderLocks(), language="zh").health()
    await client.close()
