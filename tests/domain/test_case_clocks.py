"""The two clocks of a case: what stops them, what lets them rest, and what is noted when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.business_time import Hours, Schedule, Span
from aftersales.domain.case_clocks import (
    ClockName,
    Notice,
    clocks_after,
    due_at,
    noted,
    notices,
    running,
    start_clock,
)
from aftersales.domain.cases import CASE_MACHINE, Case, CaseKind, CaseState, CaseTrigger, Severity
from aftersales.domain.errors import Conflict
from aftersales.domain.machine import advance
from tests.fakes import NOON

# Around the clock on weekdays; NOON is a Saturday, so that whatever is counted begins on Monday at 00:00 UTC.
WEEKDAYS = Hours(ZoneInfo("UTC"), {"zh": Schedule(week=(*[(Span(0, 1440),)] * 5, (), ()))})
MONDAY = NOON + timedelta(days=1, hours=12)
FIRST, RESOLUTION = ClockName.FIRST, ClockName.RESOLUTION


def make(**changes: Any) -> Case:
    case = Case(
        id="c1",
        number="CS1",
        key="k",
        kind=CaseKind.COMPLAINT,
        conversation_id="conv",
        customer_id=None,
        reason="service",
        summary="",
        created_at=NOON,
        promised_by=MONDAY + timedelta(hours=10),
        closed_at=None,
        first=start_clock(NOON, timedelta(hours=10), WEEKDAYS, "zh"),
        resolution=start_clock(NOON, timedelta(hours=50), WEEKDAYS, "zh"),
    )
    return replace(case, **changes)


def take(case: Case, trigger: CaseTrigger, *, hours: float) -> Case:
    """The step so many hours after Monday began."""
    at = MONDAY + timedelta(hours=hours)
    state = advance(CASE_MACHINE, case.state, trigger)
    return replace(clocks_after(case, trigger, state, at=at, hours=WEEKDAYS), state=state)


def left_of_resolution(case: Case) -> float:
    assert case.resolution is not None
    return (case.resolution.due - MONDAY) / timedelta(hours=1)


def test_both_clocks_count_business_time_and_warn_after_four_fifths_of_it() -> None:
    case = make()
    assert case.first is not None
    assert case.resolution is not None
    assert case.first.due == MONDAY + timedelta(hours=10)
    assert case.first.soon == MONDAY + timedelta(hours=8)
    assert case.resolution.soon == MONDAY + timedelta(hours=40)


@pytest.mark.parametrize("trigger", [CaseTrigger.ANSWER, CaseTrigger.ASK, CaseTrigger.RESOLVE])
def test_a_person_s_words_stop_the_first_clock_once(trigger: CaseTrigger) -> None:
    answered = take(make(), trigger, hours=1)
    assert answered.answered_at == MONDAY + timedelta(hours=1)
    again = take(replace(answered, state=CaseState.OPEN), CaseTrigger.ANSWER, hours=2)
    assert again.answered_at == answered.answered_at


@pytest.mark.parametrize(
    "trigger", [CaseTrigger.ASSIGN, CaseTrigger.HEAR, CaseTrigger.CLOSE, CaseTrigger.WITHDRAW]
)
def test_nothing_else_is_an_answer(trigger: CaseTrigger) -> None:
    assert take(make(), trigger, hours=1).answered_at is None


def test_waiting_for_the_customer_moves_the_resolution_by_the_time_that_was_waited() -> None:
    asked = take(make(), CaseTrigger.ASK, hours=10)
    assert running(asked) == ()
    assert due_at(asked) is None
    heard = take(asked, CaseTrigger.HEAR, hours=34)
    assert left_of_resolution(heard) == 74
    assert heard.paused_since is None
    assert due_at(heard) == MONDAY + timedelta(hours=74)


def test_a_weekend_that_was_waited_costs_nothing() -> None:
    friday, monday = 4 * 24 + 20, 7 * 24 + 1
    asked = take(
        make(resolution=start_clock(NOON, timedelta(hours=118), WEEKDAYS, "zh")), CaseTrigger.ASK, hours=friday
    )
    assert left_of_resolution(take(asked, CaseTrigger.HEAR, hours=monday)) == 7 * 24 + 3


def test_who_waits_longer_for_the_customer_asked_twice() -> None:
    asked = take(take(make(), CaseTrigger.ASK, hours=10), CaseTrigger.ASK, hours=15)
    assert left_of_resolution(take(asked, CaseTrigger.HEAR, hours=20)) == 60


def test_a_resolved_case_that_is_opened_again_has_as_much_time_as_it_had() -> None:
    resolved = take(take(make(), CaseTrigger.ASK, hours=10), CaseTrigger.RESOLVE, hours=20)
    assert running(resolved) == ()
    opened = take(resolved, CaseTrigger.REOPEN, hours=60)
    assert left_of_resolution(opened) == 100


def test_a_time_that_was_over_stays_over() -> None:
    late = take(make(), CaseTrigger.ASK, hours=60)
    assert left_of_resolution(take(late, CaseTrigger.HEAR, hours=80)) == 50


def test_a_case_of_before_there_were_clocks_is_due_by_what_was_promised() -> None:
    old = make(first=None, resolution=None)
    assert due_at(old) == old.promised_by
    assert due_at(take(old, CaseTrigger.ANSWER, hours=1)) is None


def test_each_notice_of_each_clock_comes_once() -> None:
    case, seen = make(), []
    for hour in range(60):
        at = MONDAY + timedelta(hours=hour)
        for name, notice in notices(case, at=at):
            case = noted(case, name, notice, at=at)
            seen.append((hour, name, notice))
    assert seen == [
        (8, FIRST, Notice.SOON),
        (10, FIRST, Notice.BREACH),
        (40, RESOLUTION, Notice.SOON),
        (50, RESOLUTION, Notice.BREACH),
    ]
    assert case.severity is Severity.URGENT


def test_who_looks_too_late_notes_the_breach_alone() -> None:
    case = make()
    assert notices(case, at=MONDAY + timedelta(hours=11)) == ((FIRST, Notice.BREACH),)
    breached = noted(case, FIRST, Notice.BREACH, at=MONDAY + timedelta(hours=11))
    assert breached.severity is Severity.HIGH
    assert notices(breached, at=MONDAY + timedelta(hours=12)) == ()


@pytest.mark.parametrize("trigger", [CaseTrigger.ASK, CaseTrigger.RESOLVE, CaseTrigger.CLOSE])
def test_nothing_is_noted_while_the_shop_has_nothing_to_do(trigger: CaseTrigger) -> None:
    assert notices(take(make(), trigger, hours=1), at=MONDAY + timedelta(days=90)) == ()


@given(st.lists(st.tuples(st.sampled_from(list(CaseTrigger)), st.integers(0, 30)), max_size=8))
def test_the_time_that_a_case_has_is_what_it_was_given(steps: list[tuple[CaseTrigger, int]]) -> None:
    """The time worked on it and the time left are 50 business hours, as long as it is not late."""
    case, hour, worked = make(), 0, timedelta(0)
    for trigger, passed in steps:
        begun, hour = MONDAY + timedelta(hours=hour), hour + passed
        if case.paused_since is None:
            worked += WEEKDAYS.between(begun, MONDAY + timedelta(hours=hour), "zh")
        try:
            case = take(case, trigger, hours=hour)
        except Conflict:
            continue
    assert case.resolution is not None
    since = case.paused_since or MONDAY + timedelta(hours=hour)
    left = WEEKDAYS.between(since, case.resolution.due, "zh")
    assert worked + left == timedelta(hours=50) or not left
