"""Policy: what the rules say about a return, an exchange or a refund, as a Decision that explains itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from aftersales.domain.money import Money
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy
from aftersales.domain.texts import Text

Payer = Literal["customer", "merchant"]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule looked at: its id, whether it is met, and the rule in words with its facts filled in.

    `required` is False where the outcome does not hang on this rule: another window that is open, the
    automatic limit (its failure asks for a person), outbound postage.
    """

    id: str
    passed: bool
    text: Text
    required: bool = True


@dataclass(frozen=True, slots=True)
class Term:
    """A rule that holds for the return once it is allowed: condition of the goods, postage, fee, photo, refund."""

    id: str
    text: Text


@dataclass(frozen=True, slots=True)
class Alternative:
    """What would be allowed instead of what was refused: the rule that says so, in words with its facts.

    `remedy` is another one for the same reason, `reason` another one for which it would be allowed, `last_day`
    until when; None where it hangs on something else.
    """

    id: str
    text: Text
    remedy: Remedy | None = None
    reason: Reason | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policy says about a remedy for some units of one order line, or of several.

    `amount` is what is paid back (fee already taken off, never more than paid); `fee` what is kept; both are
    zero when refused. `to_pay` is what the customer pays for dearer goods in exchange; None for nothing.
    `rule_id` and `rule_text` name the rule that decided; `checks` are all that were looked at, not only the
    first failure. `refund_by` is the last day for the money to be sent once the goods are
    back, counted from today as an estimate; `last_day` is the last day (shop's zone) on which the return may
    be asked for, None where no window is open to these goods or they are not delivered.
    `needs_human` means allowed only after a person has looked. `terms` are empty when refused, `alternatives` when
    allowed.
    """

    allowed: bool
    needs_human: bool
    rule_id: str
    rule_text: Text
    checks: tuple[Check, ...]
    amount: Money
    fee: Money
    who_pays_shipping: Payer
    photo_required: bool
    refund_by: date | None
    last_day: date | None
    version: str
    terms: tuple[Term, ...] = ()
    remedy: Remedy = Remedy.RETURN
    to_pay: Money | None = None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks for which it is refused; empty when it is allowed."""
        return tuple(check for check in self.checks if check.required and not check.passed)

    @property
    def instead(self) -> tuple[Text, ...]:
        """The alternatives in words."""
        return tuple(alternative.text for alternative in self.alternatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """`quantity` units of one line with what the policy says about them alone."""

    line_id: str
    quantity: int
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What the policy says about several lines put right together.

    When allowed, `decision.amount` is the sum of the lines' amounts plus the outbound postage, if that is paid
    back too.
    """

    decision: Decision
    lines: tuple[QuotedLine, ...]
