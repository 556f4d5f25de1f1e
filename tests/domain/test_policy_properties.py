"""What holds of every decision, whatever the order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.policy_evaluate import evaluate_return
from aftersales.domain.reasons import Reason
from tests.domain.policy_cases import (
    DELIVERED,
    SHANGHAI,
    decide,
    make_line,
    make_order,
    make_policy,
    with_own_days,
)

TAGS = st.frozensets(st.sampled_from(["hygiene", "final_sale", "made_to_order", "gift"]), max_size=2)
CATEGORIES = st.sampled_from(["home", "shoes", "electronics", "furniture"])
LINES = st.fixed_dictionaries(
    {
        "category": CATEGORIES,
        "tags": TAGS,
        "quantity": st.integers(1, 5),
        "returned": st.integers(0, 2),
        "return_requested": st.integers(0, 1),
        "dismissed": st.integers(0, 1),
        "paid": st.integers(0, 90_000),
    }
)
ORDERS = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["CN", "DE"]),
        "delivered_at": st.sampled_from([DELIVERED, None]),
        "refunded": st.sampled_from([0, 0, 700, 100_000]),
        "shipping": st.sampled_from([0, 800]),
    }
)
TODAY = st.integers(-1, 100).map(lambda days: date(2026, 11, 1) + timedelta(days=days))


@given(line=LINES, order=ORDERS, quantity=st.integers(-1, 6), reason=st.sampled_from(Reason), today=TODAY)
def test_a_line_is_allowed_exactly_when_its_required_checks_pass(
    line: dict[str, Any], order: dict[str, Any], quantity: int, reason: Reason, today: date
) -> None:
    whole = make_order(make_line(**line), **order)
    decision = decide(whole, quantity=quantity, reason=reason, today=today)
    assert decision.allowed == all(check.passed for check in decision.checks if check.required)
    assert decision.fee.minor >= 0
    assert 0 <= decision.amount.minor <= max(0, whole.payments[0].refundable.minor)
    assert decision.amount + decision.fee <= whole.lines[0].paid


@given(
    first=LINES, second=LINES, order=ORDERS, units=st.integers(1, 3), reason=st.sampled_from(Reason), today=TODAY
)
def test_together_never_more_than_what_was_paid(
    first: dict[str, Any], second: dict[str, Any], order: dict[str, Any], units: int, reason: Reason, today: date
) -> None:
    whole = make_order(make_line("l1", **first), make_line("l2", **second), **order)
    got = evaluate_return(
        make_policy(),
        order=whole,
        items=[("l1", units), ("l2", units)],
        reason=reason,
        today=today,
        zone=SHANGHAI,
    )
    decision = got.decision
    assert decision.allowed == all(check.passed for check in decision.checks if check.required)
    assert decision.allowed == all(item.decision.allowed for item in got.lines)
    assert decision.amount + decision.fee <= whole.total
    assert 0 <= decision.amount.minor <= max(0, whole.payments[0].refundable.minor)
    if decision.allowed:
        lines = sum(item.decision.amount.minor for item in got.lines)
        assert lines <= decision.amount.minor <= lines + whole.shipping_paid.minor


@given(line=LINES, order=ORDERS, days=st.integers(1, 60), more=st.integers(0, 60), today=TODAY)
def test_a_longer_window_never_refuses_what_was_allowed(
    line: dict[str, Any], order: dict[str, Any], days: int, more: int, today: date
) -> None:
    whole = make_order(make_line(**{**line, "category": "home"}), **order)
    short = decide(whole, policy=with_own_days(make_policy(), days), today=today)
    long = decide(whole, policy=with_own_days(make_policy(), days + more), today=today)
    assert long.allowed >= short.allowed
    if short.last_day and long.last_day:
        assert long.last_day >= short.last_day


@given(
    category=CATEGORIES,
    quantity=st.integers(1, 7),
    paid=st.integers(0, 9_999),
    reason=st.sampled_from([Reason.PRICE, Reason.DAMAGED]),
    today=st.sampled_from([date(2026, 11, 3), date(2026, 11, 12)]),
    data=st.data(),
)
def test_parts_add_up_to_the_whole(
    category: str, quantity: int, paid: int, reason: Reason, today: date, data: st.DataObject
) -> None:
    line = make_line(category=category, quantity=quantity, paid=paid)
    order = make_order(line, captured=paid + 1)
    whole = decide(order, quantity=quantity, reason=reason, today=today)
    amount = fee = taken = 0
    while taken < quantity:
        take = data.draw(st.integers(1, quantity - taken))
        now = replace(order, lines=(replace(line, returned=taken),))
        part = decide(now, quantity=take, reason=reason, today=today)
        assert part.allowed
        amount, fee, taken = amount + part.amount.minor, fee + part.fee.minor, taken + take
    assert (amount, fee) == (whole.amount.minor, whole.fee.minor)
    assert amount + fee == paid
