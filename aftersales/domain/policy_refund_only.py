"""Refunds without a return: of what never came, of small faulty goods, and of a part of the price. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy import Check, Decision, Quote, QuotedLine, Term
from aftersales.domain.policy_checks import (
    Case,
    check_limit,
    check_opening,
    check_requirements,
    refundable,
)
from aftersales.domain.policy_combine import combine
from aftersales.domain.policy_evaluate import lines_within, make_cases
from aftersales.domain.policy_rules import AutomaticLimit, Policy
from aftersales.domain.policy_words import day_words, money_words
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy


def evaluate_refund_only(
    policy: Policy,
    *,
    order: Order,
    items: Sequence[tuple[str, int]],
    reason: Reason,
    today: date,
    zone: ZoneInfo,
    asked: Money | None = None,
    window_waived: bool = False,
) -> Quote:
    """What the policy says about paying back (line id, units) that stay where they are.

    `asked` is a part of the price that the customer would be content with, for all the units together: a person
    decides on it, whatever the reason, and more than was paid is refused. Units are counted and amounts held
    against the payments as in policy_evaluate.evaluate_return. Raises NotFound, Invalid.
    """
    cases = make_cases(
        policy, order=order, items=items, reason=reason, today=today, zone=zone, window_waived=window_waived
    )
    part = _check_part(policy, cases, asked) if asked is not None else None
    lines = [
        QuotedLine(line_id=case.line.id, quantity=case.quantity, decision=_judge(case, part=part))
        for case in cases
    ]
    decision = combine(policy, order, lines, reason=reason)
    if asked is not None and decision.allowed:
        decision = replace(decision, amount=min(asked, decision.amount), needs_human=True)
        lines = list(_parts(lines, asked))
    return Quote(decision=decision, lines=lines_within(lines, refundable(order)))


def _check_part(policy: Policy, cases: Sequence[Case], asked: Money) -> Check:
    rule = policy.remedies.refund_only.part
    paid = sum((case.worth for case in cases), Money.zero(asked.currency))
    facts = {"asked": money_words(asked), "paid": money_words(paid)}
    return Check(rule.id, 0 < asked.minor <= paid.minor, rule.about(facts))


def _check_offered(case: Case) -> Check:
    """Whether the reason, and the value of one unit, allow it at all: faulty goods that are kept come first, then
    goods that may be given away.
    """
    rules, purchase = case.policy.remedies.refund_only, case.purchase
    if case.reason in rules.missing.reasons:
        return Check(rules.missing.id, True, rules.missing.general())
    faulty = case.reason in rules.returnless.reasons and rules.returnless.when.fits(purchase)
    values = [_check_value(rules.returnless, purchase.unit)] if faulty else []
    values += [_check_value(rule, purchase.unit) for rule in rules.donations if rule.when.fits(purchase)]
    met = [check for check in values if check.passed]
    return [*met, *values, Check(rules.otherwise.id, False, rules.otherwise.general())][0]


def _check_value(rule: AutomaticLimit, unit: Money) -> Check:
    limit = rule.of(unit.currency)
    facts = {"unit": money_words(unit), "limit": money_words(limit)}
    return Check(rule.id, unit <= limit, rule.about(facts))


def _judge(case: Case, *, part: Check | None) -> Decision:
    policy, opening = case.policy, check_opening(case)
    offered = part or _check_offered(case)
    checks = (*check_requirements(case), offered, *opening.checks)
    failed = [check for check in checks if check.required and not check.passed]
    amount = Money.zero(case.order.currency) if failed else case.worth
    if not failed:
        checks = (*checks, check_limit(policy.automatic_limit, amount=amount))
    for_a_person = {policy.automatic_limit.id, policy.requirements.refundable.id}
    decisive = failed[0] if failed else offered
    refund_by = case.today + timedelta(days=policy.remedies.refund_only.refund.days)
    return Decision(
        remedy=Remedy.REFUND_ONLY,
        allowed=not failed,
        needs_human=not failed
        and (part is not None or any(check.id in for_a_person and not check.passed for check in checks)),
        rule_id=decisive.id,
        rule_text=decisive.text,
        checks=checks,
        amount=amount,
        fee=Money.zero(case.order.currency),
        who_pays_shipping="merchant",
        photo_required=case.reason in policy.photos.reasons,
        refund_by=None if failed else refund_by,
        last_day=opening.last_day,
        version=policy.version,
        terms=() if failed else _terms(case, refund_by),
    )


def _terms(case: Case, refund_by: date) -> tuple[Term, ...]:
    policy = case.policy
    time = policy.remedies.refund_only.refund
    told = Term(time.id, time.about({"refund_by": day_words(refund_by)}))
    photos = Term(policy.photos.id, policy.photos.general())
    return (photos, told) if case.reason in policy.photos.reasons else (told,)


def _parts(lines: Sequence[QuotedLine], asked: Money) -> Sequence[QuotedLine]:
    """The part that was asked for, spread over the lines in their order."""
    spread = []
    for line in lines:
        amount = min(asked, line.decision.amount)
        asked = asked - amount
        spread.append(replace(line, decision=replace(line.decision, amount=amount, needs_human=True)))
    return spread
