"""One order line against the policy: a table of cases, window edges, money and terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aftersales.domain.errors import NotFound
from aftersales.domain.money import Money
from aftersales.domain.reasons import Reason
from tests.domain.policy_cases import DELIVERED, SHANGHAI, decide, make_line, make_order, make_policy


@dataclass
class Case:
    id: str
    allowed: bool
    rule: str
    line: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)
    ask: dict[str, Any] = field(default_factory=dict)


HYGIENE = {"tags": frozenset({"hygiene"})}
SALE = {"tags": frozenset({"final_sale"})}
FAULT = {"reason": Reason.DAMAGED}

CASES = [
    Case("within seven days in China the law decides", True, "statutory"),
    Case("on the eighth day the shop's own window decides", True, "own", ask={"today": date(2026, 11, 9)}),
    Case("outside China the own window decides at once", True, "own", order={"country": "US"}),
    Case("after the own window it is refused", False, "own", ask={"today": date(2026, 11, 17)}),
    Case("shoes have longer", True, "own_shoes", {"category": "shoes"}, ask={"today": date(2026, 12, 1)}),
    Case("shoes end too", False, "own_shoes", {"category": "shoes"}, ask={"today": date(2026, 12, 2)}),
    Case("hygiene goods are excluded", False, "no_hygiene", HYGIENE),
    Case("hygiene goods are excluded abroad", False, "no_hygiene", HYGIENE, {"country": "US"}),
    Case("damaged hygiene goods go back", True, "fault_quality", HYGIENE, ask=FAULT),
    Case("a sale item keeps the statutory right", True, "statutory", SALE),
    Case("a sale item has no own window", False, "no_sale", SALE, ask={"today": date(2026, 11, 9)}),
    Case("a sale item abroad has no right", False, "no_sale", SALE, {"country": "US"}),
    Case("a fault has its long window", True, "fault_quality", ask={**FAULT, "today": date(2027, 1, 30)}),
    Case("the long window ends", False, "fault_quality", ask={**FAULT, "today": date(2027, 1, 31)}),
    Case("late has the delivery window", True, "fault_delivery", ask={"reason": Reason.LATE}),
    Case("a cancelled order is refused", False, "active", order={"cancelled_at": DELIVERED}),
    Case("an unpaid order is refused", False, "paid", order={"captured": 0}),
    Case("not delivered is refused", False, "delivered", order={"delivered_at": None}),
    Case("not delivered and damaged is refused", False, "delivered", order={"delivered_at": None}, ask=FAULT),
    Case("not delivered beats excluded", False, "delivered", HYGIENE, {"delivered_at": None}),
    Case("returned units cannot come twice", False, "left", {"returned": 1}),
    Case("requested units cannot come twice", False, "left", {"return_requested": 1}),
    Case("dismissed units cannot come", False, "left", {"dismissed": 1}),
    Case("units in the same breath count", False, "left", ask={"already": 1}),
    Case("more than bought is refused", False, "quantity", {"quantity": 2}, ask={"quantity": 3}),
    Case("more than shipped is refused", False, "quantity", {"quantity": 2, "fulfilled": 1}, ask={"quantity": 2}),
    Case("zero units are refused", False, "quantity", ask={"quantity": 0}),
    Case("negative units are refused", False, "quantity", ask={"quantity": -1}),
    Case("nothing left of the payment is refused", False, "refundable", order={"refunded": 10_000}),
    Case("over-refunded is refused", False, "refundable", order={"refunded": 12_000}),
    Case("an unlisted reason counts as no fault", True, "statutory", ask={"reason": Reason.OTHER}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_deciding_rule(case: Case) -> None:
    decision = decide(make_order(make_line(**case.line), **case.order), **case.ask)
    assert (decision.allowed, decision.rule_id) == (case.allowed, case.rule)
    assert decision.rule_text in [check.text for check in decision.checks]
    if not decision.allowed:
        assert not decision.amount
        assert not decision.fee
        assert not decision.needs_human
        assert decision.refund_by is None
        assert decision.terms == ()
        assert decision.failed[0].id == case.rule


def test_all_failures_are_kept_not_only_the_first() -> None:
    order = make_order(make_line(tags=frozenset({"hygiene", "made_to_order"}), returned=1), captured=0)
    assert [check.id for check in decide(order).failed] == [
        "paid",
        "left",
        "quantity",
        "refundable",
        "no_made_to_order",
        "no_hygiene",
    ]


def test_an_open_own_window_makes_the_closed_statutory_one_optional() -> None:
    checks = {check.id: check for check in decide(make_order(), today=date(2026, 11, 9)).checks}
    assert (checks["statutory"].passed, checks["statutory"].required) == (False, False)
    assert (checks["own"].passed, checks["own"].required) == (True, True)


@pytest.mark.parametrize(
    ("today", "allowed"),
    [(date(2026, 11, 1), True), (date(2026, 11, 16), True), (date(2026, 11, 17), False)],
    ids=["the day of delivery", "the last day", "the day after"],
)
def test_the_last_day_still_counts(today: date, allowed: bool) -> None:
    decision = decide(make_order(), today=today)
    assert decision.allowed is allowed
    assert decision.last_day == date(2026, 11, 16)


@pytest.mark.parametrize(
    ("delivered_at", "zone", "last_day"),
    [
        (datetime(2026, 11, 1, 15, 59, 59, tzinfo=UTC), SHANGHAI, date(2026, 11, 16)),
        (datetime(2026, 11, 1, 16, 0, tzinfo=UTC), SHANGHAI, date(2026, 11, 17)),
        (datetime(2026, 11, 1, 16, 0, tzinfo=UTC), ZoneInfo("UTC"), date(2026, 11, 16)),
        (datetime(2026, 11, 1, 4, 30, tzinfo=UTC), ZoneInfo("America/New_York"), date(2026, 11, 16)),
        (datetime(2026, 11, 1, 3, 30, tzinfo=UTC), ZoneInfo("America/New_York"), date(2026, 11, 15)),
        (datetime(2024, 2, 25, 4, 0, tzinfo=UTC), SHANGHAI, date(2024, 3, 11)),
    ],
    ids=["before midnight", "after midnight", "in UTC", "New York", "New York the day before", "a leap year"],
)
def test_the_day_of_delivery_is_that_of_the_shops_zone(
    delivered_at: datetime, zone: ZoneInfo, last_day: date
) -> None:
    assert decide(make_order(delivered_at=delivered_at), zone=zone).last_day == last_day


def test_the_text_tells_the_days_in_both_languages() -> None:
    text = decide(make_order()).rule_text
    assert text.zh == "law 7(中)签收 2026年11月1日,最后一天 2026年11月8日。"
    assert text.en == "law 7 Delivered 1 November 2026, last day 8 November 2026."


@pytest.mark.parametrize(
    ("category", "today", "reason", "fee"),
    [
        ("electronics", date(2026, 11, 3), Reason.NO_LONGER_NEEDED, 0),
        ("electronics", date(2026, 11, 9), Reason.NO_LONGER_NEEDED, 1000),
        ("electronics", date(2026, 11, 9), Reason.DEFECTIVE, 0),
        ("furniture", date(2026, 11, 9), Reason.PRICE, 800),
        ("home", date(2026, 11, 9), Reason.PRICE, 0),
    ],
    ids=["never under the law", "percent", "never for a fault", "fixed", "no fee for the category"],
)
def test_a_fee_is_kept_only_outside_law_and_fault(category: str, today: date, reason: Reason, fee: int) -> None:
    decision = decide(make_order(make_line(category=category)), today=today, reason=reason)
    assert (decision.amount, decision.fee) == (Money(10_000 - fee, "CNY"), Money(fee, "CNY"))
    assert any(term.id.startswith("fee") for term in decision.terms) is bool(fee)


def test_a_fixed_fee_never_exceeds_what_was_paid() -> None:
    decision = decide(make_order(make_line(category="furniture", paid=500)), today=date(2026, 11, 9))
    assert (decision.allowed, decision.amount.minor, decision.fee.minor) == (True, 0, 500)


def test_a_fixed_fee_in_another_currency_is_none() -> None:
    decision = decide(make_order(make_line(category="furniture", currency="EUR")), today=date(2026, 11, 9))
    assert decision.fee == Money(0, "EUR")


@pytest.mark.parametrize(
    ("category", "reason", "payer"),
    [
        ("home", Reason.WRONG_SIZE, "customer"),
        ("shoes", Reason.WRONG_SIZE, "merchant"),
        ("home", Reason.WRONG_ITEM, "merchant"),
    ],
)
def test_who_pays_the_way_back(category: str, reason: Reason, payer: str) -> None:
    assert decide(make_order(make_line(category=category)), reason=reason).who_pays_shipping == payer


@pytest.mark.parametrize(
    ("paid", "currency", "needs_human"),
    [(50_000, "CNY", False), (50_001, "CNY", True), (1, "CHF", True), (0, "CHF", False)],
    ids=["at the limit", "above it", "a currency without a limit", "nothing to pay back"],
)
def test_above_the_automatic_limit_a_person_looks(paid: int, currency: str, needs_human: bool) -> None:
    decision = decide(make_order(make_line(paid=paid, currency=currency), captured=max(paid, 1)))
    assert (decision.allowed, decision.needs_human) == (True, needs_human)


def test_what_was_paid_back_before_caps_the_amount_and_asks_for_a_person() -> None:
    decision = decide(make_order(refunded=4_000))
    assert (decision.allowed, decision.needs_human, decision.amount.minor) == (True, True, 6_000)


def test_photo_and_refund_day_are_told() -> None:
    damaged = decide(make_order(), reason=Reason.DAMAGED)
    assert damaged.photo_required
    assert damaged.refund_by == date(2026, 11, 10)
    assert [term.id for term in damaged.terms] == ["ship_merchant", "photo", "refund"]
    unwanted = decide(make_order())
    assert not unwanted.photo_required
    assert [term.id for term in unwanted.terms] == ["ship_customer", "intact", "refund"]


def test_no_window_is_told_for_excluded_goods() -> None:
    assert decide(make_order(make_line(tags=frozenset({"hygiene"})))).last_day is None


def test_an_unknown_line_is_not_found() -> None:
    with pytest.raises(NotFound):
        decide(make_order(), line_id="other")


def test_the_version_is_that_of_the_policy() -> None:
    assert decide(make_order()).version == make_policy().version
