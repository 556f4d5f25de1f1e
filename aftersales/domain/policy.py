"""Policy: pure rules from a document to a Decision that explains itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from aftersales.domain.money import Money
from aftersales.domain.texts import Text

Payer = Literal["customer", "merchant"]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule looked at: its id, whether it is met, and the rule in words with its facts filled in."""

    id: str
    passed: bool
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policy says about returning some units of one order line, or of several.

    `amount` is what is paid back (fee already taken off, never more than paid); `fee` what is kept;
    `rule_id` and `rule_text` name the rule that decided; `checks` are all that were looked at, not only the
    first failure. `refund_by` is the last day for the money to be sent once the goods are back, counted from
    today as an estimate; `last_day` is the last day (shop's zone) on which the return may be asked for.
    `needs_human` means allowed only after a person has looked.
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
