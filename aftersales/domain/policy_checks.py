"""The rules looked at for some units of one order line, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.money import Money, share
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.policy import Check
from aftersales.domain.policy_rules import AutomaticLimit, Exclusion, Policy, Rule, Window
from aftersales.domain.policy_words import day_words, money_words, same
from aftersales.domain.reasons import MERCHANT_FAULT, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked: `quantity` units of `line` for `reason`. `already` units go back in the same breath."""

    policy: Policy
    order: Order
    line: OrderLine
    quantity: int
    reason: Reason
    today: date
    zone: ZoneInfo
    already: int

    @property
    def taken(self) -> int:
        """Units that are back, on their way back, or written off."""
        line = self.line
        return line.return_requested + line.returned + line.dismissed + self.already

    @property
    def returnable(self) -> int:
        """Units that can still be asked for."""
        return max(0, min(self.line.fulfilled, self.line.quantity) - self.taken)

    @property
    def delivered_day(self) -> date | None:
        """The day of delivery in the shop's zone."""
        time = self.order.delivered_at(self.line.id)
        return time.astimezone(self.zone).date() if time else None

    @property
    def worth(self) -> Money:
        """What was paid for the units asked for; zero where there are not that many."""
        if not 0 < self.quantity <= self.returnable:
            return Money.zero(self.line.paid.currency)
        taken = self.taken + self.line.cancelled
        return share(self.line.paid, of=self.line.quantity, taken=taken, take=self.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The windows looked at: the checks, the rule that decides, and the last day of the longest one."""

    checks: tuple[Check, ...]
    decisive: Rule
    last_day: date | None


def refundable(order: Order) -> Money:
    """What of the order's payments has not been paid back yet; never below zero."""
    left = sum(payment.refundable.minor for payment in order.payments)
    return Money(max(0, left), order.currency)


def check_refundable(policy: Policy, order: Order, *, worth: Money) -> Check:
    """Whether the payments still cover it. A part that is left can be paid back after a person has looked."""
    left = refundable(order)
    rule = policy.requirements.refundable
    text = rule.about({"refundable": money_words(left)})
    return Check(rule.id, worth <= left and bool(left), text, required=not left)


def check_limit(rule: AutomaticLimit, *, amount: Money) -> Check:
    """Whether the amount may go out without a person."""
    limit = rule.of(amount.currency)
    facts = {"limit": money_words(limit), "amount": money_words(amount)}
    return Check(rule.id, amount <= limit, rule.about(facts), required=False)


def check_requirements(case: Case) -> tuple[Check, ...]:
    """What must hold of the order and the units, before any window."""
    needs, order = case.policy.requirements, case.order
    captured = sum(payment.captured.minor for payment in order.payments)
    facts = {"quantity": same(case.quantity), "returnable": same(case.returnable)}
    met = (
        (needs.active, order.cancelled_at is None),
        (needs.paid, captured > 0),
        (needs.delivered, case.delivered_day is not None),
        (needs.left, case.taken < case.line.quantity - case.line.cancelled),
        (needs.quantity, 0 < case.quantity <= case.returnable),
    )
    checks = tuple(Check(rule.id, passed, rule.about(facts)) for rule, passed in met)
    return (*checks, check_refundable(case.policy, order, worth=case.worth))


def _no_reason_windows(case: Case, exclusions: list[Exclusion]) -> list[Window]:
    """The windows that are open to these goods, the statutory one first: under it no fee may be kept."""
    policy, windows = case.policy, list[Window]()
    if case.order.country in policy.statutory.countries and not any(rule.statutory for rule in exclusions):
        windows.append(policy.statutory)
    if not exclusions:
        windows.append(policy.own_window(case.line.category))
    return windows


def window_checks(windows: list[Window], *, delivered: date, today: date, decisive: Rule) -> Iterator[Check]:
    """Each window with its last day; only the decisive one is required."""
    for window in windows:
        last_day = delivered + timedelta(days=window.days)
        facts = {"delivered_day": day_words(delivered), "last_day": day_words(last_day)}
        yield Check(window.id, today <= last_day, window.about(facts), window is decisive)


def check_opening(case: Case) -> Opening:
    """Exclusions and windows for the reason; a merchant's fault knows no exclusions.

    One open window is enough. Before delivery no window can be counted, so none is checked.
    """
    fault, delivered = case.reason in MERCHANT_FAULT, case.delivered_day
    exclusions = [] if fault else [rule for rule in case.policy.exclusions if rule.tag in case.line.tags]
    windows: list[Window] = (
        [case.policy.fault_window(case.reason)] if fault else _no_reason_windows(case, exclusions)
    )
    waited = (case.today - delivered).days if delivered else 0
    still_open = [window for window in windows if waited <= window.days]
    longest = sorted(windows, key=lambda window: -window.days)
    decisive: Rule = [*still_open, *longest, *exclusions][0]
    goods = [Check(rule.id, False, rule.about({}), not still_open) for rule in exclusions]
    if not fault and not exclusions:
        rule = case.policy.returnable_goods
        goods = [Check(rule.id, True, rule.about({}))]
    if delivered is None or not windows:
        return Opening(checks=tuple(goods), decisive=decisive, last_day=None)
    timely = window_checks(windows, delivered=delivered, today=case.today, decisive=decisive)
    last_day = delivered + timedelta(days=longest[0].days)
    return Opening(checks=(*goods, *timely), decisive=decisive, last_day=last_day)
