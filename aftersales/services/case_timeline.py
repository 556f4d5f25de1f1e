"""How a case stands, for whoever holds its link: nothing of what was written, and nothing of the shop's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aftersales.domain.cases import CUSTOMERS_KINDS, LIVE, Case, CaseState, CaseTrigger
from aftersales.domain.errors import NotFound
from aftersales.domain.journal import Entry
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

_FILED = "file"
_TOLD = frozenset(trigger.value for trigger in CaseTrigger) | {_FILED}


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """`what` is "file" or a CaseTrigger."""

    what: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`number` is that by which the customer knows the case, `case` the one that answers for it.

    `answer_by` is by when a person answers, while nobody has: `is_late` when it is not the time that was told at
    first, or was missed, `is_overdue` when it is over as well.
    """

    number: str
    case: Case
    steps: tuple[TimelineStep, ...]
    answer_by: datetime | None
    is_late: bool
    is_overdue: bool


async def read_timeline(ctx: Context, *, number: str) -> Timeline:
    """Of a case that customers follow; a duplicate tells of the one with which it goes on. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        asked = await uow.cases.by_number(number)
        case = await uow.cases.by_number(asked.merged_into) if asked.merged_into else asked
        if asked.kind not in CUSTOMERS_KINDS:
            raise NotFound("case")
        own = [entry for entry in await uow.journal.of("case", asked.id) if entry.trigger == _FILED]
        steps = await uow.journal.of("case", case.id)
        answer_by, is_late = await _answer_by(uow, case)
    entries = steps if case is asked else [*own, *(entry for entry in steps if entry.trigger != _FILED)]
    is_overdue = answer_by is not None and answer_by < ctx.clock.now()
    return Timeline(
        number=number,
        case=case,
        steps=_told(entries),
        answer_by=answer_by,
        is_late=is_late or is_overdue,
        is_overdue=is_overdue,
    )


async def _answer_by(uow: UnitOfWork, case: Case) -> tuple[datetime | None, bool]:
    if case.state not in LIVE or case.state is CaseState.WAITING_CUSTOMER or case.answered_at is not None:
        return None, False
    moved = [promise.moved_to for promise in await uow.promises.of(case.id) if promise.moved_to]
    return max([case.promised_by, *moved]), bool(moved)


def _told(entries: Sequence[Entry]) -> tuple[TimelineStep, ...]:
    """Oldest first; what repeats the step before it, such as one colleague after the other, is told once."""
    steps: list[TimelineStep] = []
    for entry in sorted(entries, key=lambda entry: entry.at):
        repeated = steps and steps[-1].what == entry.trigger == CaseTrigger.ASSIGN
        if entry.trigger in _TOLD and not repeated:
            steps.append(TimelineStep(entry.trigger, entry.at))
    return tuple(steps)
