"""What a shop says about itself beside its returns policy: delivery, payment, invoices, warranty, accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from aftersales.domain.money import Money
from aftersales.domain.policy_words import listed, money_words, same
from aftersales.domain.texts import Text

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the shop says about one matter. `values` are its facts in words, by the name of the fact."""

    id: str
    name: Text
    values: Mapping[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Where a parcel goes. `days` are calendar days from dispatch to the door, the fewest and the most.

    `countries` are ISO 3166-1 alpha-2, EVERYWHERE for all that no other zone names, or none for a zone that is
    only spoken of. A currency that is not listed in `free_from` has no free delivery.
    """

    id: str
    name: Text
    countries: frozenset[str]
    days: tuple[int, int]
    fee: Mapping[str, Money]
    free_from: Mapping[str, Money]

    def facts(self) -> dict[str, Text]:
        fewest, most = self.days
        return {
            "name": self.name,
            "days": same(f"{fewest}–{most}" if fewest < most else most),
            "fee": listed([money_words(money) for money in self.fee.values()]),
            "free_from": listed([money_words(money) for money in self.free_from.values()]),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`dispatch_days` are calendar days from payment to dispatch, the most."""

    name: Text
    dispatch_days: int
    zones: tuple[Zone, ...]

    def zone(self, country: str) -> Zone:
        """The zone of a country; the first one where the shop names no zone for it."""
        named = [zone for zone in self.zones if country in zone.countries]
        others = [zone for zone in self.zones if EVERYWHERE in zone.countries]
        return [*named, *others, *self.zones][0]

    def sent_by(self, paid: date) -> date:
        """The last day on which an order paid on that day is sent."""
        return paid + timedelta(days=self.dispatch_days)

    def arrives_by(self, sent: date, *, country: str) -> date:
        """The last day on which a parcel sent on that day is expected."""
        return sent + timedelta(days=self.zone(country).days[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMeans:
    """`id` is the payment's provider. `days` is how long its bank takes to show a refund after we have sent it."""

    id: str
    name: Text
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    name: Text
    means: tuple[PaymentMeans, ...]

    def of(self, provider: str) -> PaymentMeans | None:
        return next((means for means in self.means if means.id == provider), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopFacts:
    """All of it under one version. `rule_names` are the short names by which answers cite the returns policy."""

    version: str
    statements: tuple[Statement, ...]
    delivery: Delivery
    payments: Payments
    rule_names: Mapping[str, Text]

    def names(self) -> dict[str, Text]:
        """The statements that an answer can rest on, by id."""
        own = {statement.id: statement.name for statement in self.statements}
        return {**own, "delivery": self.delivery.name, "payments": self.payments.name}

    def placeholders(self) -> dict[str, Text]:
        """Every fact under `<statement>_<fact>`, `delivery_<zone>_<fact>`, `payments_<means>_<fact>`."""
        means = self.payments.means
        return {
            **{f"{s.id}_{name}": fact for s in self.statements for name, fact in s.values.items()},
            "delivery_dispatch_days": same(self.delivery.dispatch_days),
            **{f"delivery_{z.id}_{name}": fact for z in self.delivery.zones for name, fact in z.facts().items()},
            "payments_names": listed([item.name for item in means]),
            **{f"payments_{item.id}_name": item.name for item in means},
            **{f"payments_{item.id}_days": same(item.days) for item in means},
        }
