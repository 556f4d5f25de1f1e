"""Seats at the desk: who is there, what they can take, and how much of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aftersales.domain.handovers import Handover
from aftersales.domain.texts import Language

GRACE = timedelta(seconds=60)  # unseen for longer, an agent's chats go back to the queue
MOST_CHATS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """`open`: takes new chats. `capacity` chats at once, 1 to 20. `topics` and `departments` empty: all of them.

    `seen_at` is when the agent's desk was last heard of.
    """

    account_id: str
    open: bool
    capacity: int
    languages: frozenset[Language]
    topics: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    vip: bool = False
    seen_at: datetime

    def is_there(self, now: datetime) -> bool:
        return now - self.seen_at <= GRACE

    def takes_new(self, now: datetime) -> bool:
        return self.open and self.is_there(now)

    def can_take(self, handover: Handover) -> bool:
        """Whether it is for this seat by whom it was passed on to, by language and by matter."""
        if handover.meant_for is not None:
            return handover.meant_for == self.account_id
        return self.speaks(handover.language, topic=handover.topic) and (
            not self.departments or not handover.department or handover.department in self.departments
        )

    def speaks(self, language: Language, *, topic: str) -> bool:
        return language in self.languages and (not self.topics or not topic or topic in self.topics)


def next_seat(
    handover: Handover, seats: Iterable[Seat], *, loads: Mapping[str, int], now: datetime
) -> Seat | None:
    """The seat that a chat goes to by itself: one for important customers first where it is theirs, then the
    emptiest by share of its capacity, then the first by id; None when no seat that can take it is free.
    """
    free = [
        seat
        for seat in seats
        if seat.takes_new(now) and loads.get(seat.account_id, 0) < seat.capacity and seat.can_take(handover)
    ]

    def rank(seat: Seat) -> tuple[bool, float, str]:
        return (handover.vip and not seat.vip, loads.get(seat.account_id, 0) / seat.capacity, seat.account_id)

    return min(free, key=rank, default=None)
