"""Signs that a refund deserves a closer look: they lower what goes without a person, never refuse, stay inside.

Each sign has points; together they say by how much the amounts are lowered above which people are asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class SignalKind(StrEnum):
    MANY_RETURNS = "many_returns"
    NOT_DELIVERED = "not_delivered"
    NEW_CUSTOMER = "new_customer"
    OTHER_COUNTRY = "other_country"
    ADDRESS_CHANGED = "address_changed"
    REUSED_PHOTO = "reused_photo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """`facts` are what it was seen by, as the desk's text of this kind names them."""

    kind: SignalKind
    points: int
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """At least `count` times within `days`."""

    days: int
    count: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Less than `days` ago."""

    days: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRule:
    """Two pictures are one when their hashes differ in `bits` of 64 at most; those older than `days` count not."""

    bits: int
    days: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """From `points` on, only `percent` of an amount count."""

    points: int
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRules:
    """None: nobody looks for this sign. `other_country` is its points."""

    many_returns: Frequency | None = None
    not_delivered: Frequency | None = None
    new_customer: Recent | None = None
    other_country: int | None = None
    address_changed: Recent | None = None
    reused_photo: PhotoRule | None = None
    lowered: tuple[Lowering, ...] = ()

    def percent(self, signals: Collection[Signal]) -> int:
        """What is left of an amount: the least of all steps that the points reach, 100 where they reach none."""
        points = sum(signal.points for signal in signals)
        return min((step.percent for step in self.lowered if points >= step.points), default=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFacts:
    """What is known of a customer and an order; times are aware UTC.

    `returns` and `not_delivered` are when other returns and claims of the customer were filed; `first_order_at` is
    None where the customer is known for longer than the shop tells. Countries are ISO 3166-1 alpha-2.
    `reused_photos` are when the same pictures came before, in talks with others or about other orders.
    """

    returns: tuple[datetime, ...] = ()
    not_delivered: tuple[datetime, ...] = ()
    first_order_at: datetime | None = None
    delivery_country: str = ""
    payment_countries: frozenset[str] = frozenset()
    address_changed_at: datetime | None = None
    reused_photos: tuple[datetime, ...] = ()


def find_signals(facts: RiskFacts, rules: RiskRules, *, now: datetime) -> tuple[Signal, ...]:
    """The signs that the facts show under these rules, in the order of SignalKind."""
    return tuple(_found(facts, rules, now))


def _found(facts: RiskFacts, rules: RiskRules, now: datetime) -> Iterator[Signal]:
    yield from _frequent(SignalKind.MANY_RETURNS, facts.returns, rules.many_returns, now)
    yield from _frequent(SignalKind.NOT_DELIVERED, facts.not_delivered, rules.not_delivered, now)
    yield from _recent(SignalKind.NEW_CUSTOMER, facts.first_order_at, rules.new_customer, now)
    others = facts.payment_countries - {facts.delivery_country}
    if rules.other_country is not None and facts.delivery_country and others:
        told: dict[str, str | int] = {"delivery": facts.delivery_country, "payment": ", ".join(sorted(others))}
        yield Signal(kind=SignalKind.OTHER_COUNTRY, points=rules.other_country, facts=told)
    yield from _recent(SignalKind.ADDRESS_CHANGED, facts.address_changed_at, rules.address_changed, now)
    photo = rules.reused_photo
    if photo is not None:
        count = _since(facts.reused_photos, now, photo.days)
        if count:
            yield Signal(kind=SignalKind.REUSED_PHOTO, points=photo.points, facts={"count": count})


def _frequent(
    kind: SignalKind, times: tuple[datetime, ...], rule: Frequency | None, now: datetime
) -> Iterator[Signal]:
    if rule is None:
        return
    count = _since(times, now, rule.days)
    if count >= rule.count:
        yield Signal(kind=kind, points=rule.points, facts={"count": count, "days": rule.days})


def _recent(kind: SignalKind, at: datetime | None, rule: Recent | None, now: datetime) -> Iterator[Signal]:
    if rule is not None and at is not None and now - at < timedelta(days=rule.days):
        yield Signal(kind=kind, points=rule.points, facts={"days": max(0, (now - at).days) + 1})


def _since(times: tuple[datetime, ...], now: datetime, days: int) -> int:
    return sum(now - at < timedelta(days=days) for at in times)
