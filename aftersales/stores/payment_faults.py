"""Faults that the embedded payment provider can be told to have, to try recovery on the real thing."""

from __future__ import annotations

from collections import deque
from enum import StrEnum


class Fault(StrEnum):
    REFUSE = "refuse"  # says no for good, before anything is written
    UNAVAILABLE = "unavailable"  # does not answer, before anything is written
    LOSE_ANSWER = "lose_answer"  # does what it is asked, and the answer is lost
    FAIL_SETTLEMENT = "fail_settlement"  # takes the refund, which fails when it should settle


class Faults:
    """Faults for the next refund calls, one each, in the order in which they were planned."""

    def __init__(self) -> None:
        self._planned: deque[Fault] = deque()
        self._failing: set[str] = set()

    def plan(self, *faults: Fault) -> None:
        self._planned.extend(faults)

    def take(self, key: str) -> Fault | None:
        """The fault of this call of `refund`, if there is one."""
        fault = self._planned.popleft() if self._planned else None
        if fault is Fault.FAIL_SETTLEMENT:
            self._failing.add(key)
        return fault

    def fails_settlement(self, key: str) -> bool:
        return key in self._failing
