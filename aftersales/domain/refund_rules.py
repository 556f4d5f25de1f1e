"""How money goes back apart from how much of it; from the section `refunds` of returns_policy.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from aftersales.domain.money import Money
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.policy_rule import Rule
from aftersales.domain.policy_words import same
from aftersales.domain.tender import TenderMode
from aftersales.domain.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensation:
    """What a person may give for a complaint; a currency that is not listed has the limit zero.

    `most` per complaint, `share` percent of the order's total for all complaints about it together; above
    `automatic` it waits for approval.
    """

    most: Mapping[str, Money]
    share: Decimal
    automatic: Mapping[str, Money]

    def limit(self, *, total: Money, given_for_order: Money, given_for_case: Money) -> Money:
        """What may still be given; not negative, rounded down."""
        currency = total.currency
        exact = Decimal(total.minor) * self.share / 100
        of_order = Money(int(exact.quantize(Decimal(1), rounding=ROUND_FLOOR)), currency) - given_for_order
        of_case = self.most.get(currency, Money.zero(currency)) - given_for_case
        return max(min(of_order, of_case), Money.zero(currency))

    def is_automatic(self, amount: Money) -> bool:
        return amount <= self.automatic.get(amount.currency, Money.zero(amount.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceProtection(Rule):
    """The difference is paid back when the shop's own price falls within `days` after the day of payment.

    Once per line and at most `most` (a currency that is not listed has no limit); never for goods with one of the
    traits `excluded`. `refund_days` is within how many days the money is sent.
    """

    days: int
    refund_days: int
    most: Mapping[str, Money]
    excluded: frozenset[str]

    def facts(self) -> Mapping[str, Text]:
        return {"days": same(self.days), "refund_days": same(self.refund_days)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRules:
    """`tender_order` names every method once. `returns_coupons`: what a coupon paid comes back as a coupon."""

    tender: TenderMode
    tender_order: tuple[PaymentMethod, ...]
    returns_coupons: bool
    compensation: Compensation
    price_protection: PriceProtection
