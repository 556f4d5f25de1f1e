"""Promises: every time by which a customer was told that something happens, and what became of it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from aftersales.domain.business_time import Hours
from aftersales.domain.money import Money
from aftersales.domain.texts import Language

BOT = "bot"


class PromiseKind(StrEnum):
    """An answer, to a case or in a talk; money that is sent; goods that are sent."""

    CASE_ANSWER = "case_answer"
    REFUND_BY = "refund_by"
    SHIP_BY = "ship_by"


class Subject(StrEnum):
    CASE = "case"
    RETURN = "return"
    CHANGE = "change"
    CONVERSATION = "conversation"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """`key` makes promising twice harmless (unique); `number` is that of the subject, for people.

    `told_by` is "bot" or "agent:<name>". From `late_from` on the customer is told, once, that it may not be kept,
    and that it will be by `moved_to`. Kept late, it has been broken as well; released: nothing is owed any more.

    What an agent promised in words has the number `seq` of the message; from `warn_from` on the desk shows it as
    pressing (noted at `warned_at`), which is before the customer hears of it. Its subject is the conversation
    where the words are about no return that is known; `number` is that of a case, or empty.
    """

    id: str
    key: str
    kind: PromiseKind
    subject: Subject
    subject_id: str
    number: str
    conversation_id: str
    customer_id: str | None
    language: Language
    told_by: str
    told_at: datetime
    late_from: datetime
    due_at: datetime
    moved_to: datetime | None = None
    late_told_at: datetime | None = None
    kept_at: datetime | None = None
    broken_at: datetime | None = None
    released_at: datetime | None = None
    amount: Money | None = None
    seq: int | None = None
    warn_from: datetime | None = None
    warned_at: datetime | None = None

    @property
    def is_spoken(self) -> bool:
        return self.seq is not None

    @property
    def is_open(self) -> bool:
        return self.kept_at is None and self.released_at is None


@dataclass(frozen=True, slots=True)
class Times:
    """Of a promise: when it presses, and when it is due."""

    late_from: datetime
    due_at: datetime


def times_by_hours(told_at: datetime, due_at: datetime, hours: Hours, language: Language) -> Times:
    """For a time that was reckoned in business time: it presses in the last tenth of that."""
    allowed = hours.between(told_at, due_at, language)
    return Times(hours.after(told_at, allowed * 9 / 10, language), due_at)


def times_by_words(
    told_at: datetime, due_at: datetime, hours: Hours, language: Language
) -> tuple[datetime, Times]:
    """For a time that an agent named: when the desk is warned (four fifths of it over), and the others.

    In business time, or by the clock where nobody is there before it is due.
    """
    allowed = hours.between(told_at, due_at, language)
    by_clock = due_at - told_at

    def at(tenths: int) -> datetime:
        moment = hours.after(told_at, allowed * tenths / 10, language)
        return moment if allowed and moment < due_at else told_at + by_clock * tenths / 10

    return at(8), Times(at(9), due_at)


def is_whole_day(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether a time that was named is the end of a day."""
    return moment.astimezone(zone).time() == time()


def times_by_day(told_at: datetime, day: date, zone: ZoneInfo) -> Times:
    """For a day that was told, which counts to its end: it presses in the last tenth of the time."""
    due_at = end_of(day, zone)
    return Times(due_at - (due_at - told_at) / 10, due_at)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The midnight with which a day of the zone ends."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def last_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day that a promise by day was told as: its end belongs to it."""
    return (moment.astimezone(zone) - timedelta(microseconds=1)).date()


def moved(promise: Promise, *, at: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """The new time of a promise that cannot be kept: half as long again as at first, counted the same way.

    It is counted from the time that was promised, or from `at` where that is over.
    """
    since = max(promise.due_at, at)
    if promise.kind is PromiseKind.CASE_ANSWER:
        by_clock = promise.due_at - promise.told_at
        allowed = hours.between(promise.told_at, promise.due_at, promise.language) or by_clock
        return hours.after(since, allowed / 2, promise.language)
    days = (last_day(promise.due_at, zone) - promise.told_at.astimezone(zone).date()).days
    return end_of(last_day(since, zone) + timedelta(days=math.ceil(days / 2) or 1), zone)
