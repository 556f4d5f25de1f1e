"""Money owed back without goods coming back: a settled claim, a compensation, a price that fell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aftersales.domain.money import Money
from aftersales.domain.refunds import Cause, CauseKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """`number` is for people; `key` makes granting twice harmless (unique). Whether it is paid, its refunds tell.

    `case_number` is the case that it settles. `line_id` and `quantity` are the line whose price fell and its units
    that counted; None and 0 where it is for no line.
    """

    id: str
    number: str
    key: str
    kind: CauseKind
    order_id: str
    order_number: str
    customer_id: str
    conversation_id: str | None
    case_number: str | None
    line_id: str | None
    quantity: int
    amount: Money
    policy_version: str
    created_at: datetime

    @property
    def cause(self) -> Cause:
        return Cause(
            kind=self.kind,
            id=self.id,
            number=self.number,
            order_id=self.order_id,
            order_number=self.order_number,
            customer_id=self.customer_id,
            conversation_id=self.conversation_id,
            policy_version=self.policy_version,
            amount=self.amount,
            since=self.created_at,
        )
