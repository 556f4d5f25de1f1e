"""The clause `when:`, which is the same for every rule of returns_policy.yml that may have one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import yaml

from aftersales.domain.money import Money, minor_digits
from aftersales.domain.policy_when import ALWAYS, Day, PriceRange, Season, When
from runtime.policy_reader import Reader

Node = yaml.Node | None
_WORDS = ("categories", "tags", "channels", "segments")
_DAY = r"(\d{4}-)?\d\d-\d\d"


def read_when(reader: Reader, node: Node, name: str) -> When:
    """ALWAYS where there is none."""
    if node is None:
        return ALWAYS
    found = reader.mapping(node, name=name, needed=(), optional=(*_WORDS, "countries", "price", "bought"))
    if isinstance(node, yaml.MappingNode) and not node.value:
        reader.note(node, f"{name}: no condition")
    words = {key: reader.words(found[key], name=f"{name}.{key}") for key in _WORDS if key in found}
    return When(
        **words,
        countries=read_countries(reader, found.get("countries"), f"{name}.countries"),
        prices=_prices(reader, found.get("price"), f"{name}.price"),
        bought=_season(reader, found.get("bought"), f"{name}.bought"),
    )


def read_countries(reader: Reader, node: Node, name: str) -> frozenset[str]:
    return reader.words(node, name=name, pattern=r"[A-Z]{2}")


def read_day(reader: Reader, node: Node, name: str) -> Day:
    """`12-24` of every year, or `2026-12-24`."""
    written = reader.word(node, name=name, pattern=_DAY)
    if written:
        try:
            # A day of every year must be one of a common year.
            day = date.fromisoformat(written if len(written) > len("12-24") else f"2001-{written}")
            return Day(month=day.month, day=day.day, year=day.year if len(written) > len("12-24") else None)
        except ValueError:
            if node is not None:
                reader.note(node, f"{name}: there is no day {written} in every year")
    return Day(month=1, day=1)


def _season(reader: Reader, node: Node, name: str) -> Season | None:
    if node is None:
        return None
    found = reader.mapping(node, name=name, needed=("from", "to"))
    first = read_day(reader, found.get("from"), f"{name}.from")
    last = read_day(reader, found.get("to"), f"{name}.to")
    if (first.year is None) != (last.year is None):
        reader.note(node, f"{name}: either both days have a year or none")
    elif first.year is not None and Season(first=first, last=last).holds(_date(first)) is False:
        reader.note(node, f"{name}: ends before it begins")
    return Season(first=first, last=last)


def _date(day: Day) -> date:
    return day.from_day(date.min)


def _prices(reader: Reader, node: Node, name: str) -> Mapping[str, PriceRange]:
    """Currency -> `from` and `to` in major units, of which one may be left out."""
    prices = {}
    for currency, part in reader.mapping(node, name=name).items():
        if not re.fullmatch(r"[A-Z]{3}", currency):
            reader.note(part, f"{name}: '{currency}' is not a currency (three capital letters)")
            continue
        found = reader.mapping(part, name=f"{name}.{currency}", needed=(), optional=("from", "to"))
        ends = {
            key: _money(reader, found.get(key), f"{name}.{currency}.{key}", currency) for key in ("from", "to")
        }
        lowest, highest = ends["from"], ends["to"]
        if lowest is None and highest is None:
            reader.note(part, f"{name}.{currency}: neither 'from' nor 'to'")
        elif lowest is not None and highest is not None and lowest > highest:
            reader.note(part, f"{name}.{currency}: ends below where it begins")
        prices[currency] = PriceRange(lowest=lowest, highest=highest)
    return prices


def _money(reader: Reader, node: Node, name: str, currency: str) -> Money | None:
    if node is None:
        return None
    number = reader.number(node, name=name)
    if number != round(number, minor_digits(currency)):
        reader.note(node, f"{name}: {number} has more decimals than the currency")
    return Money.parse(number, currency)
