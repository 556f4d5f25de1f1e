"""What the policy says about a wish, and which remedies it would allow for the same goods and reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from aftersales.domain.policy import Decision, Quote
from aftersales.domain.policy_alternatives import alternatives
from aftersales.domain.policy_evaluate import Matter, evaluate_return
from aftersales.domain.policy_exchange import evaluate_exchange
from aftersales.domain.policy_refund_only import evaluate_refund_only
from aftersales.domain.policy_rules import Policy
from aftersales.domain.remedies import Remedy, Swap, Wish


def evaluate(policy: Policy, *, wish: Wish, swaps: Mapping[str, Swap], **matter: Unpack[Matter]) -> Quote:
    """The decision on a wish, with all its checks, and where it is refused with what would be allowed instead.

    `swaps` holds what `wish.variants` names, by line id. Raises NotFound for no such line, and Invalid when there
    are no items.
    """
    quote = _evaluate(policy, wish=wish, swaps=swaps, **matter)
    if quote.decision.allowed:
        return quote

    def judge(other: Wish, about: Matter) -> Decision:
        return _evaluate(policy, wish=other, swaps={}, **about).decision

    found = alternatives(policy, wish=replace(wish, variants={}), judge=judge, **matter)
    return replace(quote, decision=replace(quote.decision, alternatives=found))


def _evaluate(policy: Policy, *, wish: Wish, swaps: Mapping[str, Swap], **matter: Unpack[Matter]) -> Quote:
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
        if _evaluate(policy, wish=Wish(remedy=remedy), swaps={}, **matter).decision.allowed
    )
