"""The shop's rules as they are in force: what may change while a process runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aftersales.domain.business_time import ALWAYS_OPEN, Hours
from aftersales.domain.faq import Faq
from aftersales.domain.policy_history import NO_HISTORY, PolicyHistory
from aftersales.domain.policy_rules import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesInForce:
    """`policy` are the rules of today, `history` those of each day.

    `faq` are the shop's answers, filled from this policy, and the facts that they and the order status rest on.
    `hours` are when people are there (always, where none are given).
    """

    policy: Policy
    faq: Faq
    history: PolicyHistory = NO_HISTORY
    hours: Hours = ALWAYS_OPEN


class Rules:
    """Holds the rules in force of a process. They are only ever replaced as a whole, by rules that were checked.

    `troubles` tells of each file, by its setting, what keeps its newest text from being used; what was in force
    before stays so.
    """

    def __init__(self, current: RulesInForce) -> None:
        self.current = current
        self.troubles: Mapping[str, str] = {}
