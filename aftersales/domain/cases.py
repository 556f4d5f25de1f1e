"""Cases: what waits for a person, with the time by which the customer was promised an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseKind(StrEnum):
    HANDOVER = "handover"
    APPROVAL = "approval"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`number` is for people; `key` makes filing twice harmless (unique); `summary` is for the agent."""

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
