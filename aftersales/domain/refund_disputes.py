"""Refunds of which the payment provider tells something else than we asked: what it told, what may be decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from aftersales.domain.errors import Conflict
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.refunds import Refund, RefundState, RefundTrigger

CONTRADICT = "contradict"  # the journal's trigger of what a provider told, which changes no state
_ASKED = frozenset({RefundState.SUBMITTED, RefundState.UNKNOWN})
_DECISIONS = frozenset({RefundTrigger.ACCEPT, RefundTrigger.GIVE_UP, RefundTrigger.RECORD})
_FAILED, _MISSING = "failed", "missing"


class ToldAnew(Conflict):
    """The provider tells something else by now than what people could read."""

    def __init__(self) -> None:
        super().__init__("told_anew")


class Contradiction(StrEnum):
    """Why money may have moved, but not as we know it; stands in `Refund.failure` until a person has decided."""

    DIFFERS = "refund_amount_differs"
    DOUBLED = "refund_doubled"
    MISSING = "refund_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """What a provider tells of a refund under our key: "pending", "succeeded", "failed", or "missing".

    Of a refund that is missing there is neither amount nor reference.
    """

    status: str
    amount: Money | None = None
    reference: str = ""

    @property
    def moves_money(self) -> bool:
        """Whether money has left by it, or may leave yet."""
        return self.status != _FAILED and self.amount is not None and self.amount.minor > 0

    def may_be_accepted(self, refund: Refund) -> bool:
        """As the truth about the refund; never in a currency that its payment is not in."""
        return self.moves_money and self.amount is not None and self.amount.currency == refund.amount.currency

    def may_be_given_up(self) -> bool:
        """Nothing is paid by it: who gives up what is paid would have it paid once more."""
        return not self.moves_money

    def leaves_something(self, refund: Refund) -> bool:
        """Whether anything of the refund is left for a person to pay by other means."""
        if not self.moves_money or self.amount is None or self.amount.currency != refund.amount.currency:
            return True
        return self.amount < refund.amount

    def detail(self) -> Mapping[str, str]:
        """As the journal keeps it; the amount in major units."""
        if self.amount is None:
            return {"told": self.status}
        return {
            "told": self.status,
            "amount": self.amount.decimal(),
            "currency": self.amount.currency,
            "reference": self.reference,
        }


MISSING = Tale(status=_MISSING)


def contradiction(refund: Refund, tale: Tale) -> Contradiction | None:
    """None where the tale is about the refund that we asked for."""
    known = refund.provider_reference
    if tale.amount is None:
        return Contradiction.MISSING if known is not None else None
    if tale.status == _FAILED and refund.state not in _ASKED:
        return None
    if tale.status != _FAILED and tale.amount != refund.amount:
        return Contradiction.DIFFERS
    return Contradiction.DOUBLED if known is not None and known != tale.reference else None


def is_disputed(refund: Refund) -> bool:
    """Whether a person has to decide what became of it."""
    return refund.state in _ASKED and refund.failure in set(Contradiction)


def tales_of(journal: Iterable[Entry]) -> list[Tale]:
    """What the provider has told of a refund against what we knew, oldest first."""
    return [_tale(entry.detail) for entry in journal if entry.trigger == CONTRADICT]


def decisions_in(journal: Iterable[Entry]) -> int:
    """How often people have decided such a refund by now."""
    return sum(entry.trigger in _DECISIONS for entry in journal)


def _tale(detail: Mapping[str, str]) -> Tale:
    if "amount" not in detail:
        return Tale(status=detail["told"])
    amount = Money.parse(detail["amount"], detail["currency"])
    return Tale(status=detail["told"], amount=amount, reference=detail["reference"])
