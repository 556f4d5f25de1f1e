"""The rules of a returns policy as frozen values; runtime.policy_file reads them from returns_policy.yml.

Sources for mainland China: Consumer Rights Protection Law, article 25 (消费者权益保护法), and the Interim Measures
for Seven-Day No-Reason Returns of Goods Bought Online (网络购买商品七日无理由退货暂行办法), see docs/policy.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from aftersales.domain.approvals import ApprovalRules
from aftersales.domain.case_rules import CaseRules
from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.money import Money
from aftersales.domain.policy import Payer
from aftersales.domain.policy_alternative_rules import AlternativeRules
from aftersales.domain.policy_remedy_rules import Remedies
from aftersales.domain.policy_rule import AutomaticLimit, RefundTime, Rule
from aftersales.domain.policy_when import ALWAYS, Purchase, When
from aftersales.domain.policy_windows import FaultWindow, HolidayWindow, SpecialWindow, StatutoryRight, Window
from aftersales.domain.policy_words import listed, money_words, same
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.refund_rules import RefundRules
from aftersales.domain.texts import Text

__all__ = [
    "AutomaticLimit",
    "Deduction",
    "Exclusion",
    "FaultWindow",
    "Fee",
    "HolidayWindow",
    "OutboundShipping",
    "Photos",
    "Policy",
    "RefundTime",
    "RefundableRequirement",
    "Requirement",
    "Requirements",
    "ReturnShipping",
    "Rule",
    "SpecialWindow",
    "StatutoryRight",
    "Window",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement(Rule):
    """Something that must hold of the order before windows are looked at."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"quantity", "returnable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundableRequirement(Rule):
    """That what was paid has not been paid back already."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"refundable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion(Rule):
    """Goods that cannot be returned without a fault; `statutory`: not even under the statutory right."""

    when: When
    statutory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnShipping(Rule):
    """Who pays the way back."""

    payer: Payer
    when: When = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee(Rule):
    """Kept from a return without fault: `percent` of what was paid, or a `fixed` amount per unit and currency.

    A currency without a fixed amount is free of the fee.
    """

    APPLIED: ClassVar[frozenset[str]] = frozenset({"fee"})

    when: When
    percent: Decimal | None
    fixed: Mapping[str, Money]

    def facts(self) -> Mapping[str, Text]:
        if self.percent is not None:
            return {"rate": same(f"{self.percent.normalize():f}%")}
        return {"rate": listed([money_words(money) for money in self.fixed.values()])}

    def on(self, worth: Money, *, units: int) -> Money:
        """The fee on the first `units` units that are worth `worth`: rounded half up, at most `worth`."""
        if self.percent is not None:
            exact = Decimal(worth.minor) * self.percent / 100
            return Money(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), worth.currency)
        each = self.fixed.get(worth.currency, Money.zero(worth.currency))
        return Money(min(each.minor * units, worth.minor), worth.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction(Fee):
    """What is kept of a refund for goods that came back in one of `conditions`; never for the merchant's fault.

    `statutory`: also where the law gives a right to return (for loss of value that the law lets be deducted).
    """

    APPLIED: ClassVar[frozenset[str]] = frozenset({"deduction"})

    conditions: frozenset[GoodsCondition]
    statutory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Photos(Rule):
    reasons: frozenset[Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundShipping(Rule):
    """Postage of the delivery: paid back when the fault is the merchant's and the whole order comes back."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"shipping"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """Looked at in this order; the first that fails decides."""

    active: Requirement
    paid: Requirement
    delivered: Requirement
    left: Requirement
    quantity: Requirement
    refundable: RefundableRequirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation(Rule):
    """What is not sent yet can be cancelled; within how many days the money is on its way back."""

    days: int

    def facts(self) -> Mapping[str, Text]:
        return {"days": same(self.days)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPerson(Rule):
    """Goods with one of these traits are cancelled or changed by a person only."""

    tags: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRules:
    """What may become of an order before it is sent."""

    cancel: Cancellation
    change: Rule
    by_person: ByPerson


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole of a shop's rules under one version. Ids are unique.

    Of several rules for the same thing the first one in the file that fits the purchase counts.

    `valid_from` is the day in the shop's zone from which on it is in force; None: from its first start on.
    """

    version: str
    statutory: tuple[StatutoryRight, ...]
    default_window: Window
    special_windows: tuple[SpecialWindow, ...]
    holiday_windows: tuple[HolidayWindow, ...]
    fault_windows: tuple[FaultWindow, ...]
    returnable_goods: Rule
    exclusions: tuple[Exclusion, ...]
    shipping_no_reason: ReturnShipping
    shipping_fault: ReturnShipping
    shipping_special: tuple[ReturnShipping, ...]
    fees: tuple[Fee, ...]
    condition: Rule
    photos: Photos
    automatic_limit: AutomaticLimit
    refund: RefundTime
    outbound_shipping: OutboundShipping
    remedies: Remedies
    requirements: Requirements
    cases: CaseRules
    orders: OrderRules
    refunds: RefundRules
    alternatives: AlternativeRules
    approvals: ApprovalRules = field(default_factory=ApprovalRules)
    deductions: tuple[Deduction, ...] = ()
    valid_from: date | None = None

    def rules(self) -> Iterator[Rule]:
        """Every rule, in the order of the file."""
        yield from (*self.statutory, self.default_window, *self.special_windows)
        yield from (*self.holiday_windows, *self.fault_windows)
        yield from (self.returnable_goods, *self.exclusions)
        yield from (self.shipping_no_reason, self.shipping_fault, *self.shipping_special, *self.fees)
        yield from (self.condition, self.photos, self.automatic_limit, self.refund, self.outbound_shipping)
        yield from self.remedies.rules()
        needs = self.requirements
        yield from (needs.active, needs.paid, needs.delivered, needs.left, needs.quantity, needs.refundable)
        yield from (self.orders.cancel, self.orders.change, self.orders.by_person, self.refunds.price_protection)
        yield from (*self.deductions, *self.alternatives.rules())

    def statutory_right(self, country: str) -> StatutoryRight | None:
        """What the law gives to deliveries in a country."""
        return next((right for right in self.statutory if country in right.countries), None)

    def own_window(self, purchase: Purchase) -> Window:
        """The shop's own window for returns without fault, holidays left aside."""
        return next((window for window in self.special_windows if window.when.fits(purchase)), self.default_window)

    def holidays(self, purchase: Purchase) -> list[HolidayWindow]:
        """Every one that fits: the longest window counts."""
        return [window for window in self.holiday_windows if window.when.fits(purchase)]

    def fault_window(self, reason: Reason, purchase: Purchase) -> FaultWindow:
        """Every reason of MERCHANT_FAULT has one; raises KeyError for any other."""
        for window in self.fault_windows:
            if reason in window.reasons and window.when.fits(purchase):
                return window
        raise KeyError(reason)

    def shipping(self, reason: Reason, purchase: Purchase) -> ReturnShipping:
        """Who pays the way back of these goods for this reason."""
        if reason in MERCHANT_FAULT:
            return self.shipping_fault
        return next((rule for rule in self.shipping_special if rule.when.fits(purchase)), self.shipping_no_reason)

    def fee(self, purchase: Purchase) -> Fee | None:
        """What is kept from a return of these goods without fault."""
        return next((fee for fee in self.fees if fee.when.fits(purchase)), None)
