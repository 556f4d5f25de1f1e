"""What every shop backend that can exchange owes to the services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.money import Money
from aftersales.ports import ExchangeLine, ShopBackend
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.shop_import import import_shop
from aftersales.stores.shop_import_report import ImportRejectedError
from tests.contract.shops import ABLE, ShopWorld, open_shop
from tests.databases import WAYS, open_database
from tests.shop_data import customer, order, product, raw


@pytest.fixture(params=ABLE)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ShopWorld]:
    async with open_shop(request.param, tmp_path) as world:
        yield world


@pytest.fixture
def shop(world: ShopWorld) -> ShopBackend:
    return world.shop


def line(quantity: int = 1, *, line_id: str = "o1-a", variant: str = "shoe-42", paid: int = 41900) -> ExchangeLine:
    return ExchangeLine(line_id=line_id, quantity=quantity, variant_id=variant, paid=Money(paid, "CNY"))


async def ask(shop: ShopBackend, *lines: ExchangeLine, key: str = "k") -> str:
    return await shop.request_exchange(order_id="o1", lines=lines or [line()], key=key)


async def stock(shop: ShopBackend) -> int:
    return next(variant.stock for variant in await shop.list_variants("shoe") if variant.id == "shoe-42")


async def test_an_exchange_marks_units_and_reserves_stock_once_per_key(shop: ShopBackend) -> None:
    assert (await shop.capabilities()).exchanges
    reference = await ask(shop)
    assert await ask(shop) == reference
    assert (await shop.get_order("o1")).line("o1-a").return_requested == 1
    assert await stock(shop) == 4


async def test_too_little_stock_is_a_conflict_of_its_own_and_marks_nothing(shop: ShopBackend) -> None:
    await ask(shop, line(3, line_id="o1-b"), key="first")
    with pytest.raises(Conflict) as short:
        await ask(shop, line(1, line_id="o1-b"), key="units")
    assert short.value.detail != "out_of_stock"
    await shop.cancel_return(await ask(shop, line(3, line_id="o1-b"), key="first"))
    again = [line(3, line_id="o1-b"), line(1)]
    await ask(shop, *again, key="four")
    assert await stock(shop) == 1


async def test_of_many_who_want_the_last_ones_two_get_them(world: ShopWorld) -> None:
    shop = world.shop
    await ask(shop, line(3, line_id="o1-b", paid=3), key="a")
    await world.add_delivered(*(f"x{n}" for n in range(4)))
    asked = [
        shop.request_exchange(order_id=f"x{n}", lines=[line(1, line_id=f"x{n}-a")], key=f"k{n}") for n in range(4)
    ]
    results = await asyncio.gather(*asked, return_exceptions=True)
    won = [result for result in results if isinstance(result, str)]
    lost = [result for result in results if isinstance(result, Conflict)]
    assert (len(won), len(lost), await stock(shop)) == (2, 2, 0)
    assert {error.detail for error in lost} == {"out_of_stock"}
    held = [(await shop.get_order(f"x{n}")).line(f"x{n}-a").return_requested for n in range(4)]
    assert sum(held) == 2


async def test_cancelling_gives_units_and_stock_back_once(shop: ShopBackend) -> None:
    reference = await ask(shop)
    await shop.cancel_return(reference)
    await shop.cancel_return(reference)
    assert await stock(shop) == 5
    assert (await shop.get_order("o1")).line("o1-a").returnable == 1
    with pytest.raises(Conflict):
        await shop.ship_replacement(reference)


async def test_the_replacement_goes_out_once_the_units_are_back(shop: ShopBackend) -> None:
    reference = await ask(shop)
    with pytest.raises(Conflict):
        await shop.ship_replacement(reference)
    await shop.receive_return(reference)
    parcel = await shop.ship_replacement(reference)
    assert await shop.ship_replacement(reference) == parcel
    found = await shop.get_order("o1")
    (held,) = parcel.lines
    new = found.line(held[0])
    assert (new.variant_id, new.paid, new.fulfilled) == ("shoe-42", Money(41900, "CNY"), 1)
    assert new.options.en == "size 42"
    assert (len(found.fulfilments), await stock(shop)) == (2, 4)
    assert parcel.carrier == found.fulfilments[0].carrier  # the one that brought the order


async def test_units_are_written_off_once_and_then_sent_again(shop: ShopBackend) -> None:
    reference = await ask(shop, line(variant="shoe-41", paid=39900))
    await shop.write_off_return(reference)
    await shop.write_off_return(reference)
    old = (await shop.get_order("o1")).line("o1-a")
    assert (old.dismissed, old.return_requested, old.returned) == (1, 0, 0)
    with pytest.raises(Conflict):
        await shop.receive_return(reference)
    with pytest.raises(Conflict):
        await shop.cancel_return(reference)
    assert (await shop.ship_replacement(reference)).shipped_at is not None


async def test_what_is_not_there_is_not_found(shop: ShopBackend) -> None:
    plain = await shop.request_return(order_id="o1", lines=[("o1-b", 1)], key="plain")
    await shop.receive_return(plain)
    for missing in (
        ask(shop, line(variant="x")),
        ask(shop, line(line_id="x")),
        shop.ship_replacement("x"),
        shop.ship_replacement(plain),
        shop.write_off_return("x"),
    ):
        with pytest.raises(NotFound):
            await missing
    with pytest.raises(Invalid):
        await ask(shop, line(0))
    assert (await shop.get_order("o1")).line("o1-a").return_requested == 0


@pytest.fixture(params=WAYS)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    async with open_database(request.param, tmp_path) as engine:
        await import_shop(engine, raw([customer(), product(), order()]))
        yield engine


async def test_an_import_does_not_take_away_what_was_sent_in_exchange(engine: AsyncEngine) -> None:
    shop = EmbeddedShop(engine)
    reference = await ask(shop)
    await shop.receive_return(reference)
    await shop.ship_replacement(reference)
    before = await shop.get_order("o1")
    with pytest.raises(ImportRejectedError):
        await import_shop(engine, raw([order()]))
    assert await shop.get_order("o1") == before
