"""Exchanges: whether goods are taken back for others, and what the difference is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy import Check, Decision, Quote, QuotedLine, Term
from aftersales.domain.policy_checks import (
    Case,
    Opening,
    check_limit,
    check_opening,
    check_refundable,
    check_requirements,
    check_windows,
    refundable,
)
from aftersales.domain.policy_combine import merged
from aftersales.domain.policy_evaluate import make_cases
from aftersales.domain.policy_rules import Policy, Rule
from aftersales.domain.policy_words import money_words, same
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Swap


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of what goes back (`before`) and what comes (`after`) at today's prices, and who pays it."""

    before: Money
    after: Money
    back: Money
    to_pay: Money


def evaluate_exchange(
    policy: Policy,
    *,
    order: Order,
    items: Sequence[tuple[str, int]],
    reason: Reason,
    today: date,
    zone: ZoneInfo,
    swaps: Mapping[str, Swap],
    window_waived: bool = False,
) -> Quote:
    """What the policy says about exchanging (line id, units) for the variants of `swaps` (by line id).

    A line without a swap is judged as far as that goes: stock and difference are left open. Cheaper goods bring
    the difference back, in proportion where less than today's price was paid and never more than was paid; dearer
    ones are paid for. Over several lines what is to pay and what is paid back are set off against each other; no
    more is paid back than is left of the payments, and a person looks where that is less.
    Raises NotFound, Invalid.
    """
    cases = make_cases(
        policy, order=order, items=items, reason=reason, today=today, zone=zone, window_waived=window_waived
    )
    lines = [
        QuotedLine(
            line_id=case.line.id, quantity=case.quantity, decision=_judge(case, swap=swaps.get(case.line.id))
        )
        for case in cases
    ]
    return Quote(decision=_combine(policy, order, lines, today=today), lines=tuple(lines))


def price_difference(case: Case, swap: Swap) -> Difference:
    """Rounded half up; nothing where units that never came are sent again."""
    zero = Money.zero(case.order.currency)
    after = Money(swap.variant.price.minor * case.quantity, swap.variant.price.currency)
    before = Money(swap.listed.minor * case.quantity, swap.listed.currency) if swap.listed else case.worth
    if case.reason is Reason.MISSING_ITEM or after == before:
        return Difference(before=before, after=after, back=zero, to_pay=zero)
    if after > before:
        return Difference(before=before, after=after, back=zero, to_pay=after - before)
    paid = min(case.worth, before)
    exact = Decimal((before - after).minor) * paid.minor / before.minor
    back = Money(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), paid.currency)
    return Difference(before=before, after=after, back=back, to_pay=zero)


def _judge(case: Case, *, swap: Swap | None) -> Decision:
    policy, rules = case.policy, case.policy.remedies.exchange
    opening = _opening(case)
    stock = (_check_stock(case, swap),) if swap else ()
    checks = (*check_requirements(case), _check_reason(case), *_check_goods(case), *opening.checks, *stock)
    failed = [check for check in checks if check.required and not check.passed]
    difference = price_difference(case, swap) if swap and not failed else None
    checks = (*checks, *_difference_checks(case, difference))
    zero = Money.zero(case.order.currency)
    for_a_person = {rules.resend.id, policy.requirements.refundable.id}
    decisive = failed[0] if failed else next(check for check in checks if check.id == opening.decisive.id)
    return Decision(
        remedy=Remedy.EXCHANGE,
        allowed=not failed,
        needs_human=not failed and any(check.id in for_a_person and not check.passed for check in checks),
        rule_id=decisive.id,
        rule_text=decisive.text,
        checks=checks,
        amount=difference.back if difference else zero,
        fee=zero,
        to_pay=difference.to_pay if difference and difference.to_pay else None,
        who_pays_shipping=policy.shipping(case.reason, case.purchase).payer,
        photo_required=case.reason in policy.photos.reasons,
        refund_by=None,
        last_day=opening.last_day,
        version=policy.version,
        terms=() if failed else _terms(case, difference),
    )


def _check_reason(case: Case) -> Check:
    rule = case.policy.remedies.exchange.reasons
    return Check(rule.id, case.reason in rule.reasons, rule.general())


def _check_goods(case: Case) -> Iterator[Check]:
    """What keeps goods from being exchanged. Sending again what never came is no exchange of goods."""
    if case.reason is Reason.MISSING_ITEM:
        return
    named: list[Rule] = [rule for rule in case.policy.remedies.exchange.excluded if rule.when.fits(case.purchase)]
    if not case.fault:
        named += [rule for rule in case.policy.exclusions if rule.when.fits(case.purchase)]
    for rule in named:
        yield Check(rule.id, False, rule.general())


def _opening(case: Case) -> Opening:
    """The window: for a fault that of its reason, else the one for exchanges; holidays lengthen both."""
    if case.fault:
        return check_opening(case, exchanging=True)
    window = case.policy.remedies.exchange.window
    return check_windows(case, [window, *case.policy.holidays(case.purchase)], closed=window)


def _check_stock(case: Case, swap: Swap) -> Check:
    rule = case.policy.remedies.exchange.stock
    facts = {"quantity": same(case.quantity), "stock": same(swap.variant.stock)}
    return Check(rule.id, swap.variant.stock >= case.quantity, rule.about(facts))


def _difference_checks(case: Case, difference: Difference | None) -> Iterator[Check]:
    rules = case.policy.remedies.exchange
    if difference and (difference.to_pay or difference.back):
        facts = {
            "before": money_words(difference.before),
            "after": money_words(difference.after),
            "difference": money_words(difference.to_pay or difference.back),
        }
        yield Check(rules.difference.id, True, rules.difference.about(facts), required=False)
    if case.reason is Reason.MISSING_ITEM:
        yield check_limit(rules.resend, amount=case.worth)


def _terms(case: Case, difference: Difference | None) -> tuple[Term, ...]:
    policy, rules = case.policy, case.policy.remedies.exchange
    terms = []
    if case.reason is not Reason.MISSING_ITEM:
        shipping = policy.shipping(case.reason, case.purchase)
        terms.append(Term(shipping.id, shipping.general()))
    if case.reason in policy.photos.reasons:
        terms.append(Term(policy.photos.id, policy.photos.general()))
    if not case.fault:
        terms.append(Term(policy.condition.id, policy.condition.general()))
    if difference and difference.to_pay:
        terms.append(Term(rules.payment.id, rules.payment.general()))
    terms.append(Term(rules.dispatch.id, rules.dispatch.general()))
    return tuple(terms)


def _combine(policy: Policy, order: Order, lines: Sequence[QuotedLine], *, today: date) -> Decision:
    decisions = [line.decision for line in lines]
    decisive = next((decision for decision in decisions if not decision.allowed), decisions[0])
    zero = Money.zero(order.currency)
    net = sum((d.amount - (d.to_pay or zero) for d in decisions), zero) if decisive.allowed else zero
    amount = min(max(net, zero), refundable(order))
    limit = check_limit(policy.automatic_limit, amount=amount)
    short = _shortage(policy, order, decisions, net=net)
    checks = (*merged(order, lines, [decision.checks for decision in decisions]), *short)
    last_days = [decision.last_day for decision in decisions if decision.last_day is not None]
    return replace(
        decisive,
        needs_human=decisive.allowed
        and not (limit.passed and not short and not any(d.needs_human for d in decisions)),
        checks=(*checks, limit) if amount else checks,
        amount=amount,
        to_pay=Money(-net.minor, net.currency) if net < zero else None,
        who_pays_shipping=(
            "merchant" if all(d.who_pays_shipping == "merchant" for d in decisions) else "customer"
        ),
        photo_required=any(decision.photo_required for decision in decisions),
        refund_by=today + timedelta(days=policy.refund.days) if amount else None,
        last_day=min(last_days) if len(last_days) == len(decisions) else None,
        terms=merged(order, lines, [decision.terms for decision in decisions]) if decisive.allowed else (),
    )


def _shortage(policy: Policy, order: Order, decisions: Sequence[Decision], *, net: Money) -> tuple[Check, ...]:
    """That less is left of the payments than all lines together bring back, where no line tells so by itself."""
    covered = check_refundable(policy, order, worth=net)
    told = any(check.id == covered.id and not check.passed for found in decisions for check in found.checks)
    return (covered,) if net > refundable(order) and not told else ()
