"""Money, days and times as people of a language write them (CLDR, by Babel)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_name
from babel.numbers import format_currency

from aftersales.domain.money import Money
from aftersales.domain.texts import Language

_LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}


def money(amount: Money, language: Language) -> str:
    """E.g. ¥129.00 in Chinese, CN¥129.00 in English; exact, from the decimal string."""
    return format_currency(Decimal(amount.decimal()), amount.currency, locale=_LOCALES[language])


def day(value: date, language: Language) -> str:
    """E.g. 2026年11月28日, 28 November 2026."""
    return format_date(value, format="long", locale=_LOCALES[language])


def deadline(value: datetime, language: Language, zone: ZoneInfo) -> str:
    """As moment; English readers may live in another zone, so it is named: 22 Nov 18:05 (China Standard Time)."""
    told = moment(value, language, zone)
    return (
        told
        if language == "zh"
        else f"{told} ({get_timezone_name(value.astimezone(zone), locale=_LOCALES[language])})"
    )


def stamp(value: datetime, zone: ZoneInfo) -> str:
    """A time in the shop's zone to the minute, the same in all languages, for books: 2026-11-22 18:05."""
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"


def moment(value: datetime, language: Language, zone: ZoneInfo) -> str:
    """A time in the shop's zone to the minute, e.g. 11月22日 18:05, 22 Nov 18:05."""
    pattern = "M月d日 HH:mm" if language == "zh" else "d MMM HH:mm"
    return format_datetime(value, pattern, tzinfo=zone, locale=_LOCALES[language])
