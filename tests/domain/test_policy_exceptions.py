"""What a person may let pass: a window of the shop that has closed, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.orders import Order
from aftersales.domain.policy import Quote
from aftersales.domain.policy_evaluate import Matter
from aftersales.domain.policy_exceptions import Excepted, evaluate_exception
from aftersales.domain.policy_remedies import evaluate
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish
from tests.domain.policy_cases import DELIVERED, SHANGHAI, make_line, make_order, make_policy

LAST_OWN, LATE = date(2026, 11, 16), date(2027, 6, 1)
ALL = [("l1", 1)]


def ask(
    order: Order,
    *,
    items: list[tuple[str, int]] = ALL,
    reason: Reason = Reason.NO_LONGER_NEEDED,
    remedy: Remedy = Remedy.RETURN,
    today: date = LATE,
) -> tuple[Quote, Excepted | None]:
    """By the rules, and by way of exception."""
    policy, wish = make_policy(), Wish(remedy=remedy)
    matter = Matter(order=order, items=items, reason=reason, today=today, zone=SHANGHAI)
    plain = evaluate(policy, wish=wish, swaps={}, **matter)
    return plain, evaluate_exception(policy, plain=plain, wish=wish, swaps={}, **matter)


def test_a_closed_window_is_waived_by_its_id_and_stays_shown_as_closed() -> None:
    plain, excepted = ask(make_order())
    assert (plain.decision.allowed, plain.decision.rule_id) == (False, "own")
    assert excepted is not None
    decision = excepted.quote.decision
    assert (decision.allowed, decision.amount.minor, excepted.waived) == (True, 10_000, ("own",))
    windows = {check.id: (check.passed, check.required) for check in decision.checks}
    assert (windows["own"], windows["statutory"]) == ((False, False), (False, False))


def test_inside_the_window_there_is_nothing_to_except() -> None:
    plain, excepted = ask(make_order(), today=LAST_OWN)
    assert plain.decision.allowed
    assert excepted is None


@pytest.mark.parametrize("category", ["electronics", "furniture", "home"])
def test_fee_and_amount_are_those_of_the_last_day_of_the_shops_own_window(category: str) -> None:
    order = make_order(make_line(category=category), shipping=1_000)
    inside, (_, outside) = ask(order, today=LAST_OWN)[0].decision, ask(order)
    assert outside is not None
    late = outside.quote.decision
    assert (late.amount, late.fee, late.who_pays_shipping) == (inside.amount, inside.fee, inside.who_pays_shipping)


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ({"tags": frozenset({"hygiene"})}, {}),
        ({"tags": frozenset({"final_sale"})}, {}),
        ({"tags": frozenset({"final_sale"})}, {"country": "US"}),
        ({"returned": 1}, {}),
        ({"fulfilled": 0}, {}),
        ({}, {"cancelled_at": DELIVERED}),
        ({}, {"captured": 0}),
        ({}, {"refunded": 10_000}),
        ({}, {"delivered_at": None}),
    ],
    ids=str,
)
def test_nothing_but_a_window_is_waived(line: dict[str, Any], order: dict[str, Any]) -> None:
    plain, excepted = ask(make_order(make_line(**line), **order))
    assert not plain.decision.allowed
    assert excepted is None


def test_one_line_that_is_excluded_keeps_the_whole_from_being_excepted() -> None:
    order = make_order(make_line("l1"), make_line("l2", tags=frozenset({"hygiene"})))
    assert ask(order, items=[("l1", 1), ("l2", 1)])[1] is None


def test_each_line_names_the_window_that_was_waived_for_it() -> None:
    order = make_order(make_line("l1"), make_line("l2", category="shoes"))
    _, excepted = ask(order, items=[("l1", 1), ("l2", 1)])
    assert excepted is not None
    assert excepted.waived == ("own", "own_shoes")


@pytest.mark.parametrize(
    ("remedy", "reason", "waived"),
    [
        (Remedy.EXCHANGE, Reason.WRONG_SIZE, "exchange_window"),
        (Remedy.EXCHANGE, Reason.DEFECTIVE, "fault_quality"),
        (Remedy.REFUND_ONLY, Reason.MISSING_ITEM, "fault_delivery"),
        (Remedy.RETURN, Reason.DAMAGED, "fault_quality"),
    ],
)
def test_every_remedy_has_its_own_window_to_waive(remedy: Remedy, reason: Reason, waived: str) -> None:
    _, excepted = ask(make_order(), remedy=remedy, reason=reason)
    assert excepted is not None
    assert excepted.waived == (waived,)
    assert excepted.quote.decision.remedy is remedy


def test_a_reason_that_is_not_exchanged_stays_so_after_the_window() -> None:
    assert ask(make_order(), remedy=Remedy.EXCHANGE, reason=Reason.PRICE)[1] is None


def test_above_the_automatic_limit_a_person_still_looks() -> None:
    _, excepted = ask(make_order(make_line(paid=50_001)))
    assert excepted is not None
    assert excepted.quote.decision.needs_human


@given(
    paid=st.integers(1, 10**7),
    refunded=st.integers(0, 10**7),
    units=st.integers(1, 4),
    asked=st.integers(1, 5),
    remedy=st.sampled_from(Remedy),
    reason=st.sampled_from(Reason),
    category=st.sampled_from(["home", "electronics", "furniture", "shoes"]),
)
def test_never_more_than_is_left_of_what_was_paid(
    paid: int, refunded: int, units: int, asked: int, remedy: Remedy, reason: Reason, category: str
) -> None:
    line = make_line(category=category, quantity=units, paid=paid)
    _, excepted = ask(make_order(line, refunded=refunded), items=[("l1", asked)], remedy=remedy, reason=reason)
    if excepted is not None:
        assert 0 <= excepted.quote.decision.amount.minor <= paid - refunded
        assert asked <= units
