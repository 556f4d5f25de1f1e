"""What is kept of a refund because goods came back in a worse state than they went out. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy_checks import purchase_of
from aftersales.domain.policy_rules import Deduction, Policy
from aftersales.domain.reasons import MERCHANT_FAULT
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return, ReturnLine


def with_deductions(policy: Policy, item: Return, *, order: Order, zone: ZoneInfo) -> Return:
    """The return with what is kept of each line by the condition that was noted, and the rest as its amount.

    Nothing is kept where the fault is the merchant's, for goods as new, in an exchange, of a line that the order
    has no more, and under a statutory right by a rule that is not meant for it (Consumer Rights Protection Law,
    article 25; Directive 2011/83/EU, article 14(2)). Never more than was to be paid back for the line; rounded
    half up.
    """
    if item.reason in MERCHANT_FAULT or item.remedy is not Remedy.RETURN:
        return item
    lines = tuple(_with_deduction(policy, item, line, order=order, zone=zone) for line in item.lines)
    kept = sum((line.deduction for line in lines if line.deduction), Money.zero(item.amount.currency))
    return replace(item, lines=lines, amount=item.amount - kept) if kept else item


def deduction_of(
    policy: Policy, item: Return, line: ReturnLine, *, order: Order, zone: ZoneInfo
) -> Deduction | None:
    """The first rule for the noted condition that fits the purchase; None where nothing is kept."""
    known = any(other.id == line.line_id for other in order.lines)
    if line.condition in (None, GoodsCondition.AS_NEW) or not known:
        return None
    purchase = purchase_of(order, order.line(line.line_id), zone)
    lawful = _by_statutory_right(policy, item, line, order=order, zone=zone)
    for rule in policy.deductions:
        if line.condition in rule.conditions and rule.when.fits(purchase) and (rule.statutory or not lawful):
            return rule
    return None


def _with_deduction(policy: Policy, item: Return, line: ReturnLine, *, order: Order, zone: ZoneInfo) -> ReturnLine:
    rule = deduction_of(policy, item, line, order=order, zone=zone)
    if rule is None:
        return line
    kept = min(rule.on(line.amount, units=line.quantity), line.amount)
    return replace(line, amount=line.amount - kept, deduction=kept, deduction_rule=rule.id) if kept else line


def _by_statutory_right(policy: Policy, item: Return, line: ReturnLine, *, order: Order, zone: ZoneInfo) -> bool:
    """Whether it was asked for while the law's window was open, whatever rule was named then."""
    right, delivered = policy.statutory_right(order.country), order.delivered_at(line.line_id)
    if right is None or delivered is None:
        return False
    last_day = delivered.astimezone(zone).date() + timedelta(days=right.days)
    return item.created_at.astimezone(zone).date() <= last_day
