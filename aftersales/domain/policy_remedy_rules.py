"""Which remedy is offered for what: the rules of the section `remedies` of returns_policy.yml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from aftersales.domain.policy_rule import AutomaticLimit, RefundTime, Rule
from aftersales.domain.policy_when import ALWAYS, When
from aftersales.domain.policy_windows import Window
from aftersales.domain.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ForReasons(Rule):
    """The remedy is offered for these reasons."""

    reasons: frozenset[Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotExchanged(Rule):
    """Goods that are not exchanged."""

    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class InStock(Rule):
    """The goods that are wanted instead are there."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"quantity", "stock"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Rule):
    """What an exchange for dearer or cheaper goods costs or brings."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"before", "after", "difference"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Returnless(AutomaticLimit):
    """Goods of at most this value a unit may be kept; a currency that is not listed has the limit zero."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"limit", "unit"})

    reasons: frozenset[Reason]
    when: When = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Donation(AutomaticLimit):
    """Goods of at most this value a unit that could come back may be given away instead, whatever the reason."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"limit", "unit"})

    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfPrice(Rule):
    """A part of the price while the goods are kept: a person decides, and never more than was paid."""

    APPLIED: ClassVar[frozenset[str]] = frozenset({"asked", "paid"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRules:
    """`window` is for exchanges without a fault of the shop's; a fault has the window of its reason.

    `payment` is how long the customer has to pay a difference, `dispatch` within how many days the new goods are
    sent; above `resend` a person decides whether goods that never came are sent again.
    """

    reasons: ForReasons
    window: Window
    excluded: tuple[NotExchanged, ...]
    stock: InStock
    difference: Difference
    payment: RefundTime
    dispatch: RefundTime
    resend: AutomaticLimit

    def rules(self) -> Iterator[Rule]:
        yield from (self.reasons, self.window, *self.excluded)
        yield from (self.stock, self.difference, self.payment, self.dispatch, self.resend)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOnlyRules:
    """`missing`: units that never came; `returnless`: small faulty goods; `donations`: goods that are given away
    instead of sent back; `otherwise`: all else, refused.
    """

    missing: ForReasons
    returnless: Returnless
    otherwise: Rule
    part: PartOfPrice
    refund: RefundTime
    donations: tuple[Donation, ...] = ()

    def rules(self) -> Iterator[Rule]:
        yield from (self.missing, self.returnless, *self.donations, self.otherwise, self.part, self.refund)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """`goods_back` names the reasons for which goods can be sent back at all."""

    goods_back: ForReasons
    exchange: ExchangeRules
    refund_only: RefundOnlyRules

    def rules(self) -> Iterator[Rule]:
        yield self.goods_back
        yield from self.exchange.rules()
        yield from self.refund_only.rules()
