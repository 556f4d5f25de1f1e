"""Dates as customers write them, relative to a given day. Pure; standard library only.

Weeks run from Monday to Sunday. A day without a year is the most recent one, unless the coming one is at most
30 days ahead ("11月3日", "Dec 1st"). A weekday alone is the most recent one, today included.
"""

# ruff: noqa: E501 - a pattern reads best on one line

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from bot.found import Found, Free
from bot.numerals import EN_NUMBER, ZH_NUMBER, read_number

AHEAD = timedelta(days=30)

_ZH_DAY = r"(?P<weekday>[一二三四五六日天])"
_ZH_WEEK = r"(?:周|週|星期|礼拜|禮拜)"
_EN_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EN_DAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)s?\b"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EN_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?P<year>20\d\d)"
_ZH_YEAR = r"(?:(?P<year>20\d\d)\s?年|(?P<rel>去年|今年|前年))?"
_EN_YEAR = rf"(?:,?\s{_YEAR}(?!\d))?"
_BOUGHT = r"(?=\s?(?:那天|那单|的|才|就|拍|买|買|到|签|簽|收|寄|发|發|下单|下單|付|退|订|訂|号|號|日))"

RELATIVE_DAYS = {
    "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "昨儿": -1, "尋日": -1, "琴日": -1,
    "今天": 0, "今日": 0, "今早": 0, "今晚": 0, "今儿": 0, "明天": 1, "明日": 1, "聽日": 1, "大后天": 3, "大後天": 3,
    "后天": 2, "後天": 2, "后日": 2, "the day before yesterday": -2, "day before yesterday": -2,
    "the day after tomorrow": 2, "day after tomorrow": 2, "yesterday": -1, "last night": -1, "today": 0,
    "tonight": 0, "this morning": 0, "tomorrow": 1,
}  # fmt: skip
HOLIDAYS = {
    "双十一": (11, 11), "雙十一": (11, 11), "双11": (11, 11), "雙11": (11, 11), "双十二": (12, 12), "雙十二": (12, 12),
    "双12": (12, 12), "雙12": (12, 12), "国庆": (10, 1), "國慶": (10, 1), "十一假期": (10, 1), "元旦": (1, 1),
    "三八节": (3, 8), "植树节": (3, 12), "愚人节": (4, 1), "光棍节": (11, 11), "劳动节": (5, 1), "五一": (5, 1), "儿童节": (6, 1), "情人节": (2, 14), "妇女节": (3, 8), "教师节": (9, 10),
    "圣诞": (12, 25), "聖誕": (12, 25), "平安夜": (12, 24), "六一八": (6, 18), "618": (6, 18), "singles' day": (11, 11),
    "singles’ day": (11, 11), "singles day": (11, 11), "halloween": (10, 31), "christmas eve": (12, 24),
    "christmas": (12, 25), "xmas": (12, 25), "boxing day": (12, 26), "new year's eve": (12, 31),
    "new year's day": (1, 1), "valentine's day": (2, 14), "valentine's": (2, 14), "4th of july": (7, 4),
    "fourth of july": (7, 4), "independence day": (7, 4), "bonfire night": (11, 5),
}  # fmt: skip


def _any(words: dict[str, object]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def find_dates(text: Free, today: date) -> list[Found]:
    """Entities `date`, value YYYY-MM-DD. Durations ("7 days") and periods ("last week") are no dates."""
    found = []
    for pattern, read in _PATTERNS:
        for match in text.matches(pattern):
            if day := _read(read, match, today):
                text.claim(*match.span())
                found.append(Found("date", day.isoformat(), *match.span()))
    return found


Reader = Callable[[re.Match[str], date], date | None]


def _read(read: Reader, match: re.Match[str], today: date) -> date | None:
    try:
        return read(match, today)
    except (ValueError, OverflowError):
        return None


def _full(match: re.Match[str], _today: date) -> date:
    month, day = int(match["month"]), int(match["day"])
    return date(int(match["year"]), month, day)


def _slashed(match: re.Match[str], _today: date) -> date:
    first, second = int(match["first"]), int(match["second"])
    month, day = (second, first) if first > 12 else (first, second)
    return date(int(match["year"]), month, day)


def _month_day(match: re.Match[str], today: date) -> date | None:
    groups = match.groupdict()
    month, day = _number(groups["month"]), _number(groups["day"])
    if groups.get("year"):
        return date(int(groups["year"]), month, day)
    if groups.get("rel"):
        return date(_relative_year(groups["rel"], today), month, day)
    return _nearest(today, month, day)


def _number(text: str) -> int:
    if text[:3] in _MONTHS:
        return _MONTHS.index(text[:3]) + 1
    value = read_number(text)
    if value is None:
        raise ValueError(text)
    return int(value)


def _relative_year(word: str, today: date) -> int:
    back = {"前年": 2, "去年": 1, "last year": 1, "last year's": 1}.get(word.strip(), 0)
    return today.year - back


def _nearest(today: date, month: int, day: int) -> date:
    days = []
    for year in (today.year + 1, today.year, today.year - 1):
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    return max(when for when in days if when <= today + AHEAD)


def _holiday(match: re.Match[str], today: date) -> date:
    month, day = HOLIDAYS[match["name"]]
    if match["rel"]:
        return date(_relative_year(match["rel"], today), month, day)
    if match["coming"] or match.string[match.end() :].startswith(
        ("前要", "前能", "之前要", "之前能", "前到", "前送")
    ):
        return _nearest(today, month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year <= today else date(today.year - 1, month, day)


def _black_friday(match: re.Match[str], today: date) -> date:
    for year in (today.year, today.year - 1):
        first = date(year, 11, 1)
        thanksgiving = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
        day = thanksgiving + timedelta(days=4 if match["name"] == "cyber monday" else 1)
        if day <= today + timedelta(days=7):
            break
    return day


def _relative_day(match: re.Match[str], today: date) -> date:
    return today + timedelta(days=RELATIVE_DAYS[match["name"]])


def _weekday(match: re.Match[str]) -> int:
    word = match["weekday"]
    return _EN_WEEKDAYS.index(word[:3]) if word.isascii() else "一二三四五六日".index(word.replace("天", "日"))


def _in_week(match: re.Match[str], today: date) -> date:
    """A weekday of a named week: 上上周五, 下週二, Wednesday of last week."""
    which = (match["week"] or "").replace("个", "").replace("個", "").strip()
    shift = {"上上": -2, "上": -1, "last": -1, "下": 1, "next": 1, "下下": 2}.get(which, 0)
    monday = today - timedelta(days=today.weekday())
    return monday + timedelta(days=7 * shift + _weekday(match))


def _past_weekday(match: re.Match[str], today: date) -> date:
    back = (today.weekday() - _weekday(match)) % 7
    strictly = match.groupdict().get("last") is not None
    return today - timedelta(days=back or (7 if strictly else 0))


def _coming_weekday(match: re.Match[str], today: date) -> date:
    ahead = (_weekday(match) - today.weekday()) % 7
    return today + timedelta(days=ahead or (7 if match["which"] == "next" else 0))


def _day_of_month(match: re.Match[str], today: date) -> date:
    """A day of the latest month that has it, or of the named month (上个月15号, 下个月1号)."""
    day, which = _number(match["day"]), (match.groupdict().get("which") or "")
    start = today.replace(day=1)
    if which.startswith(("上", "last")):
        return (start - timedelta(days=1)).replace(day=day)
    if which.startswith(("下", "next")):
        return (start + timedelta(days=32)).replace(day=day)
    if which or day <= today.day:
        return start.replace(day=day)
    while True:
        start = (start - timedelta(days=1)).replace(day=1)
        if day <= ((start + timedelta(days=32)).replace(day=1) - timedelta(days=1)).day:
            return start.replace(day=day)


def _ago(match: re.Match[str], today: date) -> date:
    """Half a month is fifteen days, a couple two of them; months keep the day, or end with theirs."""
    written, unit = match["count"], match["unit"].lstrip("个個")
    if written == "半":
        return today - timedelta(days=15)
    count = 1 if written in ("a", "an") else 2 if written == "a couple of" else _number(written)
    if unit.startswith(("月", "month")):
        return _months_before(today, count)
    days = 14 if unit.startswith("fortnight") else 7 if unit[0] in "周週星礼禮w" else 1
    return today - timedelta(days=days * count)


def _months_before(today: date, count: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - count, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def _edge_of_month(match: re.Match[str], today: date) -> date:
    """The first or last day of a month: 月初, 上个月底, 10月底, the end of last month."""
    groups = match.groupdict()
    month = (
        _months_before(today.replace(day=1), 1) if (groups["which"] or "").startswith(("上", "last")) else today
    )
    if (groups["which"] or "").startswith(("下", "next")):
        month = today.replace(day=1) + timedelta(days=32)
    if groups.get("month"):
        month = _nearest(today, _number(groups["month"]), 1)
    last = monthrange(month.year, month.month)[1]
    return month.replace(day=1 if groups["edge"] in ("初", "beginning", "start") else last)


def _weekdays_ago(match: re.Match[str], today: date) -> date:
    back = (today.weekday() - _weekday(match)) % 7 or 7
    return today - timedelta(days=back + 7 * (_number(match["count"]) - 1))


def _compact(match: re.Match[str], _today: date) -> date:
    written = match["written"]
    return date(int(written[:4]), int(written[4:6]), int(written[6:]))


_COUNT = rf"(?P<count>\d{{1,3}}|{ZH_NUMBER})"
_DAY_NUMBER = rf"(?P<day>3[01]|[12]\d|0?[1-9]|{ZH_NUMBER})"
_PATTERNS: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"(?<!\d){_YEAR}(?P<sep>[-/.])(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})(?!\d)", _full),
        (rf"(?<!\d){_YEAR}\s?年\s?(?P<month>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})\s?[日号號]?", _full),
        (rf"(?<!\d)(?P<first>\d{{1,2}})(?P<sep>[-/.])(?P<second>\d{{1,2}})(?P=sep){_YEAR}(?!\d)", _slashed),
        (rf"{_ZH_YEAR}(?<!\d)(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])\s?月\s?(?:份)?{_DAY_NUMBER}"
         r"\s?[日号號]?", _month_day),
        (rf"\b{_EN_MONTH}\s(?:the\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_EN_YEAR}(?![\d:])", _month_day),
        (rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_EN_MONTH}{_EN_YEAR}", _month_day),
        (rf"(?P<which>上个?月|上個月|这个?月|這個月|本月|下个?月|下個月)\s?{_DAY_NUMBER}\s?[日号號]", _day_of_month),
        (rf"(?P<coming>\b(?:before|by|for|in time for)\s)?(?P<rel>去年|今年|前年|last year(?:'s)?\s)?(?P<name>{_any(dict(HOLIDAYS))})"
         r"(?:节|節)?(?!\d)", _holiday),
        (r"(?P<name>black friday|cyber monday|黑五)", _black_friday),
        (rf"(?P<week>上上个?|上个?|上個|这个?|這個?|本|下下个?|下个?|下個){_ZH_WEEK}{_ZH_DAY}(?!天)", _in_week),
        (rf"\b{_EN_DAY}\s(?:of\s)?(?P<week>last|this|next)\sweek\b", _in_week),
        (rf"\b(?P<week>last|next)\sweek\s(?:on\s)?{_EN_DAY}", _in_week),
        (r"(?P<count>半)(?P<unit>个?月|個月)(?:之)?前", _ago),
        (rf"{_COUNT}\s?(?P<unit>天|日|个?星期|個星期|周|週|个?礼拜|個禮拜|个月|個月)(?:之|以)?前", _ago),
        (rf"\b(?P<count>\d{{1,3}}|a couple of|an?|{EN_NUMBER})\s(?P<unit>day|week|fortnight|month)s?\s(?:ago|back)(?:\stoday)?\b", _ago),
        (rf"\b(?P<count>\d|two|three|four)\s{_EN_DAY}\sago\b", _weekdays_ago),
        (r"(?<![\d])(?P<written>20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)(?=\s?(?:那天|下单|下單|买|買|拍|付|到|签|簽|收|寄|发|發|的))", _compact),
        (r"(?:(?P<which>上个?|上個|这个?|這個|本|下个?|下個)|(?<!\d)(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]))?月(?:份)?(?P<edge>初|底|末)", _edge_of_month),
        (r"\b(?:the\s)?(?P<edge>end|beginning|start) of (?P<which>last|this|next|the) month\b", _edge_of_month),
        (r"\b(?P<which>last|this|next)\smonth,?\s(?:on\s)?the\s(?P<day>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)\b", _day_of_month),
        (rf"(?:\b|(?<=[^\x00-\x7f]))(?P<name>{_any(dict(RELATIVE_DAYS))})", _relative_day),
        (rf"\b(?P<which>next|this|coming|by|before|until|till)\s(?:coming\s)?{_EN_DAY}", _coming_weekday),
        (rf"(?P<which>){_ZH_WEEK}{_ZH_DAY}(?=之?前)", _coming_weekday),
        (rf"\b(?P<last>last|past)\s{_EN_DAY}", _past_weekday),
        (rf"(?<!每){_ZH_WEEK}{_ZH_DAY}(?!天)", _past_weekday),
        (r"\b(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", _past_weekday),
        (rf"(?<![\d.$¥£€])(?P<month>1[0-2]|0?[1-9])[./](?P<day>3[01]|[12]\d|0?[1-9])(?![\d.%/]){_BOUGHT}", _month_day),
        (r"\b(?:on|since|by|from|until|before|after|around) the (?P<day>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)\b"
         r"(?!\s(?:one|item|order|floor|time|day|pair))", _day_of_month),
        (rf"(?<![\d第尾工楼编单每月.一二三四五六七八九十]){_DAY_NUMBER}\s?[号號](?![楼线線店码碼色仓柜门院机])", _day_of_month),
    )
]  # fmt: skip
