"""Changes of an order before it is sent: units taken out, another address, another variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aftersales.domain.money import Money
from aftersales.domain.orders import Address
from aftersales.domain.refunds import Cause, CauseKind


class ChangeKind(StrEnum):
    """Cancel and quantity both take units out; the first is what a customer calls cancelling."""

    CANCEL = "cancel"
    QUANTITY = "quantity"
    VARIANT = "variant"
    ADDRESS = "address"


class ChangeState(StrEnum):
    REQUESTED = "requested"
    APPLIED = "applied"
    REJECTED = "rejected"
    FAILED = "failed"


class ChangeTrigger(StrEnum):
    APPLY = "apply"
    REJECT = "reject"
    FAIL = "fail"


_S, _T = ChangeState, ChangeTrigger

CHANGE_MACHINE: Mapping[tuple[ChangeState, ChangeTrigger], ChangeState] = {
    (_S.REQUESTED, _T.APPLY): _S.APPLIED,
    (_S.REQUESTED, _T.REJECT): _S.REJECTED,
    (_S.REQUESTED, _T.FAIL): _S.FAILED,
}


@dataclass(frozen=True, slots=True)
class Units:
    """Unsent units by line: (line id, how many)."""

    lines: tuple[tuple[str, int], ...]

    def of(self, line_id: str) -> int:
        return dict(self.lines).get(line_id, 0)


@dataclass(frozen=True, slots=True)
class Version:
    """All `quantity` units of a line as one variant, and what they are worth."""

    line_id: str
    quantity: int
    variant_id: str
    paid: Money


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What a change is about, as it stood and as it shall stand; both of the same kind."""

    before: Units | Version | Address | None
    after: Units | Version | Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`number` is for people; `key` makes a repeated request harmless (unique). `amount` is owed back for it.

    `failure` is the code of why it was rejected or failed.
    """

    id: str
    number: str
    key: str
    kind: ChangeKind
    state: ChangeState
    order_id: str
    order_number: str
    customer_id: str
    conversation_id: str | None
    rewrite: Rewrite
    amount: Money
    policy_version: str
    failure: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def cause(self) -> Cause:
        """The money that is owed back once the change is applied."""
        return Cause(
            kind=CauseKind.CHANGE,
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

    @property
    def taken_out(self) -> tuple[tuple[str, int], ...]:
        """(line id, units) that the change takes out of the order; nothing for other kinds."""
        before, after = self.rewrite.before, self.rewrite.after
        if not (isinstance(before, Units) and isinstance(after, Units)):
            return ()
        less = ((line_id, count - after.of(line_id)) for line_id, count in before.lines)
        return tuple((line_id, count) for line_id, count in less if count > 0)
