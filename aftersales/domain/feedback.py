"""Feedback: a rating, praise or a suggestion, stored as it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LOWEST, HIGHEST = 1, 5
LOW = 2  # up to this rating a complaint is offered


class FeedbackKind(StrEnum):
    RATING = "rating"
    PRAISE = "praise"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """`rating` from 1 (worst) to 5; None where only words were left. `key` is unique: a message counts once."""

    id: str
    key: str
    conversation_id: str
    customer_id: str | None
    kind: FeedbackKind
    rating: int | None
    comment: str
    order_number: str | None
    created_at: datetime
