"""How many people have to agree to a refund, and by which signs it becomes more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.approvals import ApprovalRules, Review, is_agreed
from aftersales.domain.money import Money
from aftersales.domain.risk import Lowering, RiskFacts, RiskRules, Signal, SignalKind, find_signals
from tests.fakes import NOON
from tests.goods import shipped_policy

SHIPPED = shipped_policy().approvals
LIMIT = Money(100_000, "CNY")


def signals(points: int) -> tuple[Signal, ...]:
    return (Signal(kind=SignalKind.MANY_RETURNS, points=points),) if points else ()


@pytest.mark.parametrize(
    ("minor", "points", "level"),
    [
        (100_000, 0, Review.AUTOMATIC),
        (100_001, 0, Review.ONE_PERSON),
        (500_000, 0, Review.ONE_PERSON),
        (500_001, 0, Review.TWO_PEOPLE),
        (100_000, 1, Review.AUTOMATIC),  # one weak sign alone holds nobody's money up
        (50_000, 2, Review.AUTOMATIC),
        (50_001, 2, Review.ONE_PERSON),
        (250_001, 2, Review.TWO_PEOPLE),
        (20_001, 3, Review.ONE_PERSON),
        (20_001, 4, Review.ONE_PERSON),
        (100_001, 4, Review.TWO_PEOPLE),
        (1, 5, Review.TWO_PEOPLE),
        (0, 5, Review.AUTOMATIC),
    ],
)
def test_the_shipped_levels(minor: int, points: int, level: Review) -> None:
    found = SHIPPED.level(Money(minor, "CNY"), automatic=LIMIT, signals=signals(points))
    assert found is level


@pytest.mark.parametrize(
    ("minor", "roles"),
    [
        (200_000, ["agent", "supervisor", "finance", "admin"]),
        (200_001, ["supervisor", "finance", "admin"]),
        (2_000_001, ["finance", "admin"]),
    ],
)
def test_the_roles_whose_limit_covers_an_amount(minor: int, roles: list[str]) -> None:
    assert [role.value for role in SHIPPED.roles_for(Money(minor, "CNY"))] == roles


def test_a_currency_without_amounts_needs_two_people_and_no_section_needs_none_more_than_before() -> None:
    amount = Money(1, "CHF")
    assert SHIPPED.level(amount, automatic=Money.zero("CHF"), signals=()) is Review.TWO_PEOPLE
    assert ApprovalRules().level(amount, automatic=Money.zero("CHF"), signals=()) is Review.ONE_PERSON


@pytest.mark.parametrize(
    ("level", "approvers", "raised_by", "agreed"),
    [
        (Review.ONE_PERSON, [], "", False),
        (Review.ONE_PERSON, ["a"], "", True),
        (Review.AUTOMATIC, ["a"], "", True),
        (Review.AUTOMATIC, [], "", False),
        (Review.ONE_PERSON, ["a"], "a", False),
        (Review.ONE_PERSON, ["a", "b"], "a", True),
        (Review.TWO_PEOPLE, ["a"], "", False),
        (Review.TWO_PEOPLE, ["a", "a"], "", False),
        (Review.TWO_PEOPLE, ["a", "b"], "", True),
        (Review.TWO_PEOPLE, ["a", "b"], "a", True),
    ],
)
def test_who_has_to_agree(level: Review, approvers: list[str], raised_by: str, agreed: bool) -> None:
    assert is_agreed(level, approvers=approvers, raised_by=raised_by) is agreed


FOUND = {
    "nothing": (RiskFacts(), set()),
    "returns": (RiskFacts(returns=(NOON - timedelta(days=1),) * 5), {SignalKind.MANY_RETURNS}),
    "few returns": (RiskFacts(returns=(NOON - timedelta(days=1),) * 4), set()),
    "old returns": (RiskFacts(returns=(NOON - timedelta(days=90),) * 9), set()),
    "claims": (RiskFacts(not_delivered=(NOON,) * 2), {SignalKind.NOT_DELIVERED}),
    "one claim": (RiskFacts(not_delivered=(NOON,)), set()),
    "new": (RiskFacts(first_order_at=NOON - timedelta(days=29)), {SignalKind.NEW_CUSTOMER}),
    "known": (RiskFacts(first_order_at=NOON - timedelta(days=30)), set()),
    "country": (
        RiskFacts(delivery_country="CN", payment_countries=frozenset({"US", "CN"})),
        {SignalKind.OTHER_COUNTRY},
    ),
    "same country": (RiskFacts(delivery_country="CN", payment_countries=frozenset({"CN"})), set()),
    "unknown country": (RiskFacts(delivery_country="CN"), set()),
    "address": (RiskFacts(address_changed_at=NOON - timedelta(hours=3)), {SignalKind.ADDRESS_CHANGED}),
    "old address": (RiskFacts(address_changed_at=NOON - timedelta(days=7)), set()),
    "photo": (RiskFacts(reused_photos=(NOON - timedelta(days=400),)), {SignalKind.REUSED_PHOTO}),
    "old photo": (RiskFacts(reused_photos=(NOON - timedelta(days=730),)), set()),
}


@pytest.mark.parametrize(("facts", "kinds"), FOUND.values(), ids=FOUND)
def test_which_facts_are_signs(facts: RiskFacts, kinds: set[SignalKind]) -> None:
    found = find_signals(facts, SHIPPED.risk, now=NOON)
    assert {signal.kind for signal in found} == kinds


def test_what_the_policy_leaves_out_nobody_looks_for() -> None:
    facts = [facts for facts, _ in FOUND.values()]
    assert [find_signals(each, RiskRules(), now=NOON) for each in facts] == [()] * len(facts)


some_signals = st.lists(st.builds(Signal, kind=st.sampled_from(SignalKind), points=st.integers(0, 10)), max_size=6)
some_steps = st.lists(st.builds(Lowering, points=st.integers(1, 30), percent=st.integers(0, 100)), max_size=5)
some_money = st.integers(0, 10**9).map(lambda minor: Money(minor, "CNY"))


@given(some_money, some_money, some_money, some_steps, some_signals, some_signals)
def test_another_sign_never_lowers_the_level(
    amount: Money,
    automatic: Money,
    second: Money,
    steps: list[Lowering],
    before: list[Signal],
    more: list[Signal],
) -> None:
    rules = ApprovalRules(second_person={"CNY": second}, risk=RiskRules(lowered=tuple(steps)))
    level = rules.level(amount, automatic=automatic, signals=before)
    assert rules.level(amount, automatic=automatic, signals=[*before, *more]) >= level
    assert rules.level(amount, automatic=automatic, signals=()) <= level


@given(some_money, st.integers(0, 10**6), some_signals)
def test_a_higher_amount_never_needs_fewer_people(amount: Money, more: int, found: list[Signal]) -> None:
    higher = Money(amount.minor + more, amount.currency)
    low, high = (SHIPPED.level(each, automatic=LIMIT, signals=found) for each in (amount, higher))
    assert low <= high
