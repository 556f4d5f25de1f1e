"""How a case stands with its clocks, for the desk's pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aftersales.domain.case_clocks import due_at, running
from aftersales.domain.cases import Case


@dataclass(frozen=True, slots=True)
class Standing:
    """`due`: by when a person has to do something next (None: by no time); `doing`: what, answer or resolve."""

    due: datetime | None
    doing: str
    is_overdue: bool
    is_soon: bool


def standing_of(case: Case, now: datetime) -> Standing:
    due, clocks = due_at(case), running(case)
    is_overdue = due is not None and due < now
    is_soon = not is_overdue and bool(clocks) and clocks[0][1].soon <= now
    return Standing(due, "answer" if case.answered_at is None else "resolve", is_overdue, is_soon)
