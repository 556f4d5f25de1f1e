"""Which policy is in force when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from aftersales.domain.money import Money
from aftersales.domain.policy_history import NO_HISTORY, Period, PolicyHistory, with_minimum_of
from aftersales.domain.policy_rules import Policy
from tests.domain.policy_cases import decide, make_order, make_policy


def day(number: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC)


def period(version: str, number: int) -> Period:
    return Period(policy=replace(make_policy(), version=version), valid_from=day(number))


def version_at(history: PolicyHistory, time: datetime) -> str | None:
    found = history.at(time)
    return found.version if found else None


def test_each_day_has_the_policy_that_began_last() -> None:
    history = PolicyHistory.of([period("a", 3), period("b", 10)])
    assert [version_at(history, day(number)) for number in (3, 9, 10, 30)] == ["a", "a", "b", "b"]


def test_what_was_before_the_first_policy_is_judged_by_the_first() -> None:
    assert version_at(PolicyHistory.of([period("a", 3), period("b", 10)]), day(1)) == "a"


def test_an_announced_policy_that_is_taken_back_never_begins() -> None:
    history = PolicyHistory.of([period("a", 3), period("b", 20), period("c", 5)])
    assert version_at(history, day(25)) == "c"


def test_a_policy_that_comes_back_holds_again() -> None:
    history = PolicyHistory.of([period("a", 3), period("b", 5), period("a", 9)])
    assert [version_at(history, day(number)) for number in (4, 6, 9)] == ["a", "b", "a"]


def test_without_a_history_nothing_is_known() -> None:
    assert (NO_HISTORY.at(day(1)), NO_HISTORY.named("a")) == (None, None)


def test_a_version_is_found_by_its_name() -> None:
    history = PolicyHistory.of([period("a", 3), period("b", 10)])
    found = history.named("a")
    assert found is not None
    assert found.version == "a"
    assert history.named("c") is None


def with_right(version: str, *, days: int, countries: str = "CN") -> Policy:
    (right,) = make_policy().statutory
    right = replace(right, days=days, countries=frozenset(countries.split()))
    return replace(make_policy(), version=version, statutory=(right,) if days else ())


def test_a_statutory_right_that_grew_since_holds_for_orders_of_before() -> None:
    policy = with_minimum_of(with_right("a", days=7), with_right("b", days=14))
    right = policy.statutory_right("CN")
    assert right is not None
    assert (right.days, policy.version) == (14, "a+b")
    decision = decide(make_order(), policy=policy)
    assert (decision.rule_id, decision.version) == ("statutory", "a+b")


def test_a_statutory_right_that_is_new_holds_in_its_country_alone() -> None:
    policy = with_minimum_of(with_right("a", days=7), with_right("b", days=14, countries="FR DE"))
    assert {c: r.days if (r := policy.statutory_right(c)) else 0 for c in ("CN", "FR", "US")} == {
        "CN": 7,
        "FR": 14,
        "US": 0,
    }


def test_a_statutory_right_that_shrank_is_kept_for_orders_of_before() -> None:
    policy = with_minimum_of(with_right("a", days=14), with_right("b", days=7))
    right = policy.statutory_right("CN")
    assert right is not None
    assert (right.days, policy.version) == (14, "a")


def test_a_joint_version_is_found_by_its_name() -> None:
    old, new = with_right("a", days=7), with_right("b", days=14)
    history = PolicyHistory.of([Period(policy=old, valid_from=day(3)), Period(policy=new, valid_from=day(10))])
    assert history.judging(day(4), now=day(20)) == history.named("a+b")
    assert history.judging(day(11), now=day(20)) == history.named("b") == new
    assert history.named("a+c") is None


def test_the_shops_own_control_is_that_of_today() -> None:
    strict = replace(make_policy().automatic_limit, amounts={"CNY": Money(1, "CNY")})
    policy = with_minimum_of(make_policy(), replace(make_policy(), version="b", automatic_limit=strict))
    assert decide(make_order(), policy=policy).needs_human
