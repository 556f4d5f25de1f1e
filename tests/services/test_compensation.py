"""Complaints compensated by a person, and prices that fell: within limits, out of what was paid, never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import Case, CaseKind, CaseState
from aftersales.domain.errors import Conflict, Invalid
from aftersales.domain.money import Money
from aftersales.domain.refunds import CauseKind, RefundState
from aftersales.services.claims import quote_claim
from aftersales.services.compensation import compensate, quote_compensation
from aftersales.services.conversations import history
from aftersales.services.price_protection import quote_price_drops, refund_price_drops
from tests.databases import DATABASES
from tests.goods import NUMBER, SHOES, SOCKS, Goods, open_goods, yuan
from tests.services.test_complaints import file, visit
from tests.services.test_refunds import run_out


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def complaint(goods: Goods, key: str = "k1", *, kind: CaseKind = CaseKind.COMPLAINT) -> Case:
    reason = "price" if kind is CaseKind.COMPLAINT else "overdue"
    return await file(goods, await visit(goods), key, reason=reason, kind=kind, order_number=NUMBER)


async def give(goods: Goods, case: Case, amount: str, key: str = "a") -> Adjustment:
    return await compensate(
        goods.ctx, number=case.number, amount=yuan(amount), text="抱歉", key=key, actor="agent:a"
    )


async def refund_states(goods: Goods, item: Adjustment) -> list[RefundState]:
    async with goods.ctx.unit_of_work() as uow:
        return [refund.state for refund in await uow.refunds.of_cause(item.id)]


async def adjustments(goods: Goods) -> Sequence[Adjustment]:
    async with goods.ctx.unit_of_work() as uow:
        return await uow.adjustments.of_order("o1")


async def test_a_small_compensation_is_paid_at_once_with_words_to_the_customer(goods: Goods) -> None:
    case = await complaint(goods)
    given = [await give(goods, case, "50.00") for _ in range(2)]
    assert given[0] == given[1]
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 5000, "p-card": 0}
    said, _ = await history(goods.ctx, conversation_id=case.conversation_id, after=0)
    assert [message.text for message in said] == ["抱歉"]
    async with goods.ctx.unit_of_work() as uow:
        assert (await uow.cases.by_number(case.number)).state is CaseState.ASSIGNED


async def test_a_larger_one_waits_for_approval(goods: Goods) -> None:
    item = await give(goods, await complaint(goods), "50.01")
    assert await refund_states(goods, item) == [RefundState.AWAITING_APPROVAL]
    assert "refund_approval" in {case.reason for case in await goods.cases()}


async def test_all_for_one_complaint_stay_within_its_limit(goods: Goods) -> None:
    case = await complaint(goods)
    await give(goods, case, "150.00", "a")
    assert await quote_compensation(goods.ctx, case) == yuan("50.00")
    with pytest.raises(Conflict, match="above_limit"):
        await give(goods, case, "50.01", "b")
    await give(goods, case, "50.00", "c")
    assert await quote_compensation(goods.ctx, case) == yuan("0")


async def test_parallel_compensations_stay_within_the_limit(goods: Goods) -> None:
    case = await complaint(goods)
    tries = [give(goods, case, "30.00", f"k{number}") for number in range(12)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Adjustment) for result in done) == 6
    assert sum(item.amount.minor for item in await adjustments(goods)) == 18000


async def test_no_more_is_given_than_is_left_of_the_payments(goods: Goods) -> None:
    case = await complaint(goods)
    await goods.book_refund_elsewhere("p-card", 218800)
    await goods.book_refund_elsewhere("p-gift", 9000)
    with pytest.raises(Conflict, match="refundable"):
        await give(goods, case, "10.01")
    await give(goods, case, "10.00")


@pytest.mark.parametrize("amount", [Money(0, "CNY"), Money(-1, "CNY"), Money(100, "USD")])
async def test_senseless_amounts_are_refused(goods: Goods, amount: Money) -> None:
    case = await complaint(goods)
    with pytest.raises(Invalid):
        await compensate(goods.ctx, number=case.number, amount=amount, text="抱歉", key="a", actor="agent:a")


async def test_a_claim_is_settled_and_not_compensated(goods: Goods) -> None:
    case = await complaint(goods, kind=CaseKind.NOT_DELIVERED)
    with pytest.raises(Conflict):
        await give(goods, case, "1.00")
    assert await quote_compensation(goods.ctx, case) is None
    assert await quote_claim(goods.ctx, await complaint(goods, "k2")) is None


async def test_a_price_that_fell_is_paid_back_once_from_the_shop_s_own_prices(goods: Goods) -> None:
    case = await complaint(goods)
    assert await quote_price_drops(goods.ctx, case) == ()
    await goods.set_price(f"{SHOES}-v", 11900)
    [drop] = await quote_price_drops(goods.ctx, case)
    assert (drop.line_id, drop.units, drop.amount) == (SHOES, 2, yuan("20.00"))
    with pytest.raises(Conflict, match="amount_changed"):
        await protect(goods, case, "25.00")
    [item] = await protect(goods, case, "20.00")
    assert (item.kind, item.line_id, item.quantity) == (CauseKind.PRICE_PROTECTION, SHOES, 2)
    await goods.set_price(f"{SHOES}-v", 9900)
    assert await quote_price_drops(goods.ctx, await complaint(goods, "k2")) == ()
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 2000, "p-card": 0}


async def protect(goods: Goods, case: Case, agreed: str) -> Sequence[Adjustment]:
    return await refund_price_drops(goods.ctx, number=case.number, agreed=yuan(agreed), actor="agent:a")


async def test_two_who_pay_a_difference_back_at_once_pay_it_once(goods: Goods) -> None:
    await goods.set_price(f"{SHOES}-v", 11900)
    cases = [await complaint(goods, f"k{number}") for number in range(4)]
    tries = [protect(goods, case, "20.00") for case in cases]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in done) == 1
    assert len(await adjustments(goods)) == 1


async def test_what_a_difference_was_paid_for_goes_back_for_less(goods: Goods) -> None:
    case = await complaint(goods)
    await goods.set_price(f"{SHOES}-v", 11900)
    await protect(goods, case, "20.00")
    item = await goods.arrived((SHOES, 2))
    assert item.amount == yuan("238.00")
    await run_out(goods)
    assert sum((await goods.paid_back()).values()) == 25800


async def test_goods_that_went_back_have_no_price_to_protect(goods: Goods) -> None:
    await goods.arrived((SHOES, 1))
    await goods.set_price(f"{SHOES}-v", 11900)
    [drop] = await quote_price_drops(goods.ctx, await complaint(goods))
    assert (drop.units, drop.amount) == (1, yuan("10.00"))


async def test_a_price_that_falls_too_late_does_not_count(goods: Goods) -> None:
    await goods.set_price(f"{SOCKS}-v", 1000)
    case = await complaint(goods)
    goods.clock.advance(days=11)  # the last of the fifteen days after the purchase
    assert [drop.amount for drop in await quote_price_drops(goods.ctx, case)] == [yuan("20.00")]
    goods.clock.advance(days=1)
    assert await quote_price_drops(goods.ctx, case) == ()
