"""Statements from the databases: they add up, name who did what, and are read page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.errors import NotFound
from aftersales.domain.refunds import RefundState
from aftersales.domain.statements import Line, Scope, period, totals_by_currency
from aftersales.services import statements
from aftersales.services.statements import read_lines, read_statement, statements_of_customer, walk_lines
from tests.databases import DATABASES
from tests.every_refund import refund_in_every_way
from tests.goods import NUMBER, SOCKS, Goods, open_goods

S = RefundState


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def pages(goods: Goods, scope: Scope) -> list[Sequence[Line]]:
    return [page async for page in walk_lines(goods.ctx, scope)]


async def test_an_order_refunded_in_every_way_adds_up(goods: Goods) -> None:
    await refund_in_every_way(goods)
    statement = await read_statement(goods.ctx, number=NUMBER.lower())
    coupon, card = statement.payments
    for part in statement.payments:
        sums = part.totals
        assert sums.paid == sums.refunded + sums.reserved + sums.forfeited + sums.free
        assert part.unbooked.minor == 0
    assert coupon.totals.refunded.minor == coupon.totals.failed.minor == 0
    assert coupon.totals.forfeited.minor > 0
    assert card.totals.failed.minor > 0
    assert card.totals.reserved.minor == sum(
        line.refund.amount.minor
        for line in statement.lines
        if line.refund.state in {S.CREATED, S.AWAITING_APPROVAL}
    )
    sums = totals_by_currency([statement])["CNY"]
    assert sums.paid.minor == 228800
    assert sums.free.minor == 228800 - 12900 - 5000 - 3000 - 200000
    states = Counter(line.refund.state for line in statement.lines)
    assert states == {
        S.SUCCEEDED: 2,
        S.EXTERNAL: 1,
        S.FAILED: 1,
        S.FORFEITED: 3,  # of each refund its part
        S.CANCELLED: 1,
        S.CREATED: 1,
        S.AWAITING_APPROVAL: 1,
    }


async def test_each_line_says_when_by_whom_and_under_which_rule(goods: Goods) -> None:
    items = await refund_in_every_way(goods)
    lines = (await read_statement(goods.ctx, number=NUMBER)).lines
    assert [line.created.at for line in lines] == sorted(line.created.at for line in lines)
    (by_hand,) = (line for line in lines if line.refund.by_hand)
    assert by_hand.settled is not None
    assert (by_hand.created.actor, by_hand.settled.actor) == ("agent:a1", "agent:a1")
    assert by_hand.refund.provider_reference == "=bank 4711"
    assert (by_hand.rule_id, by_hand.reason) == (items["socks"].rule_id, "wrong_size")
    (released,) = (line for line in lines if line.refund.state is S.CREATED)
    assert [deed.actor for deed in released.approved] == ["agent:wei"]
    assert released.settled is None
    (external,) = (line for line in lines if line.refund.state is S.EXTERNAL)
    assert (external.rule_id, external.settled) == (None, external.created)
    assert external.payment is not None
    assert external.payment.id == "p-card"


async def test_a_customer_has_a_statement_per_order(goods: Goods) -> None:
    await refund_in_every_way(goods)
    found = [one async for one in statements_of_customer(goods.ctx, customer_id="c-lin")]
    assert found == [await read_statement(goods.ctx, number=NUMBER)]
    assert [one async for one in statements_of_customer(goods.ctx, customer_id="c-emma")] == []


async def test_older_orders_of_which_something_was_refunded_are_told_too(
    goods: Goods, monkeypatch: pytest.MonkeyPatch
) -> None:
    await goods.arrived((SOCKS, 1))
    monkeypatch.setattr(statements, "_NEWEST_ORDERS", 0)
    found = [one async for one in statements_of_customer(goods.ctx, customer_id="c-lin")]
    assert [one.order_number for one in found] == [NUMBER]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 200])
async def test_a_period_is_read_page_by_page_with_nothing_twice(
    goods: Goods, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refund_in_every_way(goods)
    monkeypatch.setattr(statements, "PAGE", size)
    today = goods.ctx.today()
    found = await pages(goods, period(today, today, zone=goods.ctx.zone))
    assert all(len(page) <= size for page in found)
    lines = [line for page in found for line in page]
    assert lines == list((await read_statement(goods.ctx, number=NUMBER)).lines)
    day = today - timedelta(days=1)
    assert await pages(goods, period(day, day, zone=goods.ctx.zone)) == []


async def test_a_page_goes_on_behind_the_refund_that_is_named(goods: Goods) -> None:
    await refund_in_every_way(goods)
    whole = await read_lines(goods.ctx, Scope(), after=None, limit=200)
    rest = await read_lines(goods.ctx, Scope(), after=whole[2].refund.id, limit=4)
    assert rest == whole[3:7]
    with pytest.raises(NotFound):
        await read_lines(goods.ctx, Scope(), after="nothing", limit=4)


async def test_a_refund_whose_order_the_shop_has_forgotten_is_told_without_its_means(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    (refund,) = await goods.refunds(item)
    lost = replace(refund, id="lost", key="lost:p:1", order_id="gone", order_number="RD0", payment_id="p-gone")
    async with goods.ctx.unit_of_work() as uow:
        await uow.refunds.add(lost)
    ((line,),) = await pages(goods, Scope(order_number="RD0"))
    assert (line.refund.id, line.payment, line.created.at) == ("lost", None, lost.created_at)


@pytest.mark.parametrize("number", ["RD0", "", "#", "\x00", "x" * 41, "\ud800"])
async def test_an_order_that_does_not_exist_has_no_statement(goods: Goods, number: str) -> None:
    with pytest.raises(NotFound):
        await read_statement(goods.ctx, number=number)
