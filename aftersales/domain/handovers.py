"""Hand-overs: why a talk goes to a person, who comes next, and how long that takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from aftersales.domain.texts import Language


class HandoverReason(StrEnum):
    """`unsure`: not understood after a question back; `exception`: wants what the policy refuses."""

    REQUESTED = "requested"
    UNSURE = "unsure"
    ANGER = "anger"
    EXCEPTION = "exception"
    LIMIT = "limit"
    COMPLAINT = "complaint"
    BOT_FAILURE = "bot_failure"
    SHOP_FAILURE = "shop_failure"
    AGENT = "agent"


class HandoverState(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    ENDED = "ended"


class HandoverTrigger(StrEnum):
    CLAIM = "claim"
    REQUEUE = "requeue"
    TRANSFER = "transfer"
    TAKE_OVER = "take_over"
    END = "end"


_S, _T = HandoverState, HandoverTrigger

HANDOVER_MACHINE: Mapping[tuple[HandoverState, HandoverTrigger], HandoverState] = {
    (_S.WAITING, _T.CLAIM): _S.CLAIMED,
    (_S.WAITING, _T.TRANSFER): _S.WAITING,
    (_S.WAITING, _T.END): _S.ENDED,
    (_S.CLAIMED, _T.REQUEUE): _S.WAITING,
    (_S.CLAIMED, _T.TRANSFER): _S.WAITING,
    (_S.CLAIMED, _T.TAKE_OVER): _S.CLAIMED,
    (_S.CLAIMED, _T.END): _S.ENDED,
}


class Outcome(StrEnum):
    """How a hand-over ended. `bot`, `later` and `callback` are the customer's choice while waiting.

    `unmanned`: everybody left the desk before it was taken, or the desk elsewhere lost it; a dated case was filed.
    `left`: the customer has signed out.
    """

    HANDED_BACK = "handed_back"
    CLOSED = "closed"
    BOT = "bot"
    LATER = "later"
    CALLBACK = "callback"
    UNMANNED = "unmanned"
    LEFT = "left"


# What counts as so much longer waited. All wait at the same pace: whoever came long enough before is never passed.
_HEAD_STARTS: Mapping[HandoverReason, timedelta] = {
    HandoverReason.ANGER: timedelta(minutes=3),
    HandoverReason.COMPLAINT: timedelta(minutes=3),
    HandoverReason.BOT_FAILURE: timedelta(minutes=2),
    HandoverReason.SHOP_FAILURE: timedelta(minutes=2),
}
_VIP_HEAD_START = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One stay of a conversation with people, from the wish for one until it is given back or closed.

    `about` is what the bot knew: what it understood with which confidence, what is filled in. `topic` is the
    matter at hand ("" for none). `ranked_at` orders the queue, see the function. `department` and `meant_for` (an
    account's id) are whom an agent has passed it on to. `told_at` is when the customer was last told how long it
    takes. One that is claimed without an `agent_id` is with somebody at a desk elsewhere.
    """

    id: str
    conversation_id: str
    reason: HandoverReason
    language: Language
    topic: str
    vip: bool
    about: Mapping[str, Any] = field(default_factory=dict)
    state: HandoverState = HandoverState.WAITING
    requested_at: datetime
    ranked_at: datetime
    told_at: datetime
    department: str = ""
    meant_for: str | None = None
    agent_id: str | None = None
    claimed_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class HandoverWish:
    """That a person shall take over, as the bot says it."""

    reason: HandoverReason
    topic: str = ""
    vip: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)


def ranked_at(requested_at: datetime, reason: HandoverReason, *, vip: bool) -> datetime:
    """From when on a hand-over counts as waiting: its place in the queue."""
    head_start = _HEAD_STARTS.get(reason, timedelta()) + (_VIP_HEAD_START if vip else timedelta())
    return requested_at - head_start


def expected_wait(*, ahead: int, free: int, seats: int, handling: timedelta) -> timedelta:
    """How long somebody with `ahead` others before them waits, in whole minutes, one at least.

    `seats` chats are held side by side, `free` more could be, and each takes `handling`: a seat frees every
    `handling / seats`. Rounded up.
    """
    if ahead < free or seats < 1:
        return timedelta(minutes=1)
    whole = handling * (ahead - free + 1) / seats
    return timedelta(minutes=max(1, -(-whole // timedelta(minutes=1))))
