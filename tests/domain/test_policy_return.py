"""Several lines returned together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from aftersales.domain.errors import Invalid, NotFound
from aftersales.domain.orders import Order
from aftersales.domain.policy import Quote
from aftersales.domain.policy_evaluate import evaluate_return
from aftersales.domain.reasons import Reason
from tests.domain.policy_cases import SHANGHAI, decide, make_line, make_order, make_policy


def quote(
    order: Order,
    *items: tuple[str, int],
    reason: Reason = Reason.NO_LONGER_NEEDED,
    today: date = date(2026, 11, 3),
) -> Quote:
    wanted: Sequence[tuple[str, int]] = items
    return evaluate_return(make_policy(), order=order, items=wanted, reason=reason, today=today, zone=SHANGHAI)


def test_one_line_alone_is_decided_as_the_line() -> None:
    order = make_order()
    combined, line = quote(order, ("l1", 1)).decision, decide(order)
    assert (combined.allowed, combined.amount, combined.rule_id) == (True, line.amount, line.rule_id)
    assert {check.id for check in combined.checks} == {check.id for check in line.checks}
    assert combined.terms == line.terms


def test_amounts_and_fees_are_added_up() -> None:
    order = make_order(make_line("l1", category="electronics"), make_line("l2", paid=2_000))
    got = quote(order, ("l1", 1), ("l2", 1), today=date(2026, 11, 9))
    assert (got.decision.amount.minor, got.decision.fee.minor) == (11_000, 1_000)
    assert [line.decision.amount.minor for line in got.lines] == [9_000, 2_000]


def test_one_refused_line_refuses_the_whole_and_decides() -> None:
    order = make_order(make_line("l1"), make_line("l2", tags=frozenset({"hygiene"})))
    got = quote(order, ("l1", 1), ("l2", 1))
    assert (got.decision.allowed, got.decision.rule_id, got.decision.amount.minor) == (False, "no_hygiene", 0)
    assert [line.decision.allowed for line in got.lines] == [True, False]
    assert [check.id for check in got.decision.failed] == ["l2:no_hygiene"]
    assert got.decision.failed[0].text.en == "Item l2: hygiene"
    assert got.decision.refund_by is None


def test_what_holds_for_every_line_is_told_once() -> None:
    order = make_order(make_line("l1"), make_line("l2", category="shoes"))
    ids = [check.id for check in quote(order, ("l1", 1), ("l2", 1)).decision.checks]
    assert ids.count("active") == 1
    assert "l1:own" in ids
    assert "l2:own_shoes" in ids
    assert len(ids) == len(set(ids))


def test_the_sum_above_the_limit_asks_for_a_person() -> None:
    order = make_order(make_line("l1", paid=30_000), make_line("l2", paid=30_000))
    got = quote(order, ("l1", 1), ("l2", 1))
    assert got.decision.needs_human
    assert not any(line.decision.needs_human for line in got.lines)


def test_the_same_line_twice_is_added_up() -> None:
    order = make_order(make_line(quantity=3))
    assert [line.quantity for line in quote(order, ("l1", 1), ("l1", 2)).lines] == [3]
    assert quote(order, ("l1", 2), ("l1", 2)).decision.rule_id == "quantity"


def test_the_way_back_is_free_only_if_it_is_for_every_line() -> None:
    order = make_order(make_line("l1", category="shoes"), make_line("l2"))
    assert quote(order, ("l1", 1)).decision.who_pays_shipping == "merchant"
    assert quote(order, ("l1", 1), ("l2", 1)).decision.who_pays_shipping == "customer"


@pytest.mark.parametrize(
    ("items", "reason", "amount"),
    [
        ((("l1", 2), ("l2", 1)), Reason.DAMAGED, 21_000),
        ((("l1", 1), ("l2", 1)), Reason.DAMAGED, 15_000),
        ((("l1", 2), ("l2", 1)), Reason.NO_LONGER_NEEDED, 20_000),
    ],
    ids=["a fault and all units", "not all units", "no fault"],
)
def test_outbound_postage_comes_back_with_a_fault_and_the_whole_order(
    items: tuple[tuple[str, int], ...], reason: Reason, amount: int
) -> None:
    order = make_order(make_line("l1", quantity=2), make_line("l2"), shipping=1_000)
    decision = quote(order, *items, reason=reason).decision
    assert decision.amount.minor == amount
    postage = next(check for check in decision.checks if check.id == "postage")
    assert (postage.passed, postage.required) == (amount == 21_000, False)


def test_no_more_than_what_is_left_of_the_payment_is_paid_back() -> None:
    order = make_order(make_line("l1"), make_line("l2"), refunded=5_000)
    got = quote(order, ("l1", 1), ("l2", 1))
    assert (got.decision.allowed, got.decision.needs_human, got.decision.amount.minor) == (True, True, 15_000)
    assert [line.decision.amount.minor for line in got.lines] == [10_000, 5_000]


def test_the_earliest_last_day_is_that_of_the_whole() -> None:
    order = make_order(make_line("l1", category="shoes"), make_line("l2"))
    assert quote(order, ("l1", 1), ("l2", 1)).decision.last_day == date(2026, 11, 16)


def test_no_items_are_invalid_and_unknown_ones_not_found() -> None:
    with pytest.raises(Invalid):
        quote(make_order())
    with pytest.raises(NotFound):
        quote(make_order(), ("l9", 1))
