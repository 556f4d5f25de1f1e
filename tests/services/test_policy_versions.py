"""An order is judged by the rules of the day on which it was placed, and everything that comes of it says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.errors import Refused
from aftersales.domain.policy_history import Period, PolicyHistory
from aftersales.domain.policy_rules import Policy
from aftersales.domain.reasons import Reason
from aftersales.services.returns import access_return, possible_remedies_of, quote_return, receive_return
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.goods import SHOES, Goods, open_goods, shipped_policy, under

STRICT_DAYS = 1


def strict() -> Policy:
    """Goods that were delivered the day before yesterday come too late."""
    policy = shipped_policy()
    return replace(
        policy,
        version="strict",
        statutory=(),
        special_windows=(),
        default_window=replace(policy.default_window, days=STRICT_DAYS),
        refund=replace(policy.refund, days=STRICT_DAYS),
    )


def since(policy: Policy, *, days_ago: int) -> Period:
    return Period(policy=policy, valid_from=NOON - timedelta(days=days_ago))


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


def with_history(goods: Goods, *periods: Period) -> Goods:
    ctx = under(goods.ctx, policy=periods[-1].policy, history=PolicyHistory.of(periods))
    return replace(goods, ctx=ctx)


async def test_stricter_rules_of_today_do_not_touch_an_order_of_before(goods: Goods) -> None:
    goods = with_history(goods, since(shipped_policy(), days_ago=30), since(strict(), days_ago=1))
    item = await goods.ask((SHOES, 1))
    assert item.policy_version == shipped_policy().version
    item = await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    assert {refund.policy_version for refund in await goods.refunds(item)} == {shipped_policy().version}
    assert {entry.policy_version for entry in await goods.journal("return", item.id)} == {item.policy_version}


async def test_an_order_that_was_placed_under_strict_rules_keeps_them(goods: Goods) -> None:
    without_right = replace(shipped_policy(), statutory=())
    goods = with_history(goods, since(strict(), days_ago=30), since(without_right, days_ago=1))
    order = await goods.order()
    decision = (await quote_return(goods.ctx, order=order, items=[(SHOES, 1)], reason=Reason.WRONG_SIZE)).decision
    assert (decision.allowed, decision.version) == (False, "strict")
    with pytest.raises(Refused):
        await goods.ask((SHOES, 1))
    assert "return" not in await possible_remedies_of(
        goods.ctx, order=order, items=[(SHOES, 1)], reason=Reason.WRONG_SIZE
    )


async def test_a_statutory_right_of_today_holds_for_an_order_of_before(goods: Goods) -> None:
    goods = with_history(goods, since(strict(), days_ago=30), since(shipped_policy(), days_ago=1))
    item = await goods.ask((SHOES, 1))
    assert (item.rule_id, item.policy_version) == ("seven_days_no_reason", f"strict+{shipped_policy().version}")
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert view.refund_by == goods.ctx.today() + timedelta(days=STRICT_DAYS)


async def test_the_day_by_which_money_is_sent_is_that_of_the_returns_own_version(goods: Goods) -> None:
    goods = with_history(goods, since(shipped_policy(), days_ago=30), since(strict(), days_ago=1))
    item = await goods.ask((SHOES, 1))
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert view.refund_by == goods.ctx.today() + timedelta(days=shipped_policy().refund.days)
