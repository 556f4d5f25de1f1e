"""From a policy and an order to a Decision: pure, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from aftersales.domain.errors import Invalid, NotFound
from aftersales.domain.money import Money, share
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.policy import Check, Decision, Quote, QuotedLine, Term
from aftersales.domain.policy_checks import (
    Case,
    Opening,
    check_limit,
    check_opening,
    check_requirements,
    refundable,
)
from aftersales.domain.policy_combine import combine
from aftersales.domain.policy_rules import Fee, Policy
from aftersales.domain.policy_windows import StatutoryRight
from aftersales.domain.policy_words import day_words, money_words
from aftersales.domain.reasons import Reason


class Matter(TypedDict):
    """What it is about: (line id, units) of an order, why, and the day in the shop's zone.

    `window_waived` as in Case; not unless it is said.
    """

    order: Order
    items: Sequence[tuple[str, int]]
    reason: Reason
    today: date
    zone: ZoneInfo
    window_waived: NotRequired[bool]


def evaluate_line(
    policy: Policy,
    *,
    order: Order,
    line_id: str,
    quantity: int,
    reason: Reason,
    today: date,
    zone: ZoneInfo,
    already: int = 0,
) -> Decision:
    """What the policy says about returning `quantity` units of one line.

    `today` is the day in the shop's `zone`, in which the day of delivery is counted too. `already` are units
    of the line that go back but that the order does not show yet. Fees are rounded half up, and cumulatively,
    so that parts add up to the whole. Raises NotFound when the order has no such line.
    """
    case = Case(
        policy=policy,
        order=order,
        line=_line(order, line_id),
        quantity=quantity,
        reason=reason,
        today=today,
        zone=zone,
        already=already,
    )
    return _within(_judge(case), refundable(order))


def evaluate_return(
    policy: Policy,
    *,
    order: Order,
    items: Sequence[tuple[str, int]],
    reason: Reason,
    today: date,
    zone: ZoneInfo,
    window_waived: bool = False,
) -> Quote:
    """What the policy says about returning several (line id, units) together; equal lines are added up.

    Allowed only if every line is; the first refused line decides, else the first line. The way back is free
    only if it is for every line. A check or term that is the same for every line stands once, any other is
    prefixed with its line (`<line id>:<rule id>`, the product's title before the text). The outbound postage
    is added when all units of all lines come back in this return and the fault is the merchant's, or the statutory
    right by which they come back says so. Never more than what is left of the payments is paid back.
    Raises NotFound as evaluate_line does, and Invalid when `items` is empty.
    """
    cases = make_cases(
        policy, order=order, items=items, reason=reason, today=today, zone=zone, window_waived=window_waived
    )
    lines = [QuotedLine(line_id=case.line.id, quantity=case.quantity, decision=_judge(case)) for case in cases]
    decision = combine(policy, order, lines, reason=reason)
    return Quote(decision=decision, lines=lines_within(lines, refundable(order)))


def make_cases(
    policy: Policy,
    *,
    order: Order,
    items: Sequence[tuple[str, int]],
    reason: Reason,
    today: date,
    zone: ZoneInfo,
    window_waived: bool = False,
) -> list[Case]:
    """One case a line, equal lines added up. Raises NotFound for no such line, and Invalid when there is none."""
    if not items:
        raise Invalid("items")
    wanted: dict[str, int] = {}
    for line_id, quantity in items:
        wanted[line_id] = wanted.get(line_id, 0) + quantity
    return [
        Case(
            policy=policy,
            order=order,
            line=_line(order, line_id),
            quantity=quantity,
            reason=reason,
            today=today,
            zone=zone,
            already=0,
            window_waived=window_waived,
        )
        for line_id, quantity in wanted.items()
    ]


def _line(order: Order, line_id: str) -> OrderLine:
    try:
        return order.line(line_id)
    except KeyError:
        raise NotFound(line_id) from None


def _within(decision: Decision, left: Money) -> Decision:
    """No more than what is left of the payments."""
    return replace(decision, amount=min(decision.amount, left))


def lines_within(lines: Sequence[QuotedLine], left: Money) -> tuple[QuotedLine, ...]:
    """No more for the lines, one after the other, than what is left of the payments."""
    capped = []
    for line in lines:
        decision = _within(line.decision, left)
        left = left - decision.amount
        capped.append(replace(line, decision=decision))
    return tuple(capped)


def _judge(case: Case) -> Decision:
    """The decision on one line; the amount not yet held against what is left of the payments."""
    policy, opening = case.policy, check_opening(case)
    checks = (*check_requirements(case), *_goods_back(case), *opening.checks)
    failed = [check for check in checks if check.required and not check.passed]
    fee = None if failed else _fee_rule(case, opening)
    kept = _fee(case, fee) if fee else Money.zero(case.order.currency)
    amount = Money.zero(case.order.currency) if failed else case.worth - kept
    limit = check_limit(policy.automatic_limit, amount=amount)
    if not failed:
        checks = (*checks, limit)
    for_a_person = {limit.id, policy.requirements.refundable.id}
    decisive = failed[0] if failed else next(check for check in checks if check.id == opening.decisive.id)
    return Decision(
        allowed=not failed,
        needs_human=not failed and any(check.id in for_a_person and not check.passed for check in checks),
        rule_id=decisive.id,
        rule_text=decisive.text,
        checks=checks,
        amount=amount,
        fee=kept,
        who_pays_shipping=policy.shipping(case.reason, case.purchase).payer,
        photo_required=case.reason in policy.photos.reasons,
        refund_by=None if failed else case.today + timedelta(days=policy.refund.days),
        last_day=opening.last_day,
        version=policy.version,
        terms=() if failed else _terms(case, fee, kept),
    )


def _goods_back(case: Case) -> tuple[Check, ...]:
    """Said only where it forbids the return: what never came cannot be sent back."""
    rule = case.policy.remedies.goods_back
    return () if case.reason in rule.reasons else (Check(rule.id, False, rule.general()),)


def _fee_rule(case: Case, opening: Opening) -> Fee | None:
    """No fee for the merchant's fault, nor under the statutory right (the price is due in full)."""
    if case.fault or isinstance(opening.decisive, StatutoryRight):
        return None
    return case.policy.fee(case.purchase)


def _fee(case: Case, rule: Fee) -> Money:
    """The fee on these units: that on all units up to now less that on the units before."""

    def upto(units: int) -> Money:
        if units == 0:
            return Money.zero(case.line.paid.currency)
        worth = share(case.line.paid, of=case.line.quantity, taken=0, take=units)
        return rule.on(worth, units=units)

    return upto(case.taken + case.quantity) - upto(case.taken)


def _terms(case: Case, fee: Fee | None, kept: Money) -> tuple[Term, ...]:
    """The rules that hold for the return, in the order in which a customer meets them."""
    policy = case.policy
    shipping = policy.shipping(case.reason, case.purchase)
    refund_by = case.today + timedelta(days=policy.refund.days)
    terms = [Term(shipping.id, shipping.general())]
    if case.reason in policy.photos.reasons:
        terms.append(Term(policy.photos.id, policy.photos.general()))
    if not case.fault:
        terms.append(Term(policy.condition.id, policy.condition.general()))
    if fee and kept:
        terms.append(Term(fee.id, fee.about({"fee": money_words(kept)})))
    terms.append(Term(policy.refund.id, policy.refund.about({"refund_by": day_words(refund_by)})))
    return tuple(terms)
