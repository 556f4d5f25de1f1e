"""Goods that came back in a worse state: noted, deducted by the policy, told before the money goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.errors import Conflict, Invalid, Unavailable
from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.policy_rules import Policy
from aftersales.domain.reasons import Reason
from aftersales.domain.returns import Return, ReturnState
from aftersales.services.returns import access_return, continue_received, receive_return
from tests.databases import DATABASES
from tests.goods import SHOES, SOCKS, Goods, open_goods, under, yuan

USED, DAMAGED, PARTS = GoodsCondition.USED, GoodsCondition.DAMAGED, GoodsCondition.MISSING_PARTS
DEDUCTED, RECEIVED = "utter_returns_deducted", "utter_returns_received"


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def receive(goods: Goods, item: Return, **conditions: GoodsCondition) -> Return:
    noted = {line.replace("_", "-"): condition for line, condition in conditions.items()}
    return await receive_return(goods.ctx, number=item.number, actor="agent:a1", conditions=noted)


def with_policy(goods: Goods, policy: Policy) -> Goods:
    return replace(goods, ctx=under(goods.ctx, policy=policy))


async def test_what_is_kept_is_taken_off_the_refund_and_told_with_the_rule_before_it(goods: Goods) -> None:
    item = await receive(goods, await goods.ask((SHOES, 2), (SOCKS, 1)), l_shoes=DAMAGED)
    assert (item.amount, item.deducted) == (yuan("159.00"), yuan("129.00"))
    assert sum(refund.amount.minor for refund in await goods.refunds(item)) == 15900
    assert await goods.news() == [DEDUCTED, RECEIVED]
    (shoes, socks) = item.lines
    assert (shoes.condition, shoes.deduction_rule, shoes.amount) == (DAMAGED, "deduction_damaged", yuan("129.00"))
    assert (socks.condition, socks.deduction, socks.amount) == (None, None, yuan("30.00"))


async def test_the_journal_holds_what_was_seen_what_was_agreed_and_what_is_kept(goods: Goods) -> None:
    item = await receive(goods, await goods.ask((SHOES, 1)), l_shoes=USED)
    details = {entry.trigger: entry.detail for entry in await goods.journal("return", item.id)}
    assert details["receive"] == {"conditions": {SHOES: "used"}}
    assert details["inspect"] == {
        "agreed": "129.00",
        "deductions": [{"line": SHOES, "rule": "deduction_used", "kept": "38.70"}],
    }
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert view.next_step == "refund_underway"
    assert all("conditions" not in step.detail for step in view.steps)


async def test_goods_as_new_cost_nothing(goods: Goods) -> None:
    item = await receive(goods, await goods.ask((SHOES, 1)), l_shoes=GoodsCondition.AS_NEW)
    assert (item.amount, item.deducted.minor) == (yuan("129.00"), 0)
    assert await goods.news() == [RECEIVED]


async def test_for_a_fault_of_ours_nothing_is_kept(goods: Goods) -> None:
    item = await receive(goods, await goods.ask((SHOES, 1), reason=Reason.LATE), l_shoes=DAMAGED)
    assert item.amount == yuan("129.00")
    assert item.lines[0].condition is DAMAGED


async def test_under_a_statutory_right_only_rules_that_are_meant_for_it_keep_something(goods: Goods) -> None:
    policy = goods.ctx.policy
    own = tuple(replace(rule, statutory=False) for rule in policy.deductions)
    goods = with_policy(goods, replace(policy, deductions=own))
    lawful = await receive(goods, await goods.ask((SHOES, 1), key="a"), l_shoes=USED)
    assert lawful.amount == yuan("129.00")
    goods.clock.advance(days=10)
    later = await receive(goods, await goods.ask((SHOES, 1), key="b"), l_shoes=USED)
    assert later.amount == yuan("90.30")


async def test_the_table_of_the_returns_own_version_counts(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    gone = replace(goods.ctx.policy, version="next", deductions=())
    received = await receive(with_policy(goods, gone), item, l_shoes=USED)
    assert received.amount == yuan("129.00")


async def test_all_of_it_may_be_kept_and_then_nothing_is_owed(goods: Goods) -> None:
    policy = goods.ctx.policy
    whole = tuple(replace(rule, percent=None, fixed={"CNY": yuan("500.00")}) for rule in policy.deductions)
    goods = with_policy(goods, replace(policy, deductions=whole))
    item = await receive(goods, await goods.ask((SHOES, 1)), l_shoes=PARTS)
    assert (item.amount.minor, item.deducted, item.state) == (0, yuan("129.00"), ReturnState.CLOSED)
    assert list(await goods.refunds(item)) == []


async def test_the_same_again_is_harmless_and_another_state_a_conflict(goods: Goods) -> None:
    item = await receive(goods, await goods.ask((SHOES, 1)), l_shoes=USED)
    assert (await receive(goods, item, l_shoes=USED)).amount == item.amount
    assert (await receive(goods, item)).amount == item.amount
    with pytest.raises(Conflict):
        await receive(goods, item, l_shoes=DAMAGED)
    assert await goods.news() == [DEDUCTED, RECEIVED]


async def test_a_line_that_did_not_come_back_is_invalid(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    with pytest.raises(Invalid):
        await receive(goods, item, l_socks=USED)
    assert (await goods.item(item)).state is ReturnState.AWAITING_PARCEL


async def test_what_was_noted_outlives_a_shop_that_cannot_be_reached(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    goods.shop.before.append(Unavailable("shop"))
    received = await receive(goods, item, l_shoes=USED)
    assert (received.state, received.amount, await goods.news()) == (ReturnState.RECEIVED, yuan("129.00"), [])
    goods.clock.advance(seconds=timedelta(minutes=1).total_seconds())
    assert await continue_received(goods.ctx) == 1
    assert (await goods.item(item)).amount == yuan("90.30")
    assert await goods.news() == [DEDUCTED, RECEIVED]
