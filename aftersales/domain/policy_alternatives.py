"""What would turn a refusal into a yes: fewer units, another remedy, a fault, waiting for the parcel. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Unpack

from aftersales.domain.policy import Alternative, Decision
from aftersales.domain.policy_checks import Case
from aftersales.domain.policy_evaluate import Matter, make_cases
from aftersales.domain.policy_rule import Rule
from aftersales.domain.policy_rules import Policy
from aftersales.domain.policy_words import day_words, money_words, same
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.remedies import Remedy, Wish

Judge = Callable[[Wish, Matter], Decision]

# The commonest faults first; the first that would be allowed stands for all.
_FAULTS = (Reason.DEFECTIVE, Reason.DAMAGED, Reason.NOT_AS_DESCRIBED)


def alternatives(policy: Policy, *, wish: Wish, judge: Judge, **matter: Unpack[Matter]) -> tuple[Alternative, ...]:
    """What would be allowed instead of a wish that was refused, the nearest to it first.

    `judge` decides on another wish in the same matter; nothing is named that it would not allow.
    """
    cases = make_cases(policy, **matter)
    found = [
        *_once_delivered(policy, cases),
        *_fewer(policy, cases, wish=wish, judge=judge, matter=matter),
        *_remedies(policy, wish=wish, judge=judge, matter=matter),
        *_fault(policy, wish=wish, judge=judge, matter=matter),
    ]
    return tuple(found)


def _once_delivered(policy: Policy, cases: list[Case]) -> Iterator[Alternative]:
    """Only where the goods are still to come and nothing closes every window to them."""
    if any(case.delivered_day is not None or case.order.is_cancelled for case in cases):
        return
    windows = [policy.own_window(case.purchase).days for case in cases]
    excluded = any(rule.when.fits(case.purchase) for case in cases for rule in policy.exclusions)
    if not excluded and not any(case.fault for case in cases):
        rule = policy.alternatives.delivered
        yield Alternative(rule.id, rule.about({"days": same(min(windows))}))


def _fewer(
    policy: Policy, cases: list[Case], *, wish: Wish, judge: Judge, matter: Matter
) -> Iterator[Alternative]:
    left = [(case.line.id, min(case.quantity, case.returnable)) for case in cases]
    items = [(line, units) for line, units in left if units > 0]
    if not items or items == [(case.line.id, case.quantity) for case in cases]:
        return
    if judge(wish, {**matter, "items": items}).allowed:
        rule = policy.alternatives.fewer
        yield Alternative(rule.id, rule.about({"returnable": same(sum(units for _, units in items))}))


def _remedies(policy: Policy, *, wish: Wish, judge: Judge, matter: Matter) -> Iterator[Alternative]:
    for remedy, rule in policy.alternatives.remedies().items():
        if remedy is not wish.remedy:
            decision = judge(Wish(remedy=remedy), matter)
            if decision.allowed:
                yield _told(rule, decision, remedy=remedy)


def _fault(policy: Policy, *, wish: Wish, judge: Judge, matter: Matter) -> Iterator[Alternative]:
    """That a fault would open what is closed without one."""
    if matter["reason"] in MERCHANT_FAULT:
        return
    closed = [remedy for remedy in (wish.remedy, Remedy.RETURN) if not judge(Wish(remedy=remedy), matter).allowed]
    for reason in _FAULTS:
        for remedy in closed:
            decision = judge(Wish(remedy=remedy), {**matter, "reason": reason})
            if decision.allowed:
                yield _told(policy.alternatives.fault, decision, reason=reason)
                return


def _told(
    rule: Rule, decision: Decision, *, remedy: Remedy | None = None, reason: Reason | None = None
) -> Alternative:
    if "last_day" in rule.APPLIED and decision.last_day is None:
        return Alternative(rule.id, rule.general(), remedy, reason)
    facts = {"amount": money_words(decision.amount)}
    if decision.last_day is not None:
        facts["last_day"] = day_words(decision.last_day)
    return Alternative(rule.id, rule.about(facts), remedy, reason, decision.last_day)
