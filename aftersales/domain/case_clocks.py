"""The two clocks of a case: until a person's first answer, and until it is resolved. In business time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from aftersales.domain.business_time import Hours
from aftersales.domain.cases import LIVE, Case, CaseState, CaseTrigger, Clock, Severity
from aftersales.domain.journal import Entry
from aftersales.domain.texts import Language

# A person's words to the customer: each stops the clock of the first answer. Automatic words never do.
_ANSWERS = frozenset({CaseTrigger.ANSWER, CaseTrigger.ASK, CaseTrigger.RESOLVE})
# In these it is not up to the shop: the clock of the resolution rests.
_RESTING = frozenset(CaseState) - {CaseState.OPEN, CaseState.ASSIGNED}
_RAISED = {Severity.NORMAL: Severity.HIGH, Severity.HIGH: Severity.URGENT, Severity.URGENT: Severity.URGENT}


class ClockName(StrEnum):
    FIRST = "first"
    RESOLUTION = "resolution"


class Notice(StrEnum):
    """`soon`: 80 % of the time are over; `breach`: all of it."""

    SOON = "soon"
    BREACH = "breach"


def start_clock(at: datetime, allowed: timedelta, hours: Hours, language: Language) -> Clock:
    """A clock that begins at `at`; `allowed` is business time."""
    return Clock(due=hours.after(at, allowed, language), soon=hours.after(at, allowed * 4 / 5, language))


def clocks_after(case: Case, trigger: CaseTrigger, state: CaseState, *, at: datetime, hours: Hours) -> Case:
    """The case (still as it was) with its clocks as a step to `state` leaves them.

    What rested goes on with as much business time left as when it stopped; a time that was over by then stays.
    """
    answered_at = at if trigger in _ANSWERS and case.answered_at is None else case.answered_at
    changed = replace(case, answered_at=answered_at)
    if state in _RESTING:
        return replace(changed, paused_since=case.paused_since or at)
    if case.paused_since is None:
        return changed
    resolution = case.resolution and _later(case.resolution, case.paused_since, at, hours, case.language)
    return replace(changed, paused_since=None, resolution=resolution)


def _later(clock: Clock, since: datetime, at: datetime, hours: Hours, language: Language) -> Clock:
    def moved(moment: datetime) -> datetime:
        left = hours.between(since, moment, language)
        return hours.after(at, left, language) if left else moment

    return replace(clock, due=moved(clock.due), soon=moved(clock.soon))


def timed_anew(
    case: Case,
    *,
    promise: timedelta,
    resolve: timedelta | None,
    journal: Sequence[Entry],
    at: datetime,
    hours: Hours,
) -> Case:
    """A live case with clocks of other lengths, as if it had had them from the start; rests count as they were.

    `journal` is its own, oldest first. The first answer is never due later than the customer was promised. A
    notice stays noted as long as its time is over under the new clock as well.
    """
    first = start_clock(case.created_at, promise, hours, case.language)
    first = replace(first, due=min(first.due, case.promised_by), soon=min(first.soon, case.promised_by))
    resolution = None
    if resolve is not None:
        rested = _rested(case, journal, hours)
        fresh = start_clock(case.created_at, resolve + rested, hours, case.language)
        soon = hours.after(case.created_at, resolve * 4 / 5 + rested, case.language)
        resolution = _with_notices(replace(fresh, soon=soon), case.resolution, at)
    return replace(case, first=_with_notices(first, case.first, at), resolution=resolution)


def _with_notices(clock: Clock, before: Clock | None, at: datetime) -> Clock:
    if before is None:
        return clock
    return replace(
        clock,
        warned_at=before.warned_at if clock.soon <= at else None,
        breached_at=before.breached_at if clock.due <= at else None,
    )


def _rested(case: Case, journal: Sequence[Entry], hours: Hours) -> timedelta:
    """The business time for which its resolution rested, without a rest that goes on."""
    total, since = timedelta(0), None
    for entry in journal:
        rests = entry.to_state in _RESTING
        if rests and since is None:
            since = entry.at
        elif not rests and since is not None:
            total += hours.between(since, entry.at, case.language)
            since = None
    return total


def sooner(case: Case, other: Case) -> Case:
    """The case with the times of another where those are sooner: whoever waits longest counts."""
    times = [clock for clock in (case.first, other.first) if clock is not None]
    resolutions = [clock for clock in (case.resolution, other.resolution) if clock is not None]
    return replace(
        case,
        promised_by=min(case.promised_by, other.promised_by),
        first=min(times, key=lambda clock: clock.due, default=None),
        resolution=min(resolutions, key=lambda clock: clock.due, default=None),
    )


def running(case: Case) -> tuple[tuple[ClockName, Clock], ...]:
    """The clocks that count just now, that of the first answer before the other."""
    if case.state not in LIVE:
        return ()
    first = case.first if case.answered_at is None else None
    resolution = case.resolution if case.paused_since is None else None
    named = ((ClockName.FIRST, first), (ClockName.RESOLUTION, resolution))
    return tuple((name, clock) for name, clock in named if clock is not None)


def due_at(case: Case) -> datetime | None:
    """By when a person has to do something next: answer, then resolve; None where nothing is to be done by a time.

    A case of before there were clocks is due by what was promised, until it is answered.
    """
    clocks = running(case)
    if clocks:
        return clocks[0][1].due
    is_old = case.first is None and case.answered_at is None and case.paused_since is None
    return case.promised_by if is_old and case.state in LIVE else None


def notices(case: Case, *, at: datetime) -> tuple[tuple[ClockName, Notice], ...]:
    """What has not been noted yet and is true by now: each once for each clock, no warning after a breach."""
    found = []
    for name, clock in running(case):
        if clock.breached_at is None and clock.due <= at:
            found.append((name, Notice.BREACH))
        elif clock.breached_at is None and clock.warned_at is None and clock.soon <= at:
            found.append((name, Notice.SOON))
    return tuple(found)


def noted(case: Case, name: ClockName, notice: Notice, *, at: datetime) -> Case:
    """The case with this notice noted; a breach makes it one step more severe."""
    clock = case.first if name is ClockName.FIRST else case.resolution
    if clock is None:
        return case
    if notice is Notice.BREACH:
        changed, severity = replace(clock, breached_at=at), _RAISED[case.severity]
    else:
        changed, severity = replace(clock, warned_at=at), case.severity
    if name is ClockName.FIRST:
        return replace(case, first=changed, severity=severity)
    return replace(case, resolution=changed, severity=severity)
