"""Orders, returns and changes at a fake Shopify: what goes wrong there, and what Shopify cannot do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from aftersales.domain.errors import Conflict, Invalid, NotFound, OutcomeUnknown, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Address
from aftersales.ports import ExchangeLine
from tests.connectors.shopify.fake_orders import money
from tests.connectors.shopify.graph import page
from tests.connectors.shopify.world import ShopifyWorld, open_shopify

NEW = Address(
    name="Emma Brown", phone="+8613800000000", lines=("1 Main St", "Flat 2", "Rear"), city="York", region="ON"
)


@pytest.fixture
async def world() -> AsyncIterator[ShopifyWorld]:
    async with open_shopify() as world:
        yield world


async def test_a_search_that_finds_more_than_the_name_gives_no_other_order(world: ShopifyWorld) -> None:
    for name, number in (("o2", "#100001"), ("o3", "#X10000"), ("o4", "#RD-1000")):
        world.add(name).fields["name"] = number
    assert (await world.shop.find_order("10000")).id == "o1"
    for other in ("1000", "0000", "10000 OR name:100001", "10000*", "#10000"):
        with pytest.raises(NotFound):
            await world.shop.find_order(other)


async def test_the_right_order_is_found_behind_a_page_of_others(world: ShopifyWorld) -> None:
    for n in range(60):
        world.add(f"x{n}", placed_at="2026-11-20T02:00:00Z").fields["name"] = f"#10000{n:02d}"
    assert (await world.shop.find_order("10000")).id == "o1"
    assert world.fake.requests.count("OrdersByName") == 2


async def test_orders_of_somebody_else_are_never_in_a_list(world: ShopifyWorld) -> None:
    order = world.add("o2")
    order.fields["customer"] = order.fields["customer"] | {"id": "gid://shopify/Customer/9"}
    world.add("o3").fields["customer"] = None
    assert [found.id for found in await world.shop.list_orders("lin")] == ["o1"]
    with pytest.raises(NotFound):
        await world.shop.get_order("o3")


async def test_the_customer_speaks_the_language_of_the_order(world: ShopifyWorld) -> None:
    for locale, language in (("en-GB", "en"), ("zh-TW", "zh"), ("fr", "en"), (None, "zh")):
        world.order().fields["customerLocale"] = locale
        assert (await world.shop.get_order("o1")).customer.language == language
    found = await world.shop.get_customer("lin")
    assert (found.email, found.segments) == ("lin@example.cn", frozenset({"vip"}))


async def test_what_was_paid_for_a_line_has_its_discounts_and_taxes(world: ShopifyWorld) -> None:
    order = world.order()
    off = [{"allocatedAmountSet": money(Decimal(part), "CNY")} for part in ("33.33", "0.01")]
    tax = [{"priceSet": money(Decimal("13.00"), "CNY")}]
    order.lines[1] |= {"discountAllocations": off, "taxLines": tax}
    assert (await world.shop.get_order("o1")).line("o1-b").paid == Money(56666, "CNY")
    order.fields["taxesIncluded"] = False
    assert (await world.shop.get_order("o1")).line("o1-b").paid == Money(57966, "CNY")


async def test_long_orders_are_read_to_their_end(world: ShopifyWorld) -> None:
    order = world.order()
    order.lines += [order.lines[0] | {"id": f"gid://shopify/LineItem/{n}"} for n in range(90_000, 90_070)]
    order.parcels.clear()
    order.send(world.fake.new_id)
    found = await world.shop.get_order("o1")
    assert len(found.lines) == len(found.fulfilments[0].lines) == 72
    assert all(line.fulfilled == line.quantity for line in found.lines)


async def test_an_order_of_which_a_part_is_not_told_is_not_told_by_half(world: ShopifyWorld) -> None:
    order = world.order()
    order.transactions += [order.transactions[0]] * 60
    with pytest.raises(Unavailable):
        await world.shop.get_order("o1")
    del order.transactions[1:]
    order.parcels *= 11
    with pytest.raises(Unavailable):
        await world.shop.get_order("o1")


async def test_units_that_shopify_lets_nobody_return_are_not_returnable(world: ShopifyWorld) -> None:
    order = world.order()
    order.returnable = list  # type: ignore[method-assign]
    assert [line.returnable for line in (await world.shop.get_order("o1")).lines] == [0, 0]
    with pytest.raises(Conflict):
        await world.shop.request_return(order_id="o1", lines=[("o1-a", 1)], key="k")


async def test_a_parcel_that_was_cancelled_was_not_sent(world: ShopifyWorld) -> None:
    world.order().parcels[0]["status"] = "CANCELLED"
    world.order().returnable = list  # type: ignore[method-assign]
    found = await world.shop.get_order("o1")
    assert (found.fulfilments, found.line("o1-b").fulfilled) == ((), 0)


async def test_a_return_whose_answer_is_lost_is_found_by_its_key(world: ShopifyWorld) -> None:
    world.fake.lose = "ReturnCreate"
    asked: dict[str, Any] = {"order_id": "o1", "lines": [("o1-b", 2)], "key": "k"}
    with pytest.raises(OutcomeUnknown):
        await world.shop.request_return(**asked)
    reference = await world.shop.request_return(**asked)
    assert len(world.order().returns) == 1
    world.fake.lose = "ReturnProcess"
    with pytest.raises(OutcomeUnknown):
        await world.shop.receive_return(reference)
    await world.shop.receive_return(reference)
    assert (await world.shop.get_order("o1")).line("o1-b").returned == 2


async def test_units_of_several_parcels_come_back_in_one_return(world: ShopifyWorld) -> None:
    order = world.order()
    first, second = order.parcels[0], dict(order.parcels[0])
    packed = first["packed"][1]
    halves = [packed | {"quantity": 1}, packed | {"id": "gid://shopify/FulfillmentLineItem/77", "quantity": 2}]
    for parcel, half in ((first, halves[0]), (second, halves[1])):
        parcel |= {"packed": [half], "fulfillmentLineItems": page([half])}
    order.parcels = [first, second]
    await world.shop.request_return(order_id="o1", lines=[("o1-b", 3)], key="k")
    (filed,) = order.returns.values()
    assert [line["quantity"] for line in filed["lines"]] == [1, 2]
    assert (await world.shop.get_order("o1")).line("o1-b").return_requested == 3


async def test_what_never_came_is_missing_and_not_put_back(world: ShopifyWorld) -> None:
    reference = await world.shop.request_return(order_id="o1", lines=[("o1-b", 2)], key="k")
    for _ in range(2):
        await world.shop.write_off_return(reference)
    line = (await world.shop.get_order("o1")).line("o1-b")
    assert (line.returned, line.dismissed, line.returnable) == (0, 2, 1)
    with pytest.raises(Conflict):
        await world.shop.receive_return(reference)


async def test_what_was_booked_in_the_admin_is_not_booked_again(world: ShopifyWorld) -> None:
    reference = await world.shop.request_return(order_id="o1", lines=[("o1-b", 2)], key="k")
    (filed,) = world.order().returns.values()
    filed["status"] = "CLOSED"
    filed["lines"][0] |= {"processedQuantity": 2, "unprocessedQuantity": 0}
    await world.shop.receive_return(reference)
    assert "ReturnProcess" not in world.fake.requests
    with pytest.raises(Conflict):
        await world.shop.cancel_return(reference)


async def cancel(world: ShopifyWorld, *units: tuple[str, int], key: str = "k") -> None:
    whole = units or (("o2-a", 1), ("o2-b", 3))
    await world.shop.cancel_units(order_id="o2", units=whole, key=key)


async def test_a_whole_order_is_cancelled_once_and_pays_nothing_back(world: ShopifyWorld) -> None:
    world.add("o2")
    world.fake.polls = 3
    for _ in range(2):
        await cancel(world)
    assert (world.fake.requests.count("OrderCancel"), world.slept) == (1, [1.0, 1.0, 1.0])
    found = await world.shop.get_order("o2")
    assert (found.status, found.payments[0].refunded) == ("cancelled", Money(0, "CNY"))
    assert [variant.stock for variant in await world.shop.list_variants("shoe")] == [6, 8]
    with pytest.raises(Conflict):
        await cancel(world, key="another")


async def test_a_cancellation_that_is_not_done_yet_is_unknown_and_then_found(world: ShopifyWorld) -> None:
    world.add("o2")
    world.fake.polls = 50
    with pytest.raises(OutcomeUnknown):
        await cancel(world)
    await cancel(world)
    assert world.fake.requests.count("OrderCancel") == 1


async def test_less_than_a_whole_order_comes_to_a_person(world: ShopifyWorld) -> None:
    world.add("o2")
    with pytest.raises(Invalid):
        await cancel(world, ("o2-b", 1))
    variant = ExchangeLine(line_id="o1-a", quantity=1, variant_id="shoe-42", paid=Money(1, "CNY"))
    with pytest.raises(Invalid):
        await world.shop.request_exchange(order_id="o1", lines=[variant], key="k")
    with pytest.raises(Invalid):
        await world.shop.change_variant(
            order_id="o2", line_id="o2-a", variant_id="shoe-42", paid=Money(1, "CNY"), key="k"
        )
    with pytest.raises(NotFound):
        await world.shop.ship_replacement("1")
    able = await world.shop.capabilities()
    assert (able.exchanges, able.change_lines) == (False, False)
    assert not {"OrderCancel", "OrderUpdate", "ReturnCreate"} & set(world.fake.requests)


async def test_an_address_is_written_once_per_key(world: ShopifyWorld) -> None:
    order = world.add("o2")
    world.fake.lose = "OrderUpdate"
    with pytest.raises(OutcomeUnknown):
        await world.shop.change_address(order_id="o2", address=NEW, key="k")
    await world.shop.change_address(order_id="o2", address=NEW, key="k")
    assert world.fake.requests.count("OrderUpdate") == 1
    written = order.fields["shippingAddress"]
    assert (written["firstName"], written["lastName"], written["address2"]) == ("Emma", "Brown", "Flat 2 Rear")
    assert (written["province"], written["countryCodeV2"]) == ("ON", "CN")


async def test_a_token_that_is_not_taken_is_no_health(world: ShopifyWorld) -> None:
    world.fake.token = "another"
    with pytest.raises(Unavailable):
        await world.shop.health()


async def test_a_query_that_fails_on_the_way_is_read_again(world: ShopifyWorld) -> None:
    world.fake.faults = [lambda: httpx.Response(502), lambda: None]
    assert (await world.shop.get_order("o1")).id == "o1"
