"""An exception to a window that has closed: the same rules with nothing else waived. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Unpack

from aftersales.domain.policy import Quote
from aftersales.domain.policy_evaluate import Matter
from aftersales.domain.policy_remedies import evaluate
from aftersales.domain.policy_rules import Policy
from aftersales.domain.remedies import Swap, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Excepted:
    """What a wish comes to once its windows count as met, and the ids of the rules that were waived for that."""

    quote: Quote
    waived: tuple[str, ...]


def evaluate_exception(
    policy: Policy, *, plain: Quote, wish: Wish, swaps: Mapping[str, Swap], **matter: Unpack[Matter]
) -> Excepted | None:
    """The wish that `plain` refuses, judged again with the shop's own windows taken as met.

    Exclusions, units, payments, fees and limits hold as ever, and no more is paid back than inside the window.
    None where an exception is not needed, and where a window is not all that stands against it. Raises as
    evaluate does.
    """
    if plain.decision.allowed:
        return None
    lenient: Matter = {**matter, "window_waived": True}
    quote = evaluate(policy, wish=wish, swaps=swaps, **lenient)
    if not quote.decision.allowed:
        return None
    waived = {check.id: None for line in plain.lines for check in line.decision.failed}
    return Excepted(quote=quote, waived=tuple(waived))
