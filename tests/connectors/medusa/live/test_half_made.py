"""What a crash or a lost answer leaves behind at Medusa is found again, and nothing is made twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from aftersales.domain.errors import Conflict, OutcomeUnknown, Unavailable
from aftersales.domain.money import Money
from aftersales.ports import ExchangeLine
from tests.connectors.medusa.lossy import LossyNetwork
from tests.connectors.medusa.world import MedusaWorld, open_medusa

pytestmark = pytest.mark.medusa


@pytest.fixture
def network() -> LossyNetwork:
    return LossyNetwork()


@pytest.fixture
async def world(network: LossyNetwork) -> AsyncIterator[MedusaWorld]:
    """In which what is half made counts as left behind at once."""
    async with open_medusa(transport=network, abandoned_after=timedelta(0)) as world:
        yield world


async def returns_of(world: MedusaWorld, name: str = "o1") -> list[str]:
    """Their states."""
    told = await world.admin.get("/admin/returns", order_id=world.names.id(name), fields="id,status")
    return sorted(row["status"] for row in told["returns"])


async def open_changes(world: MedusaWorld, name: str = "o1") -> list[str]:
    told = await world.admin.get(f"/admin/orders/{world.names.id(name)}/changes", fields="id,status,change_type")
    return [row["change_type"] for row in told["order_changes"] if row["status"] in {"pending", "requested"}]


async def test_a_return_is_made_once_whichever_answer_is_lost(world: MedusaWorld, network: LossyNetwork) -> None:
    for write in range(3):
        network.lose_answer(write)
        with pytest.raises(OutcomeUnknown):
            await world.shop.request_return(order_id="o1", lines=[("o1-b", 1)], key=f"k{write}")
        again = await world.shop.request_return(order_id="o1", lines=[("o1-b", 1)], key=f"k{write}")
        assert await world.shop.request_return(order_id="o1", lines=[("o1-b", 1)], key=f"k{write}") == again
        line = (await world.shop.get_order("o1")).line("o1-b")
        assert (line.return_requested, line.returnable) == (write + 1, 2 - write)
    assert await returns_of(world) == ["requested"] * 3
    assert await open_changes(world) == []


async def test_goods_are_booked_once_whichever_answer_is_lost(world: MedusaWorld, network: LossyNetwork) -> None:
    for write in range(3):
        reference = await world.shop.request_return(order_id="o1", lines=[("o1-b", 1)], key=f"k{write}")
        network.lose_answer(write)
        with pytest.raises(OutcomeUnknown):
            await world.shop.receive_return(reference)
        await world.shop.receive_return(reference)
        line = (await world.shop.get_order("o1")).line("o1-b")
        assert (line.returned, line.return_requested) == (write + 1, 0)
    assert await open_changes(world) == []


async def test_an_exchange_is_made_once_whichever_answer_is_lost(
    world: MedusaWorld, network: LossyNetwork
) -> None:
    for number, write in enumerate((0, 4)):
        wanted = [ExchangeLine(line_id="o1-b", quantity=1, variant_id="shoe-41", paid=Money(20000, "CNY"))]
        network.lose_answer(write)
        with pytest.raises(OutcomeUnknown):
            await world.shop.request_exchange(order_id="o1", lines=wanted, key=f"k{write}")
        await world.shop.request_exchange(order_id="o1", lines=wanted, key=f"k{write}")
        stock = {variant.id: variant.stock for variant in await world.shop.list_variants("shoe")}
        line = (await world.shop.get_order("o1")).line("o1-b")
        assert (stock["shoe-41"], line.return_requested) == (4 - number, number + 1)
    assert await open_changes(world) == []


async def test_a_half_made_change_of_ours_is_left_alone_while_somebody_may_be_at_it(network: LossyNetwork) -> None:
    async with open_medusa(transport=network) as world:
        network.lose_answer()
        with pytest.raises(OutcomeUnknown):
            await world.shop.request_return(order_id="o1", lines=[("o1-b", 1)], key="k")
        for key in ("k", "another"):
            with pytest.raises(Unavailable, match="order_busy"):
                await world.shop.request_return(order_id="o1", lines=[("o1-b", 1)], key=key)
        assert await returns_of(world) == ["open"]


async def test_a_half_made_change_of_ours_does_not_keep_others_out(
    world: MedusaWorld, network: LossyNetwork
) -> None:
    network.lose_answer(1)
    with pytest.raises(OutcomeUnknown):
        await world.shop.request_return(order_id="o1", lines=[("o1-b", 3)], key="left")
    await world.shop.request_return(order_id="o1", lines=[("o1-a", 1)], key="another")
    await world.shop.request_return(order_id="o1", lines=[("o1-b", 3)], key="left")
    assert await returns_of(world) == ["requested", "requested"]


async def test_an_edit_is_made_once_when_its_last_answer_is_lost(
    world: MedusaWorld, network: LossyNetwork
) -> None:
    await world.add_unsent("o2")
    network.lose_answer(2)
    with pytest.raises(OutcomeUnknown):
        await world.shop.cancel_units(order_id="o2", units=[("o2-b", 1)], key="k")
    await world.shop.cancel_units(order_id="o2", units=[("o2-b", 1)], key="k")
    assert (await world.shop.get_order("o2")).line("o2-b").unsent == 2


async def test_a_cancellation_whose_answer_is_lost_is_recognised(
    world: MedusaWorld, network: LossyNetwork
) -> None:
    await world.add_unsent("o2")
    network.lose_answer(1)
    everything = [("o2-a", 1), ("o2-b", 3)]
    with pytest.raises(OutcomeUnknown):
        await world.shop.cancel_units(order_id="o2", units=everything, key="k")
    await world.shop.cancel_units(order_id="o2", units=everything, key="k")
    with pytest.raises(Conflict):
        await world.shop.cancel_units(order_id="o2", units=everything, key="another")
    (payment,) = (await world.shop.get_order("o2")).payments
    assert payment.refunded == payment.captured


async def test_a_refund_whose_answer_is_lost_is_found_and_not_made_again(
    world: MedusaWorld, network: LossyNetwork
) -> None:
    payment, amount = await world.payment(), Money(10000, "CNY")
    network.lose_answer()
    with pytest.raises(OutcomeUnknown):
        await world.payments.refund(payment, amount=amount, key="k", reason="return RT1")
    found = await world.payments.find_refund("k")
    assert found is not None
    assert (found.status, found.amount) == ("succeeded", amount)
    assert (await world.payments.refund(payment, amount=amount, key="k", reason="return RT1")) == found
    assert (await world.payment()).refunded == amount


async def test_a_refund_that_is_paid_though_declined_is_known_to_be_paid(
    world: MedusaWorld, network: LossyNetwork
) -> None:
    """Medusa answers 400 to a refund while a change is open, and has paid by then."""
    payment, amount = await world.payment(), Money(10000, "CNY")

    async def somebody_opens_a_change() -> object:
        return await world.admin.post("/admin/returns", {"order_id": world.names.id("o1")})

    network.before_next_write(somebody_opens_a_change)
    made = await world.payments.refund(payment, amount=amount, key="k", reason="return RT1")
    assert (made.status, made.amount) == ("succeeded", amount)
    assert (await world.payment()).refunded == amount
    later = await world.payments.find_refund("k")
    assert later is not None
    assert later.status == "pending"  # Medusa never booked it: found later, it is not known to be paid
    assert (await world.payments.refund(payment, amount=amount, key="k", reason="x")).reference == made.reference
    assert (await world.payment()).refunded == amount
