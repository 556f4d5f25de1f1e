"""Several lines' decisions made one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy import Check, Decision, QuotedLine, Term
from aftersales.domain.policy_checks import check_limit, check_refundable, refundable
from aftersales.domain.policy_rules import Policy
from aftersales.domain.policy_words import money_words
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.texts import Text

Named = TypeVar("Named", Check, Term)


def combine(policy: Policy, order: Order, lines: Sequence[QuotedLine], *, reason: Reason) -> Decision:
    """One decision for all lines, as policy_evaluate.evaluate_return describes it.

    The lines' amounts are not yet held against what is left of the payments; the combined amount is.
    """
    decisions = [line.decision for line in lines]
    decisive = next((decision for decision in decisions if not decision.allowed), decisions[0])
    zero = Money.zero(order.currency)
    allowed = decisive.allowed
    postage = _postage(policy, order, lines, reason=reason) if allowed else zero
    fee = sum((decision.fee for decision in decisions), zero) if allowed else zero
    wanted = sum((decision.amount for decision in decisions), postage) if allowed else zero
    amount = min(wanted, refundable(order))
    covered = check_refundable(policy, order, worth=wanted + fee)
    limit = check_limit(policy.automatic_limit, amount=amount)
    checks = merged(order, lines, [_of_the_line(policy, decision.checks) for decision in decisions])
    last_days = [decision.last_day for decision in decisions if decision.last_day is not None]
    return replace(
        decisive,
        needs_human=allowed
        and not (covered.passed and limit.passed and not any(d.needs_human for d in decisions)),
        checks=(*checks, covered, *_postage_check(policy, order, postage), *([limit] if allowed else [])),
        amount=amount,
        fee=fee,
        who_pays_shipping=(
            "merchant" if all(d.who_pays_shipping == "merchant" for d in decisions) else "customer"
        ),
        photo_required=any(decision.photo_required for decision in decisions),
        last_day=min(last_days) if len(last_days) == len(decisions) else None,
        terms=merged(order, lines, [decision.terms for decision in decisions]) if allowed else (),
    )


def _of_the_line(policy: Policy, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Without the checks that are made anew on the sum."""
    summed = {policy.automatic_limit.id, policy.requirements.refundable.id}
    return tuple(check for check in checks if check.id not in summed)


def _postage(policy: Policy, order: Order, lines: Sequence[QuotedLine], *, reason: Reason) -> Money:
    """The outbound postage that is paid back: all of it when the whole order comes back for a fault, or by a
    statutory right that includes it (Directive 2011/83/EU, article 13(1)); else nothing.
    """
    returned = {line.line_id: line.quantity for line in lines}
    whole = all(returned.get(line.id, 0) == line.quantity - line.cancelled for line in order.lines)
    right = policy.statutory_right(order.country)
    lawful = (
        right is not None and right.outbound_shipping and all(line.decision.rule_id == right.id for line in lines)
    )
    return order.shipping_paid if whole and (lawful or reason in MERCHANT_FAULT) else Money.zero(order.currency)


def _postage_check(policy: Policy, order: Order, postage: Money) -> tuple[Check, ...]:
    if not order.shipping_paid:
        return ()
    rule = policy.outbound_shipping
    text = rule.about({"shipping": money_words(order.shipping_paid)})
    return (Check(rule.id, bool(postage), text, required=False),)


def merged(order: Order, lines: Sequence[QuotedLine], each: Sequence[tuple[Named, ...]]) -> tuple[Named, ...]:
    """What is the same for all lines once, then the rest with its line before it."""
    joint: list[Named] = [item for item in each[0] if all(item in items for items in each)]
    shared = len(joint)
    for line, items in zip(lines, each, strict=True):
        title = order.line(line.line_id).title
        for item in items:
            if item not in joint[:shared]:
                joint.append(_prefixed(item, line_id=line.line_id, title=title))
    return tuple(joint)


def _prefixed(item: Named, *, line_id: str, title: Text) -> Named:
    text = Text(f"{title.zh}:{item.text.zh}", f"{title.en}: {item.text.en}")
    return replace(item, id=f"{line_id}:{item.id}", text=text)
