"""Which policy is in force when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from aftersales.domain.policy_history import NO_HISTORY, Period, PolicyHistory
from tests.domain.policy_cases import make_policy


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
