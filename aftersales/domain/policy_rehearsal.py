"""What other rules would have said about matters of the past, and what that comes to. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftersales.domain.money import Money
from aftersales.domain.policy import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of a decision: `refused`, `person` (allowed once somebody has looked) or `allowed`."""

    outcome: str
    rule_id: str
    amount: Money
    version: str


def verdict_of(decision: Decision) -> Verdict:
    outcome = "refused" if not decision.allowed else "person" if decision.needs_human else "allowed"
    return Verdict(outcome=outcome, rule_id=decision.rule_id, amount=decision.amount, version=decision.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One return by the rules under which it was filed, and by others."""

    number: str
    before: Verdict
    after: Verdict

    @property
    def flips(self) -> bool:
        return self.before.outcome != self.after.outcome

    @property
    def difference(self) -> Money:
        """What would be paid back more; below zero: less."""
        return self.after.amount - self.before.amount

    @property
    def changes(self) -> bool:
        return self.flips or bool(self.difference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a rule that decides anew changes: how many verdicts, and how much money by currency."""

    rule_id: str
    before: str
    after: str
    returns: int
    difference: Mapping[str, Money]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """`version` names the rules that were tried; `skipped` returns could not be."""

    version: str
    trials: tuple[Trial, ...]
    skipped: int

    @property
    def changed(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.changes)

    def difference(self) -> Mapping[str, Money]:
        """What would be paid back more in all, by currency; below zero: less."""
        return _sum(self.trials)

    def effects(self) -> Sequence[Effect]:
        """By the rule that decides anew and by what becomes of the verdict, the commonest first."""
        groups: dict[tuple[str, str, str], list[Trial]] = defaultdict(list)
        for trial in self.changed:
            groups[trial.after.rule_id, trial.before.outcome, trial.after.outcome].append(trial)
        found = [
            Effect(rule_id=rule, before=before, after=after, returns=len(trials), difference=_sum(trials))
            for (rule, before, after), trials in groups.items()
        ]
        return sorted(found, key=lambda effect: (-effect.returns, effect.rule_id, effect.after))


def _sum(trials: Sequence[Trial]) -> Mapping[str, Money]:
    found: dict[str, Money] = {}
    for trial in trials:
        currency = trial.difference.currency
        found[currency] = found.get(currency, Money.zero(currency)) + trial.difference
    return {currency: money for currency, money in sorted(found.items()) if money}
