"""A refusal says what would be allowed instead, and only what would be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy import Decision
from aftersales.domain.policy_remedies import evaluate
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish
from tests.domain.policy_cases import SHANGHAI, make_line, make_order, make_policy
from tests.domain.test_policy_remedies import swap

IN_TIME, OVERDUE, LATE = date(2026, 11, 3), date(2026, 11, 18), date(2027, 5, 1)


def decide(
    order: Order,
    *,
    today: date = IN_TIME,
    reason: Reason = Reason.PRICE,
    units: int = 1,
    wish: Wish | None = None,
    **more: Any,
) -> Decision:
    matter: dict[str, Any] = {"order": order, "items": [("l1", units)], "reason": reason, "today": today}
    return evaluate(make_policy(), wish=wish or Wish(), swaps={}, zone=SHANGHAI, **(matter | more)).decision


def ids(decision: Decision) -> list[str]:
    return [alternative.id for alternative in decision.alternatives]


def test_what_is_allowed_needs_no_alternative() -> None:
    assert decide(make_order()).alternatives == ()


def test_after_the_window_an_exchange_and_a_fault_are_named_with_their_last_days() -> None:
    exchange, fault = decide(make_order(), today=OVERDUE, reason=Reason.WRONG_SIZE).alternatives
    assert (exchange.id, exchange.remedy, exchange.last_day) == (
        "else_exchange",
        Remedy.EXCHANGE,
        date(2026, 11, 21),
    )
    assert exchange.text.en == "exchange until 21 November 2026"
    assert exchange.text.zh == "exchange(中)到 2026年11月21日"
    assert (fault.id, fault.reason, fault.last_day) == ("else_fault", Reason.DEFECTIVE, date(2027, 1, 30))


def test_excluded_goods_are_told_of_faults_alone() -> None:
    assert ids(decide(make_order(make_line(tags=frozenset({"hygiene"}))))) == ["else_fault"]


def test_after_every_window_there_is_nothing_to_offer() -> None:
    assert decide(make_order(), today=LATE).alternatives == ()


def test_too_many_units_are_told_how_many_there_are() -> None:
    (fewer,) = decide(make_order(make_line(quantity=3, returned=1)), units=3).alternatives
    assert (fewer.id, fewer.text.en) == ("else_fewer", "fewer 2 units")


def test_what_has_not_arrived_may_be_asked_for_later() -> None:
    (later,) = decide(make_order(delivered_at=None)).alternatives
    assert (later.id, later.text.en) == ("else_later", "later 15 days")
    excluded = make_order(make_line(tags=frozenset({"hygiene"})), delivered_at=None)
    assert decide(excluded).alternatives == ()


def test_a_refund_without_a_return_leads_to_a_return_and_back() -> None:
    refund_only = Wish(remedy=Remedy.REFUND_ONLY)
    dear = decide(make_order(), reason=Reason.DAMAGED, wish=refund_only)
    assert ids(dear) == ["else_return", "else_exchange"]
    missing = decide(make_order(), reason=Reason.MISSING_ITEM)
    assert ids(missing) == ["else_exchange", "else_refund"]
    assert missing.alternatives[1].text.en == "refund CNY 100.00"


def test_goods_that_are_sold_out_are_no_matter_of_faults() -> None:
    sold_out = {"l1": swap(stock=0)}
    decision = evaluate(
        make_policy(),
        wish=Wish(remedy=Remedy.EXCHANGE, variants={"l1": "v-other"}),
        swaps=sold_out,
        order=make_order(),
        items=[("l1", 1)],
        reason=Reason.WRONG_SIZE,
        today=IN_TIME,
        zone=SHANGHAI,
    ).decision
    assert (decision.rule_id, ids(decision)) == ("stock", ["else_return"])


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_cancelled_or_refunded_order_has_no_alternative(cancelled: bool) -> None:
    order = make_order(refunded=10_000)
    if cancelled:
        order = replace(make_order(), cancelled_at=order.placed_at)
    assert decide(order).alternatives == ()


def test_a_part_of_the_price_above_what_was_paid_leads_to_other_ways() -> None:
    asked = Wish(remedy=Remedy.REFUND_ONLY, asked=Money(20_000, "CNY"))
    assert ids(decide(make_order(), wish=asked, reason=Reason.WRONG_SIZE)) == ["else_return", "else_exchange"]
