"""Which rules are in force when: an order is judged by those of the day on which it was placed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from aftersales.domain.policy_rules import Policy, StatutoryRight

JOINT = "+"  # between the version that judges and the one whose statutory right was added


def with_minimum_of(then: Policy, present: Policy) -> Policy:
    """The rules of then, with the statutory right of the present where that gives a country more days.

    Its version then names both ("2026-1+2026-2"). Up to which amount nobody has to look is the shop's own
    control and nothing that a customer was promised: there the limits of the present hold.
    """
    if then.version == present.version:
        return then
    exchange = replace(then.remedies.exchange, resend=present.remedies.exchange.resend)
    judging = replace(
        then,
        automatic_limit=present.automatic_limit,
        remedies=replace(then.remedies, exchange=exchange),
    )
    gained = tuple(right for right in (_gained(right, then) for right in present.statutory) if right.countries)
    if not gained:
        return judging
    lost = frozenset().union(*(right.countries for right in gained))
    kept = tuple(replace(right, countries=right.countries - lost) for right in then.statutory)
    return replace(judging, version=f"{then.version}{JOINT}{present.version}", statutory=(*gained, *kept))


def _gained(right: StatutoryRight, then: Policy) -> StatutoryRight:
    """The right for the countries to which the policy of then gave fewer days."""
    before = {country: then.statutory_right(country) for country in right.countries}
    return replace(
        right, countries=frozenset(c for c, old in before.items() if old is None or old.days < right.days)
    )


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

    def judging(self, placed: datetime, *, now: datetime) -> Policy | None:
        """The rules for an order placed then: see with_minimum_of. None where there are no rules."""
        then, present = self.at(placed), self.at(now)
        return with_minimum_of(then, present) if then and present else None

    def named(self, version: str) -> Policy | None:
        """The latest rules of this version, as a Decision names it; None where they are not known (any more)."""
        then, _, present = version.partition(JOINT)
        found = {period.policy.version: period.policy for period in self.periods}
        if then not in found or (present and present not in found):
            return None
        return with_minimum_of(found[then], found[present]) if present else found[then]


NO_HISTORY = PolicyHistory()
