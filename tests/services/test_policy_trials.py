"""Trying rules: what they say about an order, and what new ones would have changed in the past."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from aftersales.domain.errors import NotFound
from aftersales.domain.policy_rules import Policy
from aftersales.domain.policy_when import ALWAYS
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Wish
from aftersales.services.policy_trials import explain_order, rehearse
from aftersales.services.refund_submission import submit_due
from aftersales.services.returns import receive_return
from runtime.cli_policy_trials import explained_words, rehearsal_json
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.goods import COAT, NUMBER, SHOES, SOCKS, Goods, open_goods, shipped_policy, yuan


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


def with_fee() -> Policy:
    """No statutory right, one day for everything but shoes, and ten per cent kept from these."""
    policy = shipped_policy()
    (fee,) = policy.fees
    return replace(policy, version="next", statutory=(), fees=(replace(fee, when=ALWAYS),))


def one_day() -> Policy:
    policy = shipped_policy()
    return replace(
        policy,
        version="next",
        statutory=(),
        special_windows=(),
        default_window=replace(policy.default_window, days=1),
    )


async def test_new_rules_that_change_nothing_change_nothing(goods: Goods) -> None:
    await goods.ask((SHOES, 1))
    found = await rehearse(goods.ctx, policy=replace(shipped_policy(), version="next"), limit=10)
    assert (len(found.trials), found.changed, found.skipped) == (1, (), 0)
    assert found.difference() == {}


async def test_a_fee_is_told_in_money_by_the_rule_that_decides(goods: Goods) -> None:
    await goods.ask((SHOES, 1), key="a")
    await goods.ask((SOCKS, 1), key="b")
    found = await rehearse(goods.ctx, policy=with_fee(), limit=10)
    (effect,) = found.effects()
    assert (effect.rule_id, effect.before, effect.after, effect.returns) == (
        "own_window_apparel",
        "allowed",
        "allowed",
        2,
    )
    assert effect.difference == {"CNY": yuan("-15.90")}


async def test_a_verdict_that_flips_is_named(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1), key="a")
    await goods.ask((COAT, 1), key="b")
    found = await rehearse(goods.ctx, policy=one_day(), limit=10)
    flips = {trial.number: (trial.before.outcome, trial.after.outcome) for trial in found.changed}
    assert sorted(flips.values()) == [("allowed", "refused"), ("person", "refused")]
    assert flips[item.number] == ("allowed", "refused")
    assert rehearsal_json(found)["difference"] == {"CNY": "-2129.00"}


async def test_a_return_is_tried_as_the_order_stood_then_whatever_came_of_it(goods: Goods) -> None:
    for key in ("a", "b"):
        item = await goods.ask((SHOES, 1), key=key)
        await receive_return(goods.ctx, number=item.number, actor="agent:a1")
        await submit_due(goods.ctx)
        goods.clock.advance(minutes=1)
    goods.clock.advance(days=300)
    found = await rehearse(goods.ctx, policy=replace(shipped_policy(), version="next"), limit=10)
    assert [trial.before.outcome for trial in found.trials] == ["allowed", "allowed"]
    assert [trial.before.amount for trial in found.trials] == [yuan("129.00")] * 2
    assert found.changed == ()


async def test_only_the_newest_are_tried(goods: Goods) -> None:
    await goods.ask((SHOES, 1), key="a")
    goods.clock.advance(minutes=1)
    newest = await goods.ask((SOCKS, 1), key="b")
    found = await rehearse(goods.ctx, policy=one_day(), limit=1)
    assert [trial.number for trial in found.trials] == [newest.number]


async def test_each_line_is_explained_with_its_facts_its_checks_and_what_would_change_it(goods: Goods) -> None:
    today = NOON.date() + timedelta(days=40)
    order, lines = await explain_order(
        goods.ctx, number=f" {NUMBER.lower()} ", reason=Reason.PRICE, wish=Wish(), today=today
    )
    assert [explained.case.line.id for explained in lines] == [SHOES, SOCKS, COAT]
    said = "\n".join(explained_words(order, list(lines), language="en"))
    assert "category shoes, country CN, price 129.00 CNY" in said
    assert "refused: own_window_apparel, CNY 0.00, policy 2026-11-24" in said
    assert "✗ own_window_apparel" in said
    assert "→ alternative_fault" in said
    assert "Yours were delivered on 19 November 2026" in said
    chinese = "\n".join(explained_words(order, list(lines), language="zh"))
    assert "您的商品于 2026年11月19日 签收" in chinese


async def test_units_that_are_on_their_way_back_are_not_explained_as_returnable(goods: Goods) -> None:
    await goods.ask((SHOES, 1))
    _, lines = await explain_order(
        goods.ctx, number=NUMBER, reason=Reason.PRICE, wish=Wish(), today=date(2026, 11, 22)
    )
    assert lines[0].case.quantity == 1
    assert lines[0].quote.decision.allowed


async def test_an_order_that_is_not_there_is_not_found(goods: Goods) -> None:
    with pytest.raises(NotFound):
        await explain_order(goods.ctx, number="RD1", reason=Reason.PRICE, wish=Wish(), today=date(2026, 11, 22))
