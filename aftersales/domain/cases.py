"""Cases: what waits for a person, with the time by which the customer was promised an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from aftersales.domain.texts import Language


class CaseKind(StrEnum):
    HANDOVER = "handover"
    APPROVAL = "approval"
    COMPLAINT = "complaint"
    NOT_DELIVERED = "not_delivered"
    PAYMENT = "payment"


# What customers follow up; approvals are the shop's own.
CUSTOMERS_KINDS = frozenset(CaseKind) - {CaseKind.APPROVAL}
CLAIMS = frozenset({CaseKind.NOT_DELIVERED, CaseKind.PAYMENT})


class CaseState(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    WAITING_CUSTOMER = "waiting_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"


class CaseTrigger(StrEnum):
    ASSIGN = "assign"
    ANSWER = "answer"
    ASK = "ask"
    HEAR = "hear"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    CLOSE = "close"


_S, _T = CaseState, CaseTrigger

# `hear` is the customer adding something; `answer` and `ask` are a person's words to the customer.
CASE_MACHINE: Mapping[tuple[CaseState, CaseTrigger], CaseState] = {
    (_S.OPEN, _T.ASSIGN): _S.ASSIGNED,
    (_S.OPEN, _T.ANSWER): _S.ASSIGNED,
    (_S.OPEN, _T.ASK): _S.WAITING_CUSTOMER,
    (_S.OPEN, _T.HEAR): _S.OPEN,
    (_S.OPEN, _T.RESOLVE): _S.RESOLVED,
    (_S.OPEN, _T.WITHDRAW): _S.CLOSED,
    (_S.OPEN, _T.CLOSE): _S.CLOSED,
    (_S.ASSIGNED, _T.ASSIGN): _S.ASSIGNED,
    (_S.ASSIGNED, _T.ANSWER): _S.ASSIGNED,
    (_S.ASSIGNED, _T.ASK): _S.WAITING_CUSTOMER,
    (_S.ASSIGNED, _T.HEAR): _S.ASSIGNED,
    (_S.ASSIGNED, _T.RESOLVE): _S.RESOLVED,
    (_S.ASSIGNED, _T.WITHDRAW): _S.CLOSED,
    (_S.ASSIGNED, _T.CLOSE): _S.CLOSED,
    (_S.WAITING_CUSTOMER, _T.ASSIGN): _S.WAITING_CUSTOMER,
    (_S.WAITING_CUSTOMER, _T.ANSWER): _S.WAITING_CUSTOMER,
    (_S.WAITING_CUSTOMER, _T.ASK): _S.WAITING_CUSTOMER,
    (_S.WAITING_CUSTOMER, _T.HEAR): _S.ASSIGNED,
    (_S.WAITING_CUSTOMER, _T.RESOLVE): _S.RESOLVED,
    (_S.WAITING_CUSTOMER, _T.WITHDRAW): _S.CLOSED,
    (_S.WAITING_CUSTOMER, _T.CLOSE): _S.CLOSED,
    (_S.RESOLVED, _T.REOPEN): _S.OPEN,
    (_S.RESOLVED, _T.CLOSE): _S.CLOSED,
}

# In these a person still has something to do.
LIVE = frozenset({CaseState.OPEN, CaseState.ASSIGNED, CaseState.WAITING_CUSTOMER})


class Severity(StrEnum):
    """`high`: the customer is angry; `urgent`: an authority, a lawyer, the press or a chargeback was named.

    A time that was not kept makes it one step higher.
    """

    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Something that is to be done by `due`; from `soon` on it presses. The last two are noted once."""

    due: datetime
    soon: datetime
    warned_at: datetime | None = None
    breached_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`number` is for people; `key` makes filing twice harmless (unique); `summary` is for the agent.

    `reason` says more than the kind: the type of a complaint, what is wrong with a parcel or a payment.
    `customer_id` None: filed by somebody who has not proven who they are. `department` is an id of the policy's
    cases.departments, empty where any person will do. `facts` are what else is known of a claim, by name.
    `decision` is what a person settled a claim with. `closed_at` is set while nobody has anything left to do.

    `promised_by` is what the customer was told; `first` and `resolution` are the shop's own clocks, see
    domain.case_clocks: until `answered_at`, when a person first wrote, and until it is resolved, which rests while
    `paused_since` is set. `language` is that in which it is answered. `merged_into` is the number
    of the case with which a duplicate goes on.
    """

    id: str
    number: str
    key: str
    kind: CaseKind
    conversation_id: str
    customer_id: str | None
    reason: str
    summary: str
    created_at: datetime
    promised_by: datetime
    closed_at: datetime | None
    state: CaseState = CaseState.OPEN
    severity: Severity = Severity.NORMAL
    department: str = ""
    assigned_to: str | None = None
    order_number: str | None = None
    return_number: str | None = None
    wish: str = ""
    decision: str = ""
    attachment_ids: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    language: Language = "zh"
    first: Clock | None = None
    answered_at: datetime | None = None
    resolution: Clock | None = None
    paused_since: datetime | None = None
    merged_into: str | None = None


NoteAuthor = Literal["customer", "agent"]


class NoteKind(StrEnum):
    ADDITION = "addition"
    ANSWER = "answer"
    QUESTION = "question"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNote:
    """Something added to a case; `key` is unique, so that a message or a form counts once."""

    id: str
    case_id: str
    key: str
    author: NoteAuthor
    kind: NoteKind
    text: str
    attachment_ids: tuple[str, ...]
    at: datetime
