"""What the policy says about a wish, and which remedies it would allow for the same goods and reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from aftersales.domain.orders import Order
from aftersales.domain.policy import Quote
from aftersales.domain.policy_evaluate import evaluate_return
from aftersales.domain.policy_exchange import evaluate_exchange
from aftersales.domain.policy_refund_only import evaluate_refund_only
from aftersales.domain.policy_rules import Policy
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Swap, Wish


class Matter(TypedDict):
    """What it is about: (line id, units) of an order, why, and the day in the shop's zone."""

    order: Order
    items: Sequence[tuple[str, int]]
    reason: Reason
    today: date
    zone: ZoneInfo


def evaluate(policy: Policy, *, wish: Wish, swaps: Mapping[str, Swap], **matter: Unpack[Matter]) -> Quote:
    """The decision on a wish, with all its checks. `swaps` holds what `wish.variants` names, by line id.

    Raises NotFound for no such line, and Invalid when there are no items.
    """
    if wish.remedy is Remedy.EXCHANGE:
        return evaluate_exchange(policy, swaps=swaps, **matter)
    if wish.remedy is Remedy.REFUND_ONLY:
        return evaluate_refund_only(policy, asked=wish.asked, **matter)
    return evaluate_return(policy, **matter)


def possible_remedies(policy: Policy, **matter: Unpack[Matter]) -> tuple[Remedy, ...]:
    """The remedies that would be allowed, in the order of Remedy; stock is not looked at."""
    return tuple(
        remedy
        for remedy in Remedy
        if evaluate(policy, wish=Wish(remedy=remedy), swaps={}, **matter).decision.allowed
    )
