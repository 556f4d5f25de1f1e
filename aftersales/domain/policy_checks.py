"""The rules looked at for some units of one order line, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from aftersales.domain.money import Money, share
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.policy import Check
from aftersales.domain.policy_rules import AutomaticLimit, Exclusion, Policy, Rule
from aftersales.domain.policy_when import Purchase
from aftersales.domain.policy_windows import Period, StatutoryRight
from aftersales.domain.policy_words import day_words, money_words, same
from aftersales.domain.reasons import MERCHANT_FAULT, Reason


def purchase_of(order: Order, line: OrderLine, zone: ZoneInfo) -> Purchase:
    """The facts about a line that the conditions of rules look at; days are those of `zone`."""
    return Purchase(
        category=line.category,
        tags=line.tags,
        channel=order.channel,
        country=order.country,
        segments=order.customer.segments,
        unit=share(line.paid, of=line.quantity, taken=0, take=1),
        bought=order.placed_at.astimezone(zone).date(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked: `quantity` units of `line` for `reason`. `already` units go back in the same breath.

    `window_waived`: a person of the shop lets its own windows that have closed count as met.
    """

    policy: Policy
    order: Order
    line: OrderLine
    quantity: int
    reason: Reason
    today: date
    zone: ZoneInfo
    already: int
    window_waived: bool = False

    @property
    def purchase(self) -> Purchase:
        """What the conditions of rules look at."""
        return purchase_of(self.order, self.line, self.zone)

    @property
    def fault(self) -> bool:
        return self.reason in MERCHANT_FAULT

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


def _no_reason_windows(case: Case, exclusions: list[Exclusion]) -> list[Period]:
    """The windows that are open to these goods, the statutory one first: under it no fee may be kept."""
    policy, purchase, windows = case.policy, case.purchase, list[Period]()
    right = policy.statutory_right(case.order.country)
    if right and not any(rule.statutory for rule in exclusions):
        windows.append(right)
    if not exclusions:
        windows += [policy.own_window(purchase), *policy.holidays(purchase)]
    return windows


def _fault_windows(case: Case, *, exchanging: bool) -> list[Period]:
    """That of the reason, and those of holidays, so that a fault never has less time than none."""
    policy, purchase = case.policy, case.purchase
    window = replace(policy.fault_window(case.reason, purchase), exchanging=exchanging)
    return [window, *policy.holidays(purchase)]


def check_windows(case: Case, windows: list[Period], *, goods: tuple[Check, ...] = (), closed: Rule) -> Opening:
    """One open window is enough; the first one that is open decides, else the one that ended last.

    `closed` decides where there is no window at all. Before delivery none can be counted, so none is checked.
    With `window_waived` the shop's own that ended last decides although it is closed: goods to which none of
    them is open stay refused, and the law's window, under which no fee may be kept, is over.
    """
    delivered, bought = case.delivered_day, case.purchase.bought
    if delivered is None or not windows:
        return Opening(checks=goods, decisive=windows[0] if windows else closed, last_day=None)
    ends = {window.id: window.last_day(delivered, bought=bought) for window in windows}
    still_open = [window for window in windows if case.today <= ends[window.id]]
    longest = max(windows, key=lambda window: ends[window.id])
    own = [window for window in windows if not isinstance(window, StatutoryRight)]
    waived = case.window_waived and bool(own) and not still_open
    decisive = still_open[0] if still_open else longest
    if waived:
        decisive = max(own, key=lambda window: ends[window.id])
    required = None if waived else decisive
    checks = tuple(_check_window(case, window, required=window is required) for window in windows)
    return Opening(checks=(*goods, *checks), decisive=decisive, last_day=ends[longest.id])


def _check_window(case: Case, window: Period, *, required: bool) -> Check:
    """With its last day; only the decisive one is required, none where that is waived."""
    delivered = case.delivered_day or case.today
    last_day = window.last_day(delivered, bought=case.purchase.bought)
    facts = {"delivered_day": day_words(delivered), "last_day": day_words(last_day)}
    return Check(window.id, case.today <= last_day, window.about(facts), required)


def check_opening(case: Case, *, exchanging: bool = False) -> Opening:
    """Exclusions and windows for the reason; a merchant's fault knows no exclusions."""
    if case.fault:
        windows = _fault_windows(case, exchanging=exchanging)
        return check_windows(case, windows, closed=windows[0])
    exclusions = [rule for rule in case.policy.exclusions if rule.when.fits(case.purchase)]
    if not exclusions:
        rule = case.policy.returnable_goods
        goods = (Check(rule.id, True, rule.about({})),)
        return check_windows(case, _no_reason_windows(case, []), goods=goods, closed=rule)
    windows = _no_reason_windows(case, exclusions)
    opening = check_windows(case, windows, closed=exclusions[0])
    open_still = any(check.required and check.passed for check in opening.checks)
    open_still = open_still or bool(windows and case.delivered_day is None)
    shut = tuple(Check(rule.id, False, rule.about({}), not open_still) for rule in exclusions)
    return replace(opening, checks=(*shut, *opening.checks))
