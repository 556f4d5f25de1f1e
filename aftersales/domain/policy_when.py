"""When a rule applies: what was bought, for how much, by whom, through which channel, whereto, when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from aftersales.domain.money import Money
from aftersales.domain.policy_words import day_of_year_words, day_words
from aftersales.domain.texts import Text

_NO_PRICES: Mapping[str, PriceRange] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What rules may ask about one order line. `unit` is what was paid for one unit, `bought` the shop's day."""

    category: str
    tags: frozenset[str]
    channel: str
    country: str
    segments: frozenset[str]
    unit: Money
    bought: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of every year (`year` None) or of one."""

    month: int
    day: int
    year: int | None = None

    def from_day(self, start: date) -> date:
        """The first such day that is not before `start`; the day itself where the year is given."""
        if self.year is not None:
            return date(self.year, self.month, self.day)
        this_year = date(start.year, self.month, self.day)
        return this_year if this_year >= start else date(start.year + 1, self.month, self.day)

    def words(self) -> Text:
        if self.year is None:
            return day_of_year_words(self.month, self.day)
        return day_words(date(self.year, self.month, self.day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """From one day to another, both counted; the last of every year may lie in the next one."""

    first: Day
    last: Day

    def holds(self, day: date) -> bool:
        if self.first.year is not None:
            return self.first.from_day(day) <= day <= self.last.from_day(day)
        begins, ends = (self.first.month, self.first.day), (self.last.month, self.last.day)
        now = (day.month, day.day)
        return begins <= now <= ends if begins <= ends else now >= begins or now <= ends


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRange:
    """Both ends are counted; None has no end."""

    lowest: Money | None = None
    highest: Money | None = None

    def holds(self, price: Money) -> bool:
        return (self.lowest is None or price >= self.lowest) and (self.highest is None or price <= self.highest)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """All that is named must hold; of several categories, tags … one is enough. What is not named holds always.

    `prices` are of one unit, by currency; a currency that is not listed does not fit.
    """

    categories: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    prices: Mapping[str, PriceRange] = field(default_factory=lambda: _NO_PRICES)
    bought: Season | None = None

    def fits(self, purchase: Purchase) -> bool:
        return (
            (not self.categories or purchase.category in self.categories)
            and (not self.tags or bool(purchase.tags & self.tags))
            and (not self.channels or purchase.channel in self.channels)
            and (not self.countries or purchase.country in self.countries)
            and (not self.segments or bool(purchase.segments & self.segments))
            and (not self.prices or self._fits_price(purchase.unit))
            and (self.bought is None or self.bought.holds(purchase.bought))
        )

    def covers(self, other: When) -> bool:
        """Whether it fits for sure wherever the other fits."""
        sets = (
            (self.categories, other.categories),
            (self.tags, other.tags),
            (self.channels, other.channels),
            (self.countries, other.countries),
            (self.segments, other.segments),
        )
        return (
            all(not own or (their and their <= own) for own, their in sets)
            and (not self.prices or self.prices == other.prices)
            and self.bought in (None, other.bought)
        )

    def reaches(self, country: str) -> bool:
        """Whether it may fit a delivery to the country."""
        return not self.countries or country in self.countries

    def _fits_price(self, unit: Money) -> bool:
        known = self.prices.get(unit.currency)
        return known is not None and known.holds(unit)


ALWAYS = When()
