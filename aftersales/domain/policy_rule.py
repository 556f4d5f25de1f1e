"""What every rule of a returns policy is, and the kinds that more than one section uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, cast

from aftersales.domain.money import Money
from aftersales.domain.policy_words import filled, joined, same
from aftersales.domain.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`text` is the rule in general, `applied` an optional sentence about the order at hand.

    Placeholders of `text` are the keys of `facts()`; `applied` may also use those named in APPLIED.
    """

    APPLIED: ClassVar[frozenset[str]] = frozenset()

    id: str
    text: Text
    applied: Text | None = None
    _general: Text | None = field(default=None, init=False, repr=False, compare=False)

    def facts(self) -> Mapping[str, Text]:
        """What the rule itself can fill in."""
        return {}

    def general(self) -> Text:
        """The rule in words, whatever the order; put together once, since every check of it says them."""
        if self._general is None:
            object.__setattr__(self, "_general", filled(self.text, self.facts()))
        return cast(Text, self._general)

    def about(self, facts: Mapping[str, Text]) -> Text:
        """The rule in words with the facts of one order. Raises KeyError when one of APPLIED is missing."""
        if self.applied is None:
            return self.general()
        return joined(self.general(), filled(self.applied, {**self.facts(), **facts}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticLimit(Rule):
    """Above the amount a person decides; a currency that is not listed has the limit zero."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"limit", "amount"})

    amounts: Mapping[str, Money]

    def of(self, currency: str) -> Money:
        return self.amounts.get(currency, Money.zero(currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTime(Rule):
    """Within how many days after the goods are back the money is sent."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"refund_by"})

    days: int

    def facts(self) -> Mapping[str, Text]:
        return {"days": same(self.days)}
