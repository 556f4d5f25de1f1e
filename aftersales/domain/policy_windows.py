"""Until when something may be asked for: the law's windows, the shop's own, those for faults and for holidays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from aftersales.domain.policy_rule import Rule
from aftersales.domain.policy_when import ALWAYS, Day, When
from aftersales.domain.policy_words import same
from aftersales.domain.reasons import Reason
from aftersales.domain.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Period(Rule):
    """Calendar days in the shop's zone; the last day still counts."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"delivered_day", "last_day"})

    def last_day(self, delivered: date, *, bought: date) -> date:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Period):
    """So many days; the day after delivery is day 1."""

    days: int

    def facts(self) -> Mapping[str, Text]:
        return {"days": same(self.days)}

    def last_day(self, delivered: date, *, bought: date) -> date:
        return delivered + timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialWindow(Window):
    """The shop's own window for some purchases, instead of its usual one."""

    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayWindow(Period):
    """What was bought in a season may come back until a day of the calendar, if that is after its window."""

    when: When
    until: Day

    def facts(self) -> Mapping[str, Text]:
        return {"until": self.until.words()}

    def last_day(self, delivered: date, *, bought: date) -> date:
        return self.until.from_day(bought)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultWindow(Window):
    """The window for reasons that are the merchant's fault: `days` to return, `exchange_days` to exchange.

    `exchanging` tells which of the two is looked at.
    """

    reasons: frozenset[Reason]
    when: When = ALWAYS
    exchange_days: int | None = None
    exchanging: bool = False

    def facts(self) -> Mapping[str, Text]:
        return {"days": same(self.days), "exchange_days": same(self.exchange_days or self.days)}

    def lasts(self, *, exchanging: bool) -> int:
        return self.exchange_days or self.days if exchanging else self.days

    def last_day(self, delivered: date, *, bought: date) -> date:
        return delivered + timedelta(days=self.lasts(exchanging=self.exchanging))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatutoryRight(Window):
    """A right to return without a reason that the law gives to deliveries in `countries`; no fee may be kept.

    `outbound_shipping`: when all of an order comes back, its delivery charge is paid back too.
    """

    countries: frozenset[str]
    outbound_shipping: bool = False
