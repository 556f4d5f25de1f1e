"""Times as agents promise them ("明天下午三点前", "within 24 hours", "by Friday"), in both languages. Pure.

A small grammar for what is promised at a desk, read strictly: what is not sure to be a time ahead is none. General
readers of dates find no working days, few Chinese times, and dates in amounts ("$30").
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta

FARTHEST = timedelta(days=90)
Works = Callable[[date], bool]
"""Whether a day is a working day."""

_DIGITS = "一二三四五六七八九"
_N = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3}|半)"
_ZH_FOR = re.compile(
    rf"(?:{_N}\s?[-~～到至]\s?)?(?P<n>{_N})\s?个?(?P<half>半)?(?P<unit>分钟|小时|钟头|工作日|自然日|天|日|周|星期|礼拜)"
    r"(?:之|以)?(?:内|后|里)"
)
_ZH_DAY = re.compile(r"大后天|后天|明天|明日|明早|明晚|今天|今日|今晚")
_ZH_AHEAD = {"大后天": 3, "后天": 2, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "今天": 0, "今日": 0, "今晚": 0}
_ZH_WEEKDAY = re.compile(
    r"(?<![每上个])(?P<which>下个?|这个?|本)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末])(?!天)"
)
_ZH_THIS_WEEK = re.compile(r"(?:本周|这周|本星期|这个?星期)(?:之?内|结束前)")
_ZH_DATE = re.compile(rf"(?:(?P<month>{_N})月)?(?<![\d.])(?P<day>{_N})[日号](?![线楼店码内后])")
_ZH_MONTH_END = re.compile(r"(?:本月|这个?月|月)底")
_ZH_CLOCK = re.compile(
    r"(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上|今晚|明晚|明早)?"
    rf"(?P<hour>{_N})\s?(?:点钟?|[:：](?=\d\d))(?P<minute>半|一刻|三刻|[0-5]\d)?分?(?P<by>\s?(?:整|之?前|以前|左右))?"
)
_ZH_PART = re.compile(r"早上|上午|中午(?:之?前)?|下午|傍晚|晚上|明早|明晚|今晚")
_PART_ENDS = {"早上": 12, "上午": 12, "明早": 12, "中午": 13, "中午前": 12, "中午之前": 12, "下午": 18, "傍晚": 20}
_LATER = frozenset({"下午", "傍晚", "晚上", "今晚", "明晚"})

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_EN_N = rf"(?:\d{{1,3}}|half an|an?|a couple of|{'|'.join(_COUNTS)})"
_EN_FOR = re.compile(
    rf"\b(?:within|in|no later than)\s(?:the\s)?(?:next\s)?(?:{_EN_N}\s?(?:-|–|to|or)\s?)?(?P<n>{_EN_N})[\s-]?"
    r"(?P<unit>min(?:ute)?s?|hours?|hrs?|h|(?:business|working|work)\sdays?|days?|weeks?)\b"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_EN_DAY = re.compile(r"\b(?:the\s)?day after tomorrow\b|\btomorrow\b|\btoday\b|\btonight\b")
_EN_WEEKDAY = re.compile(
    r"\b(?<!last )(?<!every )(?P<which>next\s|this\s)?"
    r"(?P<day>mon|tue(?:s)?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b"
)
_EN_WEEK_END = re.compile(r"\b(?:the\s)?end of (?:the|this) week\b")
_EN_DATE = re.compile(
    rf"\b(?:{_MONTH}\s(?:the\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"|(?P<first>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH.replace('month', 'after')})\b(?!:)"
)
_EN_NTH = re.compile(r"\b(?:by|on|before)\sthe\s(?P<day>\d{1,2})(?:st|nd|rd|th)\b")
_EN_CLOCK = re.compile(
    r"\b(?:(?:by|at|before|until|around|than)\s)?"
    r"(?:(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d))?\s?(?P<half>am|pm)|(?P<full>[01]?\d|2[0-3]):(?P<past>[0-5]\d))\b"
)
_EN_PART = re.compile(r"\b(?:morning|noon|midday|lunchtime|afternoon|evening|tonight)\b")
_EN_PART_ENDS = {"morning": 12, "noon": 12, "midday": 12, "lunchtime": 13, "afternoon": 18}
_EN_DAY_END = re.compile(r"\b(?:(?:the\s)?end of (?:the |my )?(?:day|business)|close of business|eod|cob)\b")
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d\d?)-(\d\d?)(?!\d)")


def find_time(words: str, *, now: datetime, works: Works) -> datetime | None:
    """By when the words say that something happens; a day that is named counts to its end.

    `words` are small letters, `now` is in the zone in which they are meant. None without a time, where it is over,
    and where it is more than 90 days ahead.
    """
    reads = _zh if re.search(r"[\u4e00-\u9fff]", words) else _en
    try:
        found = reads(words, now, works)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and now < found <= now + FARTHEST else None


def _zh(words: str, now: datetime, works: Works) -> datetime | None:
    if took := _ZH_FOR.search(words):
        n = (0 if took["n"] == "半" else _number(took["n"])) + (0.5 if "半" in (took["n"], took["half"]) else 0)
        return _after(now, n, took["unit"], works)
    day, clock = _zh_day(words, now.date()), _ZH_CLOCK.search(words)
    if clock and (day or clock["part"] or clock["by"]):
        return _at(now, day, *_zh_clock(clock))
    part = _ZH_PART.search(words)
    return _end(now, day, _PART_ENDS.get(part[0]) if part else None)


def _zh_day(words: str, today: date) -> date | None:
    if found := _ISO.search(words):
        return date(*(int(part) for part in found.groups()))
    if found := _ZH_DAY.search(words):
        return today + timedelta(days=_ZH_AHEAD[found[0]])
    if found := _ZH_WEEKDAY.search(words):
        weekday = 6 if found["day"] in "日天末" else _DIGITS.index(found["day"])
        which = (found["which"] or "").removesuffix("个")
        return _weekday(today, weekday, is_next=which == "下", is_this=which in ("这", "本"))
    if _ZH_THIS_WEEK.search(words):
        return today + timedelta(days=6 - today.weekday())
    if _ZH_MONTH_END.search(words):
        return today.replace(day=monthrange(today.year, today.month)[1])
    found = _ZH_DATE.search(words)
    return (
        _date(today, _number(found["month"]) if found["month"] else None, _number(found["day"])) if found else None
    )


def _zh_clock(clock: re.Match[str]) -> tuple[int, int, bool]:
    """Hour, minute, and whether the half of the day was said."""
    hour, part = _number(clock["hour"]), clock["part"]
    minutes = {"半": 30, "一刻": 15, "三刻": 45, None: 0}
    minute = minutes[clock["minute"]] if clock["minute"] in minutes else int(clock["minute"] or 0)
    if (part in _LATER and hour < 12) or (part == "中午" and hour < 3):
        hour += 12
    return hour, minute, part is not None or hour > 12


def _en(words: str, now: datetime, works: Works) -> datetime | None:
    if took := _EN_FOR.search(words):
        n = took["n"]
        count = 0.5 if n == "half an" else 1 if n in ("a", "an") else 2 if n == "a couple of" else _number(n)
        return _after(now, count, took["unit"], works)
    day, clock = _en_day(words, now.date()), _EN_CLOCK.search(words)
    if day and re.search(r"\bbefore\s(?:next\s)?(?:mon|tue|wed|thu|fri|sat|sun|the\s\d)", words) and not clock:
        day -= timedelta(days=1)
    if clock and clock["full"]:
        return _at(now, day, int(clock["full"]), int(clock["past"]), True)
    if clock:
        hour = int(clock["hour"]) % 12 + (12 if clock["half"] == "pm" else 0)
        return _at(now, day, hour, int(clock["minute"] or 0), True)
    part = _EN_PART.search(words)
    if _EN_DAY_END.search(words):
        return _end(now, day or now.date(), None)
    known_day = now.date() if part and day is None and "this" in words else day
    return _end(now, known_day, _EN_PART_ENDS.get(part[0]) if part else None)


def _en_day(words: str, today: date) -> date | None:
    if found := _ISO.search(words):
        return date(*(int(part) for part in found.groups()))
    if found := _EN_DAY.search(words):
        return today + timedelta(days=2 if "after" in found[0] else 1 if found[0] == "tomorrow" else 0)
    if found := _EN_DATE.search(words):
        month = (found["month"] or found["after"])[:3]
        return _date(today, _MONTHS.index(month) + 1, int(found["day"] or found["first"]))
    if found := _EN_NTH.search(words):
        return _date(today, None, int(found["day"]))
    if _EN_WEEK_END.search(words):
        return today + timedelta(days=6 - today.weekday())
    if found := _EN_WEEKDAY.search(words):
        which = (found["which"] or "").strip()
        weekday = _WEEKDAYS.index(found["day"][:3])
        return _weekday(today, weekday, is_next=which == "next", is_this=which == "this")
    return None


def _number(written: str) -> int:
    """Digits, and Chinese and English words up to 99. Raises ValueError."""
    if written.isdigit():
        return int(written)
    if written in _COUNTS:
        return _COUNTS.index(written) + 1
    tens, ten, ones = written.replace("两", "二").rpartition("十")
    value = ones and _DIGITS.index(ones) + 1
    return (10 * (_DIGITS.index(tens) + 1 if tens else 1) if ten else 0) + (value or 0)


def _after(now: datetime, count: float, unit: str, works: Works) -> datetime | None:
    if unit.startswith(("分", "min")):
        return now + timedelta(minutes=count)
    if unit.startswith(("小", "钟", "h")):
        return now + timedelta(hours=count)
    if unit.startswith(("工", "business", "work")):
        day, left = now.date(), int(count)
        while left > 0 and day < now.date() + FARTHEST:
            day += timedelta(days=1)
            left -= works(day)
        return _end(now, day, None)
    days = 7 if unit.startswith(("周", "星", "礼", "week")) else 1
    return _end(now, now.date() + timedelta(days=int(count * days)), None) if count >= 1 else None


def _weekday(today: date, weekday: int, *, is_next: bool, is_this: bool) -> date:
    """The coming one, today included; of this week where that is said, which may be over."""
    monday = today - timedelta(days=today.weekday())
    day = monday + timedelta(days=weekday + (7 if is_next else 0))
    return day if is_next or is_this or day >= today else day + timedelta(days=7)


def _date(today: date, month: int | None, day: int) -> date | None:
    """The coming one of that day, in the named month or in one of the next two."""
    for ahead in range(13):
        year, index = divmod(today.month - 1 + ahead, 12)
        with suppress(ValueError):
            found = date(today.year + year, index + 1, day)
            if found >= today and month in (None, index + 1):
                return found
    return None


def _at(now: datetime, day: date | None, hour: int, minute: int, is_sure: bool) -> datetime | None:
    """At a time of the clock; of a day where none was named, today. An hour without its half is in the daytime."""
    if not is_sure and hour < 8:
        hour += 12
    found = datetime.combine(day or now.date(), time(hour % 24, minute), tzinfo=now.tzinfo)
    found += timedelta(days=hour // 24)
    if found <= now and not is_sure and hour < 12:
        found += timedelta(hours=12)
    return found


def _end(now: datetime, day: date | None, hour: int | None) -> datetime | None:
    if day is None:
        return None
    if hour is not None:
        return datetime.combine(day, time(hour), tzinfo=now.tzinfo)
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=now.tzinfo)
