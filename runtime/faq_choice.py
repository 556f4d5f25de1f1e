"""Which entries this policy can answer: none that rests on a rule which the shop does not have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from aftersales.domain.policy_describe import placeholders
from aftersales.domain.policy_rules import Policy
from runtime.faq_entries import Placed
from runtime.policy_file import load_policy
from runtime.policy_packs import shipped_policies


@dataclass(frozen=True, slots=True)
class Names:
    """Ids of rules, and names of facts that answers fill in."""

    rules: frozenset[str]
    facts: frozenset[str]


def names_of(policy: Policy) -> Names:
    return Names(frozenset(rule.id for rule in policy.rules()), frozenset(placeholders(policy)))


@cache
def known_elsewhere() -> Names:
    """What any policy that ships with the product has: it is no mistake to name it where the shop lacks it."""
    found = [names_of(load_policy(path)) for path in shipped_policies()]
    return Names(
        frozenset().union(*(names.rules for names in found)), frozenset().union(*(names.facts for names in found))
    )


def suiting(entries: Sequence[Placed], *, rules: Iterable[str]) -> list[Placed]:
    """The entries whose rules are all there, and of which none is there that they must be `without`."""
    there = frozenset(rules)
    return [placed for placed in entries if there.issuperset(placed.entry.rules) and not there & placed.without]
