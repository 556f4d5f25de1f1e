"""Trying rules for the shop's own people: what they say about any order, and what new ones would have changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from aftersales.domain.errors import NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, OrderLine, Payment
from aftersales.domain.policy import Quote
from aftersales.domain.policy_checks import Case
from aftersales.domain.policy_evaluate import Matter, make_cases
from aftersales.domain.policy_rehearsal import Rehearsal, Trial, verdict_of
from aftersales.domain.policy_remedies import evaluate
from aftersales.domain.policy_rules import Policy
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.remedies import Wish
from aftersales.domain.returns import HOLDING, Return
from aftersales.ports import UnitOfWork
from aftersales.services.access import normal_number
from aftersales.services.context import Context
from aftersales.services.refund_sources import refunds_of
from aftersales.services.return_units import with_held

_SETTLED = frozenset({RefundState.SUCCEEDED, RefundState.EXTERNAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What the rules say about one line alone. `case` holds the facts that their conditions look at."""

    case: Case
    quote: Quote


async def explain_order(
    ctx: Context, *, number: str, reason: Reason, wish: Wish, today: date
) -> tuple[Order, Sequence[Explained]]:
    """Each line of any customer's order with all units that can still go back, one where there are none.

    For the shop's own people: nobody is asked whose order it is. Raises NotFound, Unavailable.
    """
    found = await ctx.shop.find_order(normal_number(number))
    async with ctx.unit_of_work(read_only=True) as uow:
        order = with_held(found, await uow.returns.of_order(found.id))
    policy, explained = ctx.policy_for(order), []
    for line in order.lines:
        matter = Matter(
            order=order, items=[(line.id, max(1, line.returnable))], reason=reason, today=today, zone=ctx.zone
        )
        (case,) = make_cases(policy, **matter)
        explained.append(Explained(case=case, quote=evaluate(policy, wish=wish, swaps={}, **matter)))
    return order, explained


async def rehearse(ctx: Context, *, policy: Policy, limit: int) -> Rehearsal:
    """The newest returns once more, by the rules under which each was filed and by `policy`.

    Both judge the order as it stood then, on the day on which it was asked, an exchange without stock and
    difference. What was refused then was never filed and cannot be tried. Returns whose order the shop no longer
    has are counted as skipped. Raises Unavailable.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        items = await uow.returns.latest(limit=limit)
    trials, skipped = [], 0
    for item in items:
        try:
            trials.append(await _try(ctx, item, policy))
        except NotFound:
            skipped += 1
    return Rehearsal(version=policy.version, trials=tuple(trials), skipped=skipped)


async def _try(ctx: Context, item: Return, policy: Policy) -> Trial:
    order = await ctx.shop.get_order(item.order_id)
    async with ctx.unit_of_work(read_only=True) as uow:
        order = _as_it_stood(
            order,
            item,
            since=[other for other in await uow.returns.of_order(order.id) if other.created_at >= item.created_at],
            refunds=await _refunds_since(uow, order, item),
        )
    matter = Matter(
        order=order,
        items=[(line.line_id, line.quantity) for line in item.lines],
        reason=item.reason,
        today=item.created_at.astimezone(ctx.zone).date(),
        zone=ctx.zone,
    )
    wish = Wish(remedy=item.remedy)
    before = evaluate(ctx.policy_named(item.policy_version), wish=wish, swaps={}, **matter).decision
    after = evaluate(policy, wish=wish, swaps={}, **matter).decision
    return Trial(number=item.number, before=verdict_of(before), after=verdict_of(after))


async def _refunds_since(uow: UnitOfWork, order: Order, item: Return) -> Sequence[Refund]:
    found = await refunds_of(uow, order.payments)
    return [refund for refund in found if refund.created_at >= item.created_at and refund.state in _SETTLED]


def _as_it_stood(order: Order, item: Return, *, since: Iterable[Return], refunds: Iterable[Refund]) -> Order:
    """Without the units and the money of this return and of those after it."""
    units = Counter[str]()
    for other in since:
        if other.state in HOLDING and other.shop_reference is not None:
            units.update({line.line_id: line.quantity for line in other.lines})
    paid_back = Counter[str]()
    for refund in refunds:
        paid_back[refund.payment_id] += refund.amount.minor
    return replace(
        order,
        lines=tuple(_line(line, units[line.id]) for line in order.lines),
        payments=tuple(_payment(payment, paid_back[payment.id]) for payment in order.payments),
    )


def _line(line: OrderLine, units: int) -> OrderLine:
    taken = line.return_requested + line.returned + line.dismissed
    return replace(line, return_requested=max(0, taken - units), returned=0, dismissed=0)


def _payment(payment: Payment, minor: int) -> Payment:
    refunded = max(0, payment.refunded.minor - minor)
    return replace(payment, refunded=Money(refunded, payment.refunded.currency))
