from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aftersales.domain.conversations import Owner
from aftersales.domain.errors import NotFound, Unavailable
from aftersales.services.access import access_order, access_orders, conversation_customer, normal_number
from tests.talks import World, open_world

LIN_ORDER = "RD2026110100001"
EMMA_ORDER = "RD2026110100002"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world("sqlite", tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    "typed",
    [
        "RD2026110100001",
        "#rd20261101-00001",
        " rd 20261101 00001 ",
        "ＲＤ２０２６１１０１０００01",
        "＃RD20261101—00001",
        "RD\u200b20261101\u201000001\u00a0",
    ],
)
def test_an_order_number_is_known_however_it_is_typed(typed: str) -> None:
    assert normal_number(typed) == LIN_ORDER


async def test_a_customer_sees_their_own_order(world: World) -> None:
    order = await access_order(world.ctx, customer_id="c-lin", number="rd20261101-00001")
    assert order.number == LIN_ORDER


@pytest.mark.parametrize("customer_id", ["c-lin", None, ""])
@pytest.mark.parametrize("number", [EMMA_ORDER, "RD2026110199999", "", "#", "9" * 5000])
async def test_missing_and_not_yours_are_one_error(world: World, customer_id: str | None, number: str) -> None:
    with pytest.raises(NotFound) as refused:
        await access_order(world.ctx, customer_id=customer_id, number=number)
    assert (str(refused.value), refused.value.__cause__) == ("order", None)


async def test_a_guest_sees_no_order_even_by_its_right_number(world: World) -> None:
    with pytest.raises(NotFound):
        await access_order(world.ctx, customer_id=None, number=LIN_ORDER)
    assert await access_orders(world.ctx, customer_id=None) == ()


async def test_a_customer_lists_their_own_orders(world: World) -> None:
    orders = await access_orders(world.ctx, customer_id="c-emma")
    assert [order.number for order in orders] == [EMMA_ORDER]


async def test_a_shop_that_is_away_is_not_a_missing_order(world: World) -> None:
    world.shop.down = True
    with pytest.raises(Unavailable):
        await access_order(world.ctx, customer_id="c-lin", number=LIN_ORDER)


async def test_the_customer_of_a_conversation_is_who_signed_in(world: World) -> None:
    guest, lin = await world.talk(), await world.talk(customer_id="c-lin")
    assert await conversation_customer(world.ctx, conversation_id=guest.id) is None
    assert await conversation_customer(world.ctx, conversation_id=lin.id) == "c-lin"
    await world.move(lin, Owner.CLOSED)
    assert await conversation_customer(world.ctx, conversation_id=lin.id) is None
    with pytest.raises(NotFound):
        await conversation_customer(world.ctx, conversation_id="nobody")
