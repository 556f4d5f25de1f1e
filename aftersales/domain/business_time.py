"""When people are there to answer, and time counted in those hours alone, by the shop's wall clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.texts import Language

DAY = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Part of a day in minutes since its midnight, from `start` up to but not at `end` (1440 is its end)."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= DAY:
            raise ValueError(f"no part of a day: {self.start} to {self.end}")


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`week`: the spans of each weekday, Monday first; a weekday without one is closed.

    `holidays` are closed all day unless they stand in `extra`, whose days have spans of their own instead of their
    weekday's (in China a Saturday that is worked for a holiday). `closures` take spans out of a single day.
    """

    week: tuple[Spans, ...]
    holidays: frozenset[date] = frozenset()
    extra: Mapping[date, Spans] = field(default_factory=dict)
    closures: Mapping[date, Spans] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        if not any(self.week):
            raise ValueError("never open")

    def of(self, day: date) -> Spans:
        """The spans of this day, in order, none of them touching another."""
        usual = () if day in self.holidays else self.week[day.weekday()]
        return _without(_joined(self.extra.get(day, usual)), self.closures.get(day, ()))


@dataclass(frozen=True, slots=True)
class Hours:
    """`schedules` by language; a language without one is answered at any time.

    A span is meant in the shop's wall clock. Where clocks are put forward over its start or end, that is as much
    later; of an hour that comes twice, the first one counts (PEP 495, fold=0).
    """

    zone: ZoneInfo
    schedules: Mapping[Language, Schedule] = field(default_factory=dict)

    def is_open(self, at: datetime, language: Language) -> bool:
        return self.next_opening(at, language) == at

    def is_working_day(self, day: date, language: Language) -> bool:
        """Whether somebody is there on it; Monday to Friday where no hours are given."""
        schedule = self.schedules.get(language)
        return bool(schedule.of(day)) if schedule else day.weekday() < 5

    def next_opening(self, at: datetime, language: Language) -> datetime:
        """In UTC; `at` itself when somebody is there."""
        now = at.astimezone(UTC)
        if language not in self.schedules:
            return now
        start, _ = next(self._openings(now, language))
        return max(start, now)

    def after(self, at: datetime, duration: timedelta, language: Language) -> datetime:
        """When so much business time has gone by since `at`, in UTC: the earliest such moment.

        That may be a closing time; with no duration it is the next opening. Raises ValueError for a negative one.
        """
        if duration < timedelta(0):
            raise ValueError("a negative duration")
        begun = at.astimezone(UTC)
        if language not in self.schedules:
            return begun + duration
        left = duration
        for opens, closes in self._openings(begun, language):
            begin = max(opens, begun)
            if left <= closes - begin:
                return begin + left
            left -= closes - begin
        raise AssertionError("openings never end")

    def between(self, start: datetime, end: datetime, language: Language) -> timedelta:
        """The business time from `start` to `end`; none where the end is no later than the start."""
        first, last = start.astimezone(UTC), end.astimezone(UTC)
        if last <= first:
            return timedelta(0)
        if language not in self.schedules:
            return last - first
        total = timedelta(0)
        for opens, closes in self._openings(first, language):
            if opens >= last:
                break
            total += min(closes, last) - max(opens, first)
        return total

    def _openings(self, at: datetime, language: Language) -> Iterator[tuple[datetime, datetime]]:
        """From when to when (UTC) somebody is there, the one that is on at `at`, then all later ones."""
        schedule = self.schedules[language]
        day = at.astimezone(self.zone).date() - timedelta(days=1)
        while True:
            yield from (found for found in self._of(schedule, day) if found[1] > at)
            day += timedelta(days=1)

    def _of(self, schedule: Schedule, day: date) -> list[tuple[datetime, datetime]]:
        """Clocks that are put forward may lay one span over another: such are one."""
        found: list[tuple[datetime, datetime]] = []
        for start, end in sorted((self._moment(day, s.start), self._moment(day, s.end)) for s in schedule.of(day)):
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            elif start < end:
                found.append((start, end))
        return found

    def _moment(self, day: date, minute: int) -> datetime:
        days, rest = divmod(minute, DAY)
        wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=self.zone)
        return wall.astimezone(UTC)


ALWAYS_OPEN = Hours(ZoneInfo("UTC"))


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _without(spans: Iterable[Span], closed: Iterable[Span]) -> Spans:
    left = list(spans)
    for gap in closed:
        left = [
            Span(start, end)
            for span in left
            for start, end in ((span.start, min(span.end, gap.start)), (max(span.start, gap.end), span.end))
            if start < end
        ]
    return tuple(left)
