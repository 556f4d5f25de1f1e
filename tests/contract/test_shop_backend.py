"""What every shop backend owes to the services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.errors import Conflict, Invalid, NotFound, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Address
from aftersales.ports import ShopBackend
from aftersales.stores.base import make_engine
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.shop_import import import_shop
from tests.contract.shops import ABLE, SHOPS, ShopWorld, open_shop
from tests.databases import DATABASES, open_database
from tests.shop_data import customer, order, product, raw


@pytest.fixture(params=SHOPS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ShopWorld]:
    async with open_shop(request.param, tmp_path) as world:
        yield world


@pytest.fixture
def shop(world: ShopWorld) -> ShopBackend:
    return world.shop


async def returnable(shop: ShopBackend) -> dict[str, int]:
    return {line.id: line.returnable for line in (await shop.get_order("o1")).lines}


async def test_an_order_is_told_with_all_its_parts(shop: ShopBackend) -> None:
    found = await shop.get_order("o1")
    assert found.customer.name == "林晓雨"
    assert found.status == "delivered"
    assert found.total == Money(100900, "CNY")
    assert [(x.id, x.quantity, x.paid.minor) for x in found.lines] == [("o1-a", 1, 39900), ("o1-b", 3, 60000)]
    assert found.line("o1-a").title.en == "Running shoes"
    assert "42" in found.line("o1-b").options.zh
    assert found.line("o1-a").tags == {"hygiene"}
    assert found.fulfilments[0].lines == (("o1-a", 1), ("o1-b", 3))
    delivered = found.delivered_at("o1-a")
    assert delivered is not None
    assert delivered.utcoffset() == timedelta(0)
    assert found.payments[0].refundable == Money(100900, "CNY")


async def test_an_order_is_found_by_its_exact_number_only(shop: ShopBackend) -> None:
    number = (await shop.get_order("o1")).number
    assert (await shop.find_order(number)).id == "o1"
    for other in (number[:-1], f"{number}0", "%", ""):
        with pytest.raises(NotFound):
            await shop.find_order(other)


async def test_what_is_not_there_is_not_found(shop: ShopBackend) -> None:
    for missing in (
        shop.get_order("x"),
        shop.get_customer("x"),
        shop.cancel_return("x"),
        shop.receive_return("x"),
    ):
        with pytest.raises(NotFound):
            await missing
    assert await shop.list_orders("x") == []
    assert await shop.list_variants("x") == []


async def test_orders_come_newest_first_and_limited(world: ShopWorld) -> None:
    await world.add_later("o2")
    assert [found.id for found in await world.shop.list_orders("lin")] == ["o2", "o1"]
    assert [found.id for found in await world.shop.list_orders("lin", limit=1)] == ["o2"]


async def test_variants_carry_price_and_stock(shop: ShopBackend) -> None:
    variants = await shop.list_variants("shoe")
    assert [(v.sku, v.price, v.stock) for v in variants] == [
        ("SHOE-41", Money(39900, "CNY"), 5),
        ("SHOE-42", Money(41900, "CNY"), 5),
    ]


@pytest.mark.parametrize("world", ABLE, indirect=True)
async def test_variants_are_priced_in_the_currency_asked_for(shop: ShopBackend) -> None:
    assert {v.price for v in await shop.list_variants("shoe", currency="USD")} == {Money(5900, "USD")}
    assert await shop.list_variants("shoe", currency="EUR") == []


async def test_a_return_marks_its_units(shop: ShopBackend) -> None:
    await shop.request_return(order_id="o1", lines=[("o1-a", 1), ("o1-b", 2)], key="k")
    assert await returnable(shop) == {"o1-a": 0, "o1-b": 1}
    assert (await shop.get_order("o1")).line("o1-b").return_requested == 2


async def test_the_same_key_gives_the_same_return_and_marks_nothing_more(shop: ShopBackend) -> None:
    first = await shop.request_return(order_id="o1", lines=[("o1-b", 1)], key="k")
    assert await shop.request_return(order_id="o1", lines=[("o1-b", 1)], key="k") == first
    assert await returnable(shop) == {"o1-a": 1, "o1-b": 2}


async def test_too_many_units_are_a_conflict_and_mark_nothing(shop: ShopBackend) -> None:
    for lines in ([("o1-b", 4)], [("o1-a", 1), ("o1-b", 4)], [("o1-b", 2), ("o1-b", 2)]):
        with pytest.raises(Conflict):
            await shop.request_return(order_id="o1", lines=lines, key="k")
    assert await returnable(shop) == {"o1-a": 1, "o1-b": 3}
    await shop.request_return(order_id="o1", lines=[("o1-b", 3)], key="k")


async def test_a_line_of_another_order_is_not_found(world: ShopWorld) -> None:
    await world.add_unsent("o2")
    for order_id, line_id in (("o1", "o2-a"), ("o1", "x"), ("x", "o1-a")):
        with pytest.raises(NotFound):
            await world.shop.request_return(order_id=order_id, lines=[(line_id, 1)], key="k")


async def test_no_units_at_all_are_invalid(shop: ShopBackend) -> None:
    for lines in ([], [("o1-a", 0)], [("o1-a", -1)]):
        with pytest.raises(Invalid):
            await shop.request_return(order_id="o1", lines=lines, key="k")


async def test_a_cancelled_return_frees_its_units_once(shop: ShopBackend) -> None:
    reference = await shop.request_return(order_id="o1", lines=[("o1-b", 2)], key="k")
    await shop.cancel_return(reference)
    await shop.cancel_return(reference)
    assert await returnable(shop) == {"o1-a": 1, "o1-b": 3}
    with pytest.raises(Conflict):
        await shop.receive_return(reference)


async def test_a_received_return_is_booked_once(shop: ShopBackend) -> None:
    reference = await shop.request_return(order_id="o1", lines=[("o1-b", 2)], key="k")
    await shop.receive_return(reference)
    await shop.receive_return(reference)
    line = (await shop.get_order("o1")).line("o1-b")
    assert (line.return_requested, line.returned, line.returnable) == (0, 2, 1)
    with pytest.raises(Conflict):
        await shop.cancel_return(reference)


async def test_of_many_parallel_returns_of_the_last_unit_one_wins(world: ShopWorld) -> None:
    shop = world.shop
    asked = [shop.request_return(order_id="o1", lines=[("o1-a", 1)], key=f"k{n}") for n in range(world.crowd)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == world.crowd - 1
    assert (await shop.get_order("o1")).line("o1-a").return_requested == 1


async def test_many_parallel_requests_under_one_key_are_one_return(world: ShopWorld) -> None:
    shop = world.shop
    asked = [shop.request_return(order_id="o1", lines=[("o1-b", 1)], key="k") for _ in range(world.crowd)]
    assert len(set(await asyncio.gather(*asked))) == 1
    assert (await shop.get_order("o1")).line("o1-b").return_requested == 1


async def test_receiving_and_cancelling_at_once_ends_in_one_of_them(shop: ShopBackend) -> None:
    reference = await shop.request_return(order_id="o1", lines=[("o1-b", 3)], key="k")
    ends = [shop.receive_return(reference), shop.cancel_return(reference)]
    results = await asyncio.gather(*ends, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 1
    line = (await shop.get_order("o1")).line("o1-b")
    assert (line.return_requested, line.returned) in ((0, 3), (0, 0))


async def test_health_is_silent_when_well(shop: ShopBackend) -> None:
    await shop.health()
    assert (await shop.capabilities()).partial_refunds


@pytest.fixture
async def unsent(world: ShopWorld) -> ShopBackend:
    """Order o2: line o2-a of one unit and o2-b of three, nothing of it sent."""
    await world.add_unsent("o2")
    return world.shop


async def unsent_units(shop: ShopBackend) -> dict[str, int]:
    return {line.id: line.unsent for line in (await shop.get_order("o2")).lines}


async def stock(shop: ShopBackend) -> dict[str, int]:
    return {variant.id: variant.stock for variant in await shop.list_variants("shoe")}


@pytest.mark.parametrize("world", ABLE, indirect=True)
async def test_cancelled_units_leave_the_order_and_are_on_sale_again(unsent: ShopBackend) -> None:
    for _ in range(2):  # the same key changes nothing more
        await unsent.cancel_units(order_id="o2", units=[("o2-b", 1), ("o2-b", 1)], key="k")
    assert await unsent_units(unsent) == {"o2-a": 1, "o2-b": 1}
    assert (await stock(unsent))["shoe-42"] == 7
    assert (await unsent.get_order("o2")).status == "paid"
    await unsent.cancel_units(order_id="o2", units=[("o2-a", 1), ("o2-b", 1)], key="k2")
    found = await unsent.get_order("o2")
    assert (found.status, found.cancelled_at is not None) == ("cancelled", True)


async def test_more_units_than_are_unsent_are_a_conflict_and_none_is_cancelled(unsent: ShopBackend) -> None:
    for units in ([("o2-a", 1), ("o2-b", 4)], [("o1-a", 1)]):
        order_id = units[0][0][:2]
        with pytest.raises(Conflict):
            await unsent.cancel_units(order_id=order_id, units=units, key="k")
    assert await unsent_units(unsent) == {"o2-a": 1, "o2-b": 3}
    with pytest.raises(NotFound):
        await unsent.cancel_units(order_id="o2", units=[("o1-a", 1)], key="k")
    with pytest.raises(NotFound):
        await unsent.cancel_units(order_id="x", units=[("o2-a", 1)], key="k")
    with pytest.raises(Invalid):
        await unsent.cancel_units(order_id="o2", units=[], key="k")


@pytest.mark.parametrize("world", ABLE, indirect=True)
async def test_of_many_parallel_cancellations_of_the_last_units_one_wins(
    world: ShopWorld, unsent: ShopBackend
) -> None:
    asked = (unsent.cancel_units(order_id="o2", units=[("o2-b", 3)], key=f"k{n}") for n in range(world.crowd))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [outcome for outcome in outcomes if not isinstance(outcome, Conflict)] == [None]
    units = await unsent_units(unsent)
    assert (units["o2-a"], units.get("o2-b", 0)) == (1, 0)  # a shop may forget a line of which nothing is left


async def test_an_address_is_written_until_something_was_sent(unsent: ShopBackend) -> None:
    address = Address(name="李雷", phone="+8613800000000", lines=("世纪大道 100 号",), city="上海")
    await unsent.change_address(order_id="o2", address=address, key="k")
    assert (await unsent.get_order("o2")).address == address
    with pytest.raises(Conflict):
        await unsent.change_address(order_id="o1", address=address, key="k1")
    with pytest.raises(NotFound):
        await unsent.change_address(order_id="x", address=address, key="k2")


@pytest.mark.parametrize("world", ABLE, indirect=True)
async def test_a_line_becomes_another_variant_with_its_stock(unsent: ShopBackend) -> None:
    paid = Money(57000, "CNY")
    wanted: dict[str, Any] = {"order_id": "o2", "line_id": "o2-b", "variant_id": "shoe-41", "paid": paid}
    for _ in range(2):
        await unsent.change_variant(**wanted, key="k")
    found = await unsent.get_order("o2")
    line = found.line("o2-b")
    assert (line.variant_id, "41" in line.options.zh, line.paid.minor) == ("shoe-41", True, 57000)
    assert found.total.minor == 100900 - 3000
    assert await stock(unsent) == {"shoe-41": 2, "shoe-42": 8}
    with pytest.raises(Conflict):  # two are left
        await unsent.change_variant(**(wanted | {"order_id": "o1", "line_id": "o1-b"}), key="k1")
    with pytest.raises(NotFound):
        await unsent.change_variant(**(wanted | {"variant_id": "x"}), key="k2")


# The embedded shop alone


@pytest.fixture(params=DATABASES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    async with open_database(request.param, tmp_path) as engine:
        await import_shop(engine, raw([customer(), product(), order(), order("o0")]))
        yield engine


async def test_the_number_of_queries_does_not_grow_with_the_orders(engine: AsyncEngine) -> None:
    statements: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await EmbeddedShop(engine).list_orders("lin", limit=1)
    one = sum(statement.startswith("SELECT") for statement in statements)
    statements.clear()
    await EmbeddedShop(engine).list_orders("lin", limit=20)
    assert sum(statement.startswith("SELECT") for statement in statements) == one == 6


async def test_reading_does_not_wait_for_a_writer(engine: AsyncEngine) -> None:
    async with engine.begin():
        found = await asyncio.wait_for(EmbeddedShop(engine).get_order("o1"), timeout=2)
    assert found.id == "o1"


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for url in (
        f"sqlite+aiosqlite:///{tmp_path}/none/shop.sqlite3",
        "postgresql+asyncpg://nobody@127.0.0.1:1/none",
    ):
        lost = make_engine(url)
        with pytest.raises(Unavailable):
            await EmbeddedShop(lost).health()
        with pytest.raises(Unavailable):
            await EmbeddedShop(lost).cancel_return("x")
        await lost.dispose()
