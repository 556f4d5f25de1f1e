from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aftersales.services.remembering import remembering
from tests.goods import NUMBER, SHOES, Goods, open_goods


class Counting:
    """A shop that counts how often it is asked for what."""

    def __init__(self, shop: Any) -> None:
        self._shop = shop
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._shop, name)


@pytest.fixture
async def goods(tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods("sqlite", tmp_path) as opened:
        yield opened


@pytest.fixture
def counting(goods: Goods) -> Counting:
    return Counting(goods.ctx.shop)


async def test_what_was_read_is_not_asked_for_again(counting: Any) -> None:
    shop = remembering(counting)
    order = await shop.find_order(NUMBER)
    assert await shop.find_order(NUMBER) is order
    assert await shop.get_order(order.id) is order
    assert counting.asked == ["find_order"]


async def test_listed_orders_need_not_be_fetched_one_by_one(counting: Any) -> None:
    shop = remembering(counting)
    orders = await shop.list_orders("c-lin")
    assert await shop.list_orders("c-lin") is orders
    assert [await shop.find_order(order.number) for order in orders] == list(orders)
    assert counting.asked == ["list_orders"]


async def test_other_questions_get_answers_of_their_own(counting: Any) -> None:
    shop = remembering(counting)
    order = (await shop.list_orders("c-lin"))[0]
    assert len(await shop.list_orders("c-lin", limit=1)) == 1
    assert await shop.list_orders("c-emma") == []
    assert (await shop.get_customer("c-lin")).id == "c-lin"
    product = order.line(SHOES).product_id
    assert await shop.list_variants(product) is await shop.list_variants(product)
    assert await shop.list_variants(product, currency="USD") == []
    assert counting.asked == ["list_orders"] * 3 + ["get_customer"] + ["list_variants"] * 2


async def test_after_a_change_the_shop_is_asked_again(counting: Any) -> None:
    shop = remembering(counting)
    before = await shop.find_order(NUMBER)
    await shop.request_return(order_id=before.id, lines=[(SHOES, 1)], key="k1")
    after = await shop.find_order(NUMBER)
    assert after.line(SHOES).return_requested == before.line(SHOES).return_requested + 1
    assert counting.asked == ["find_order", "request_return", "find_order"]
