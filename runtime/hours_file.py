"""Reads desk_hours.yml: when people are there to answer. Refuses a file with any problem and names all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from aftersales.domain.business_time import Hours, Schedule, Span, Spans
from aftersales.domain.texts import LANGUAGES, Language
from runtime.policy_file import PolicyFileError, compose
from runtime.policy_reader import Reader

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PARTS = ("always", "week", "holidays", "extra", "closures")
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_LONGEST_HOLIDAY = 60  # days
_ANY_NAME = r"[^\x00-\x1f]{1,80}"

Node = yaml.Node | None


def load_hours(path: Path, *, zone: ZoneInfo) -> Hours:
    """The hours of the file (UTF-8 YAML, 1 MB at most), its days in `zone`. Raises PolicyFileError."""
    reader, root = Reader(), compose(path)
    found = reader.mapping(root, name="hours", needed=(), optional=("default", *LANGUAGES))
    read = {name: _schedule(reader, node, name=name) for name, node in found.items()}
    schedules: dict[Language, Schedule] = {}
    for language in LANGUAGES:
        if language not in read and "default" not in read:
            reader.note(root, f"hours: '{language}' is missing, and there is no 'default'")
        elif schedule := read[language if language in read else "default"]:
            schedules[language] = schedule
    if reader.problems:
        raise PolicyFileError(path, tuple(sorted(set(reader.problems))))
    return Hours(zone, schedules)


def _schedule(reader: Reader, node: yaml.Node, *, name: str) -> Schedule | None:
    """None where somebody is there always."""
    found = reader.mapping(node, name=name, needed=(), optional=_PARTS)
    always = reader.truth(found.get("always"), name=f"{name}.always")
    if always and len(found) > 1:
        reader.note(node, f"{name}: 'always' leaves no room for other hours")
    if not always and "week" not in found and isinstance(node, yaml.MappingNode):
        reader.note(node, f"{name}: either 'always: true' or 'week' is needed")
    week = _week(reader, found.get("week"), name=f"{name}.week")
    return (
        Schedule(
            week=week,
            holidays=_holidays(reader, found.get("holidays"), name=f"{name}.holidays"),
            extra=_days(reader, found.get("extra"), name=f"{name}.extra"),
            closures=_days(reader, found.get("closures"), name=f"{name}.closures"),
        )
        if any(week)
        else None
    )


def _week(reader: Reader, node: Node, *, name: str) -> tuple[Spans, ...]:
    found = reader.mapping(node, name=name, needed=(), optional=WEEKDAYS)
    week = tuple(_spans(reader, found.get(day), name=f"{name}.{day}") for day in WEEKDAYS)
    if isinstance(node, yaml.MappingNode) and not any(week):
        reader.note(node, f"{name}: no day is open")
    return week


def _holidays(reader: Reader, node: Node, *, name: str) -> frozenset[date]:
    days: set[date] = set()
    for item in reader.sequence(node, name=name):
        found = reader.mapping(item, name=name, needed=(), optional=("day", "from", "to", "name"))
        reader.word(found.get("name"), name=f"{name}.name", pattern=_ANY_NAME)
        if ("day" in found) == ("from" in found) or ("from" in found) != ("to" in found):
            reader.note(item, f"{name}: either 'day', or 'from' and 'to' are needed")
            continue
        first = reader.day(found.get("day") or found.get("from"), name=name)
        last = reader.day(found.get("day") or found.get("to"), name=name)
        if first is None or last is None:
            continue
        count = (last - first).days + 1
        if not 1 <= count <= _LONGEST_HOLIDAY:
            reader.note(item, f"{name}: {first} to {last} are {count} days (1 to {_LONGEST_HOLIDAY} are possible)")
            continue
        days |= {first + timedelta(days=passed) for passed in range(count)}
    return frozenset(days)


def _days(reader: Reader, node: Node, *, name: str) -> Mapping[date, Spans]:
    days: dict[date, Spans] = {}
    for item in reader.sequence(node, name=name):
        found = reader.mapping(item, name=name, needed=("day", "hours"), optional=("name",))
        reader.word(found.get("name"), name=f"{name}.name", pattern=_ANY_NAME)
        day = reader.day(found.get("day"), name=f"{name}.day")
        spans = _spans(reader, found.get("hours"), name=f"{name}.hours")
        if day in days:
            reader.note(item, f"{name}: {day} stands twice")
        elif day is not None and spans:
            days[day] = spans
        elif day is not None and isinstance(found.get("hours"), yaml.SequenceNode):
            reader.note(item, f"{name}: {day} has no hours")
    return days


def _spans(reader: Reader, node: Node, *, name: str) -> Spans:
    spans: list[Span] = []
    for item in reader.sequence(node, name=name):
        written = reader.word(item, name=name, pattern=_SPAN.pattern)
        if not written:
            continue
        hour, minute, end_hour, end_minute = (int(part) for part in written.replace("-", ":").split(":"))
        start, end = hour * 60 + minute, end_hour * 60 + end_minute
        try:
            span = Span(start, end)
        except ValueError:
            reader.note(item, f"{name}: {written} does not end after it begins, on the same day")
            continue
        if spans and start < spans[-1].end:
            reader.note(item, f"{name}: {written} begins before the one before it has ended")
        spans.append(span)
    return tuple(spans)
