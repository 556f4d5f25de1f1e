"""What a shop says instead of a bare no: the rules of the section `alternatives` of returns_policy.yml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from aftersales.domain.policy_rule import Rule
from aftersales.domain.remedies import Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class UntilThen(Rule):
    """Something else is possible until a day."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"last_day"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyInstead(Rule):
    """The money comes back although the goods do not."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"amount"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fewer(Rule):
    """Not as many, but some."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"returnable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceDelivered(Rule):
    """Not yet, but from the delivery on."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"days"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeRules:
    """`fault`: the same for a reason that is the merchant's fault; then the other remedies."""

    delivered: OnceDelivered
    fewer: Fewer
    goods_back: UntilThen
    exchange: UntilThen
    refund_only: MoneyInstead
    fault: UntilThen

    def rules(self) -> Iterator[Rule]:
        yield from (self.delivered, self.fewer, self.goods_back, self.exchange, self.refund_only, self.fault)

    def remedies(self) -> Mapping[Remedy, Rule]:
        return {
            Remedy.RETURN: self.goods_back,
            Remedy.EXCHANGE: self.exchange,
            Remedy.REFUND_ONLY: self.refund_only,
        }
