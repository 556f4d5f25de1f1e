"""What holds of every lawful policy, whatever its rules and whatever was bought."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from aftersales.domain.orders import Order
from aftersales.domain.policy import Decision
from aftersales.domain.policy_remedies import evaluate
from aftersales.domain.policy_rules import Exclusion, Policy, Rule
from aftersales.domain.policy_words import day_words, money_words
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.remedies import Remedy, Wish
from tests.domain.policy_cases import SHANGHAI, decide, make_order, make_policy
from tests.domain.policy_strategies import TODAY, exclusions, orders, policies


def requirements(policy: Policy) -> list[Rule]:
    needs = policy.requirements
    return [needs.active, needs.paid, needs.delivered, needs.left, needs.quantity, needs.refundable]


REASONS = st.sampled_from(Reason)
NO_FAULT = st.sampled_from(sorted(frozenset(Reason) - MERCHANT_FAULT))
FAULTS = st.sampled_from(sorted(MERCHANT_FAULT - {Reason.MISSING_ITEM}))  # there is nothing to compare that with
REMEDIES = st.sampled_from(Remedy)


def judge(policy: Policy, order: Order, *, remedy: Remedy = Remedy.RETURN, **matter: Any) -> Decision:
    """All lines together, one unit of each unless told otherwise."""
    units = matter.pop("units", 1)
    found: dict[str, Any] = {
        "order": order,
        "items": [(line.id, units) for line in order.lines],
        "zone": SHANGHAI,
        **matter,
    }
    return evaluate(policy, wish=Wish(remedy=remedy), swaps={}, **found).decision


@given(policies(), orders(lines=2, delivered=True), REMEDIES, REASONS, TODAY, st.integers(1, 4))
def test_never_more_is_paid_back_than_was_paid(
    policy: Policy, order: Order, remedy: Remedy, reason: Reason, today: date, units: int
) -> None:
    decision = judge(policy, order, remedy=remedy, reason=reason, today=today, units=units)
    left = max(0, sum(payment.refundable.minor for payment in order.payments))
    assert 0 <= decision.amount.minor <= left
    assert decision.fee.minor >= 0
    assert decision.amount + decision.fee <= order.total


@given(policies(holidays=False), orders(), REMEDIES, REASONS, TODAY, st.integers(1, 60))
def test_waiting_opens_nothing(
    policy: Policy, order: Order, remedy: Remedy, reason: Reason, today: date, later: int
) -> None:
    assume(today >= date(2026, 11, 15))  # by then it has arrived
    now = judge(policy, order, remedy=remedy, reason=reason, today=today)
    then = judge(policy, order, remedy=remedy, reason=reason, today=today + timedelta(days=later))
    assert now.allowed or not then.allowed


@given(policies(), orders(), st.sampled_from([Remedy.RETURN, Remedy.REFUND_ONLY]), REASONS, TODAY)
def test_more_units_never_bring_less(
    policy: Policy, order: Order, remedy: Remedy, reason: Reason, today: date
) -> None:
    amounts = []
    for units in range(1, order.lines[0].quantity + 1):
        decision = judge(policy, order, remedy=remedy, reason=reason, today=today, units=units)
        if decision.allowed:
            amounts.append(decision.amount.minor)
    assert amounts == sorted(amounts)


@given(policies(), exclusions(), orders(), REMEDIES, REASONS, TODAY)
def test_one_more_exclusion_never_gives_more(
    policy: Policy, rule: Exclusion, order: Order, remedy: Remedy, reason: Reason, today: date
) -> None:
    stricter = replace(policy, exclusions=(*policy.exclusions, replace(rule, id="one_more")))
    before = judge(policy, order, remedy=remedy, reason=reason, today=today)
    after = judge(stricter, order, remedy=remedy, reason=reason, today=today)
    assert before.allowed >= after.allowed
    assert before.amount >= after.amount


@given(policies(), orders(), REMEDIES, NO_FAULT, FAULTS, TODAY)
def test_a_fault_is_never_worse_than_none(
    policy: Policy, order: Order, remedy: Remedy, reason: Reason, fault: Reason, today: date
) -> None:
    none = judge(policy, order, remedy=remedy, reason=reason, today=today)
    faulty = judge(policy, order, remedy=remedy, reason=fault, today=today)
    assert faulty.allowed >= none.allowed
    assert faulty.amount >= none.amount
    assert not faulty.fee
    assert faulty.who_pays_shipping == "merchant"
    if none.last_day and faulty.last_day:
        assert faulty.last_day >= none.last_day


@given(policies(), orders(lines=2), REMEDIES, REASONS, TODAY, st.integers(0, 4))
def test_the_explanation_is_that_of_the_verdict(
    policy: Policy, order: Order, remedy: Remedy, reason: Reason, today: date, units: int
) -> None:
    decision = judge(policy, order, remedy=remedy, reason=reason, today=today, units=units)
    names = {check.id.rpartition(":")[2] for check in decision.failed}
    assert decision.allowed == (not names)
    assert decision.rule_id in (names or {check.id.rpartition(":")[2] for check in decision.checks})
    assert any(check.text.en.endswith(decision.rule_text.en) for check in decision.checks)
    assert not (decision.allowed and decision.alternatives)
    assert bool(decision.terms) <= decision.allowed


@given(policies(), orders(), NO_FAULT, TODAY)
def test_amounts_and_days_that_are_told_are_those_of_the_decision(
    policy: Policy, order: Order, reason: Reason, today: date
) -> None:
    decision = judge(policy, order, reason=reason, today=today)
    fees = [term.text.en for term in decision.terms if term.id == "fee"]
    assert fees == ([f"rule kept: {money_words(decision.fee).en}"] if decision.fee else [])
    for check in decision.checks:
        if check.id == policy.automatic_limit.id:
            limit = policy.automatic_limit.of(order.currency)
            assert check.text.en.endswith(f"{money_words(decision.amount).en} of {money_words(limit).en}")
            assert check.passed == (decision.amount <= limit)
    if decision.last_day is not None:
        assert any(day_words(decision.last_day).en in check.text.en for check in decision.checks)


@given(policies(), orders(), REMEDIES, REASONS, TODAY, st.integers(1, 6))
def test_what_is_offered_instead_would_be_allowed(
    policy: Policy, order: Order, remedy: Remedy, reason: Reason, today: date, units: int
) -> None:
    decision = judge(policy, order, remedy=remedy, reason=reason, today=today, units=units)
    for other in decision.alternatives:
        if other.remedy is not None:
            assert judge(policy, order, remedy=other.remedy, reason=reason, today=today, units=units).allowed
        if other.reason is not None:
            faulty = [
                judge(policy, order, remedy=way, reason=other.reason, today=today, units=units)
                for way in {remedy, Remedy.RETURN}
            ]
            assert any(found.allowed for found in faulty)
        assert other.last_day is None or other.last_day >= today


@given(policies(), orders(), NO_FAULT, st.integers(0, 14))
def test_no_rule_of_the_shop_reduces_the_statutory_right(
    policy: Policy, order: Order, reason: Reason, after: int
) -> None:
    right, delivered = policy.statutory_right(order.country), order.delivered_at("l1")
    if right is None or delivered is None or after > right.days:
        return
    today = delivered.astimezone(SHANGHAI).date() + timedelta(days=after)
    decision = judge(policy, order, reason=reason, today=today)
    lawful = {rule.id for rule in policy.exclusions if rule.statutory}
    needs = {rule.id for rule in requirements(policy)}
    assert {check.id for check in decision.failed} <= lawful | needs | {"no_sale", "shut"}
    assert decision.allowed or {check.id for check in decision.failed} & (lawful | needs)
    assert not decision.fee


ZONES = st.sampled_from(
    ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "UTC"]
).map(ZoneInfo)


@given(ZONES, st.integers(0, 730 * 24 * 60), st.integers(1, 400), st.times())
def test_the_last_day_counts_until_midnight_of_the_shops_zone_whatever_the_clocks_do(
    zone: ZoneInfo, minutes: int, days: int, moment: time
) -> None:
    """Days of 23 and 25 hours are days: Berlin and New York change their clocks, Lord Howe by half an hour."""
    arrived = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    policy = replace(make_policy(), default_window=replace(make_policy().default_window, days=days))
    last_day = arrived.astimezone(zone).date() + timedelta(days=days)
    asked = datetime.combine(last_day, moment, tzinfo=zone).astimezone(UTC)
    for shift, allowed in ((0, True), (1, False)):
        today = (asked.astimezone(zone) + timedelta(days=shift)).date()
        decision = decide(make_order(country="US", delivered_at=arrived), policy=policy, today=today, zone=zone)
        assert (decision.allowed, decision.last_day) == (allowed, last_day)
