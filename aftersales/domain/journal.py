"""The journal: what changed, by whom, why; written in the same transaction as the change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`subject` is return, change, refund, adjustment, conversation, case, promise, account, sighting,
    preferences, mail_address, canned_answer, api_key, seat or webhook.

    `actor` is customer:<id>, agent:<id> or system.
    """

    subject: str
    subject_id: str
    actor: str
    channel: str
    trigger: str
    from_state: str | None
    to_state: str
    at: datetime
    policy_version: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
