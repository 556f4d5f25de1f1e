"""Refunds: one row per attempt to move money, written before any call; its id is the idempotency key outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aftersales.domain.money import Money


class RefundState(StrEnum):
    CREATED = "created"
    AWAITING_APPROVAL = "awaiting_approval"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXTERNAL = "external"
    UNKNOWN = "unknown"
    FORFEITED = "forfeited"
    REJECTED = "rejected"


class RefundTrigger(StrEnum):
    HOLD = "hold"
    APPROVE = "approve"
    SUBMIT = "submit"
    SETTLE = "settle"
    FAIL = "fail"
    LOSE_ANSWER = "lose_answer"
    FIND_PENDING = "find_pending"
    FIND_NOTHING = "find_nothing"
    CANCEL = "cancel"
    FORFEIT = "forfeit"
    RECORD = "record"
    REJECT = "reject"
    ACCEPT = "accept"
    GIVE_UP = "give_up"


_S, _T = RefundState, RefundTrigger

REFUND_MACHINE: Mapping[tuple[RefundState, RefundTrigger], RefundState] = {
    (_S.CREATED, _T.HOLD): _S.AWAITING_APPROVAL,
    (_S.CREATED, _T.SUBMIT): _S.SUBMITTED,
    (_S.CREATED, _T.CANCEL): _S.CANCELLED,
    (_S.CREATED, _T.FORFEIT): _S.FORFEITED,
    (_S.AWAITING_APPROVAL, _T.APPROVE): _S.CREATED,
    (_S.AWAITING_APPROVAL, _T.CANCEL): _S.CANCELLED,
    (_S.AWAITING_APPROVAL, _T.RECORD): _S.SUCCEEDED,
    (_S.AWAITING_APPROVAL, _T.REJECT): _S.REJECTED,
    (_S.SUBMITTED, _T.SETTLE): _S.SUCCEEDED,
    (_S.SUBMITTED, _T.FAIL): _S.FAILED,
    (_S.SUBMITTED, _T.LOSE_ANSWER): _S.UNKNOWN,
    (_S.SUBMITTED, _T.RECORD): _S.SUCCEEDED,
    (_S.SUBMITTED, _T.ACCEPT): _S.SUBMITTED,
    (_S.SUBMITTED, _T.GIVE_UP): _S.FAILED,
    (_S.UNKNOWN, _T.FIND_PENDING): _S.SUBMITTED,
    (_S.UNKNOWN, _T.FIND_NOTHING): _S.CREATED,
    (_S.UNKNOWN, _T.SETTLE): _S.SUCCEEDED,
    (_S.UNKNOWN, _T.FAIL): _S.FAILED,
    (_S.UNKNOWN, _T.RECORD): _S.SUCCEEDED,
    (_S.UNKNOWN, _T.ACCEPT): _S.SUBMITTED,
    (_S.UNKNOWN, _T.GIVE_UP): _S.FAILED,
    (_S.FAILED, _T.RECORD): _S.SUCCEEDED,
}

# In these states the amount counts against what may still be refunded of the payment.
RESERVING = frozenset(_S) - {_S.FAILED, _S.CANCELLED, _S.REJECTED}
# In these nothing more will come of it, and its cause is covered: paid, (a coupon) kept as the policy says, or
# decided against by a person.
SETTLED = frozenset({_S.SUCCEEDED, _S.EXTERNAL, _S.FORFEITED, _S.REJECTED})
# In these nothing more is owed for the amount: settled, or under way.
COVERING = RESERVING | SETTLED


class CauseKind(StrEnum):
    """`SHOP` is money that the shop paid back by itself, for none of the others."""

    RETURN = "return"
    CHANGE = "change"
    CLAIM = "claim"
    COMPENSATION = "compensation"
    PRICE_PROTECTION = "price_protection"
    SHOP = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What money is owed back for, and how much of it in all.

    `id` is that of the return, change or adjustment, unique over all kinds; `number` is its number for people.
    News of its refunds is told in `conversation_id`, where there is one. What the shop pays back by itself after
    `since` may be meant for it.
    """

    kind: CauseKind
    id: str
    number: str
    order_id: str
    order_number: str
    customer_id: str
    conversation_id: str | None
    policy_version: str
    amount: Money
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """One attempt to pay `amount` back out of one payment, for one cause. `key` is unique.

    `by_hand`: a person paid it by other means, so the shop's books of the payment may not know of it.
    """

    id: str
    key: str
    state: RefundState
    cause_kind: CauseKind
    cause_id: str
    cause_number: str
    conversation_id: str | None
    policy_version: str | None
    order_id: str
    order_number: str
    customer_id: str
    payment_id: str
    amount: Money
    reason: str
    provider_reference: str | None
    failure: str | None
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    updated_at: datetime
    by_hand: bool = False


# No pause and no lease is longer: a next attempt further ahead was written by a clock that ran ahead since.
LONGEST_WAIT = timedelta(hours=1)


def is_waiting(refund: Refund, now: datetime) -> bool:
    """Whether its next attempt is still to come, by a clock that may have been put back."""
    again = refund.next_attempt_at
    return again is not None and now < again <= now + LONGEST_WAIT


_UNDER_WAY = RESERVING - SETTLED


def may_be_paid(refund: Refund) -> bool:
    """Whether the shop's books of the payment may hold it: paid, or called and neither failed nor taken back."""
    if refund.state in {RefundState.SUCCEEDED, RefundState.EXTERNAL}:
        return True
    return refund.state in _UNDER_WAY and refund.attempts > 0


def less_rejected(amount: Money, refunds: Iterable[Refund]) -> Money:
    """An amount that is owed, without what a person decided not to pay of it."""
    rejected = sum(refund.amount.minor for refund in refunds if refund.state is RefundState.REJECTED)
    return Money(max(0, amount.minor - rejected), amount.currency)


def uncovered(amount: Money, refunds: Iterable[Refund]) -> Money:
    """What of an amount that is owed these refunds leave; below zero where they cover more."""
    covered = sum(refund.amount.minor for refund in refunds if refund.state in COVERING)
    return Money(amount.minor - covered, amount.currency)


def is_under_way(refunds: Iterable[Refund]) -> bool:
    """Whether one of them may still be paid."""
    return any(refund.state in _UNDER_WAY for refund in refunds)
