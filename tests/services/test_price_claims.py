"""A customer's own claim that prices fell: by the shop's prices alone, once, as any other refund."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.money import Money
from aftersales.domain.policy_rules import Policy
from aftersales.domain.price_drops import Nothing
from aftersales.domain.promises import PromiseKind
from aftersales.domain.refunds import RefundState
from aftersales.services.price_protection import check_price_drops, claim_price_drops, waits_for_people
from tests.databases import DATABASES
from tests.goods import NUMBER, SHOES, SOCKS, Goods, open_goods, shipped_policy, under, yuan
from tests.services.test_refunds import run_out


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        await opened.set_price(f"{SHOES}-v", 11900)  # two were bought for 129.00 each
        yield opened


async def nothing(goods: Goods) -> Nothing | None:
    check = await check_price_drops(goods.ctx, customer_id="c-lin", order_number=NUMBER)
    assert bool(check.drops) is (check.nothing is None)
    return check.nothing


async def claim(goods: Goods, agreed: Money, *, customer: str = "c-lin") -> Sequence[Adjustment]:
    return await claim_price_drops(
        goods.ctx,
        customer_id=customer,
        order_number=NUMBER,
        agreed=agreed,
        conversation_id="conv-1",
        channel="web",
    )


async def test_what_is_owed_is_told_line_by_line(goods: Goods) -> None:
    check = await check_price_drops(goods.ctx, customer_id="c-lin", order_number=NUMBER)
    [drop] = check.drops
    assert (drop.line_id, drop.units, drop.paid, drop.now) == (SHOES, 2, yuan("258.00"), yuan("238.00"))
    assert check.owed == drop.amount == yuan("20.00")


async def test_a_claim_is_refunded_and_its_day_promised(goods: Goods) -> None:
    [item] = await claim(goods, yuan("20.00"))
    assert (item.case_number, item.conversation_id) == (None, "conv-1")
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        [promise] = await uow.promises.open_of(item.id)
    assert (promise.kind, promise.amount) == (PromiseKind.REFUND_BY, yuan("20.00"))
    [entry] = await goods.journal("adjustment", item.id)
    assert (entry.actor, entry.channel) == ("customer:c-lin", "web")
    assert not await waits_for_people(goods.ctx, [item])
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 2000, "p-card": 0}
    assert (await goods.news())[-1] == "utter_refunds_succeeded"
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        assert await uow.promises.open_of(item.id) == []


async def test_above_the_automatic_limit_people_agree_first(goods: Goods) -> None:
    policy = shipped_policy()
    limit = replace(policy.automatic_limit, amounts={"CNY": yuan("19.99")})
    strict = replace(goods, ctx=under(goods.ctx, policy=replace(policy, automatic_limit=limit)))
    items = await claim(strict, yuan("20.00"))
    assert await waits_for_people(goods.ctx, items)


async def test_many_who_claim_at_once_are_paid_once(goods: Goods) -> None:
    done = await asyncio.gather(*(claim(goods, yuan("20.00")) for _ in range(6)))
    assert {item.id for items in done for item in items} == {done[0][0].id}
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        refunds = await uow.refunds.of_cause(done[0][0].id)
    assert [(refund.amount, refund.state) for refund in refunds] == [(yuan("20.00"), RefundState.CREATED)]


@pytest.mark.parametrize("agreed", ["19.99", "20.01", "2000.00"])
async def test_another_sum_than_is_owed_is_not_filed(goods: Goods, agreed: str) -> None:
    with pytest.raises(Conflict):
        await claim(goods, yuan(agreed))


async def test_another_customers_order_is_not_found(goods: Goods) -> None:
    with pytest.raises(NotFound):
        await claim(goods, yuan("20.00"), customer="c-emma")
    with pytest.raises(NotFound):
        await check_price_drops(goods.ctx, customer_id="c-emma", order_number=NUMBER)


async def test_why_nothing_is_owed(goods: Goods) -> None:
    assert await nothing(goods) is None
    await claim(goods, yuan("20.00"))
    assert await nothing(goods) is Nothing.NOT_LOWER  # socks and coat may still fall
    await goods.set_price(f"{SOCKS}-v", 2900)
    assert await nothing(goods) is None
    goods.clock.advance(days=12)
    assert await nothing(goods) is Nothing.TOO_LATE


async def test_goods_that_are_left_out_are_told_so(goods: Goods) -> None:
    rules: Policy = goods.ctx.policy
    nobody = replace(rules.refunds.price_protection, days=1)
    refunds = replace(rules.refunds, price_protection=nobody)
    strict = replace(goods, ctx=under(goods.ctx, policy=replace(rules, refunds=refunds)))
    assert await nothing(strict) is Nothing.TOO_LATE
