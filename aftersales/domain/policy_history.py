"""Which rules are in force when: an order is judged by those of the day on which it was placed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aftersales.domain.policy_rules import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when on a policy is in force, aware UTC."""

    policy: Policy
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class PolicyHistory:
    """Periods in the order in which they begin; none where nothing was noted yet. The last one has no end."""

    periods: tuple[Period, ...] = ()

    @classmethod
    def of(cls, noted: Iterable[Period]) -> PolicyHistory:
        """From periods in the order of noting: a later one overrules those that were to begin after it."""
        periods: list[Period] = []
        for period in noted:
            periods = [earlier for earlier in periods if earlier.valid_from < period.valid_from]
            periods.append(period)
        return cls(tuple(periods))

    def at(self, time: datetime) -> Policy | None:
        """The rules in force at that time, those of the first period before it; None where there is none."""
        begun = [period.policy for period in self.periods if period.valid_from <= time]
        if begun:
            return begun[-1]
        return self.periods[0].policy if self.periods else None

    def named(self, version: str) -> Policy | None:
        """The latest rules of this version, None where they are not known (any more)."""
        found = [period.policy for period in self.periods if period.policy.version == version]
        return found[-1] if found else None


NO_HISTORY = PolicyHistory()
