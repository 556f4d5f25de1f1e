"""Cases: what waits for a person, filed once per cause and promised by a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict, Unpack

from aftersales.domain.case_clocks import clocks_after, start_clock
from aftersales.domain.cases import (
    CASE_MACHINE,
    CUSTOMERS_KINDS,
    LIVE,
    Case,
    CaseKind,
    CaseState,
    CaseTrigger,
    Severity,
)
from aftersales.domain.errors import Conflict
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.machine import advance
from aftersales.domain.promises import Subject
from aftersales.ports import Pressing, UnitOfWork
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By
from aftersales.services.news import language_of
from aftersales.services.numbers import add_numbered
from aftersales.services.promises import Promised, keep_promises, promise_answer, release_promises

_TIMES = ("promise", "resolve")


class NewCase(TypedDict):
    """What a case is about; within what business time from now a person answers (`promise`) and resolves it."""

    conversation_id: str
    customer_id: str | None
    kind: CaseKind
    reason: str
    summary: str
    key: str
    promise: timedelta
    resolve: NotRequired[timedelta | None]
    severity: NotRequired[Severity]
    department: NotRequired[str]
    order_number: NotRequired[str | None]
    return_number: NotRequired[str | None]
    wish: NotRequired[str]
    attachment_ids: NotRequired[tuple[str, ...]]
    facts: NotRequired[Mapping[str, str]]


async def file_case(ctx: Context, *, by: By = WORKER, **new: Unpack[NewCase]) -> Case:
    """Files a case; the same key again gives the same case."""
    async with ctx.unit_of_work() as uow:
        return await add_case(ctx, uow, by=by, **new)


async def add_case(ctx: Context, uow: UnitOfWork, *, by: By = WORKER, **new: Unpack[NewCase]) -> Case:
    """As file_case, inside the caller's transaction."""
    known = await uow.cases.by_key(new["key"])
    if known is not None:
        return known
    now = ctx.clock.now()
    language = await language_of(uow, new["conversation_id"])
    first = start_clock(now, new["promise"], ctx.hours, language)
    resolve = new.get("resolve")
    about: dict[str, Any] = {name: value for name, value in new.items() if name not in _TIMES}
    draft = Case(
        id=new_id(),
        number="",
        created_at=now,
        promised_by=first.due,
        first=first,
        resolution=start_clock(now, resolve, ctx.hours, language) if resolve else None,
        language=language,
        closed_at=None,
        **about,
    )
    try:
        case = await add_numbered(uow.cases, draft, prefix="CS", day=ctx.today())
    except Conflict:
        known = await uow.cases.by_key(new["key"])  # another was faster
        if known is None:
            raise
        return known
    await uow.journal.add(case_entry(case, by=by, trigger="file", before=None, at=now))
    await _promise(ctx, uow, case)
    return case


async def close_case(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Case:
    """Harmless when it is closed already. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        return await _close(ctx, uow, await uow.cases.lock(number), by=By(actor, channel))


async def close_case_of(ctx: Context, uow: UnitOfWork, *, key: str, by: By) -> None:
    """Closes the case of this key, if there is one, inside the caller's transaction."""
    case = await uow.cases.by_key(key)
    if case is not None:
        await _close(ctx, uow, await uow.cases.lock(case.number), by=by)


async def open_cases(ctx: Context, *, limit: int = 100, pressing: Pressing | None = None) -> Sequence[Case]:
    """Those that are due soonest first (domain.case_clocks.due_at); with `pressing` those alone."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.cases.open(limit=limit, pressing=pressing, now=ctx.clock.now())


async def move_case(
    ctx: Context,
    uow: UnitOfWork,
    case: Case,
    trigger: CaseTrigger,
    *,
    by: By,
    detail: Mapping[str, str] | None = None,
    **changes: Any,
) -> Case:
    """The case one step further, its clocks and other fields changed along. The caller holds its lock.

    Raises Conflict when its state has no such step.
    """
    at = ctx.clock.now()
    state = advance(CASE_MACHINE, case.state, trigger)
    closed_at = None if state in LIVE else case.closed_at or at
    timed = clocks_after(case, trigger, state, at=at, hours=ctx.hours)
    moved = replace(timed, state=state, closed_at=closed_at, **changes)
    await uow.cases.save(moved)
    before = case.state.value
    await uow.journal.add(case_entry(moved, by=by, trigger=trigger.value, before=before, at=at, detail=detail))
    await _settle_promises(uow, case, moved, at=at)
    return moved


async def _settle_promises(uow: UnitOfWork, before: Case, moved: Case, *, at: datetime) -> None:
    """A duplicate's promise goes on with the case into which it was merged."""
    is_answered = before.answered_at is None and moved.answered_at is not None
    if not is_answered and (moved.state is not CaseState.CLOSED or moved.merged_into is not None):
        return
    for about in (moved, *await uow.cases.merged_into(moved.number)):
        if is_answered:
            await keep_promises(uow, about.id, at=at)
        else:
            await release_promises(uow, about.id, at=at)


async def _promise(ctx: Context, uow: UnitOfWork, case: Case) -> None:
    """Customers are told when they get an answer; approvals are the shop's own."""
    if case.kind in CUSTOMERS_KINDS:
        about = Promised(
            subject=Subject.CASE,
            id=case.id,
            number=case.number,
            conversation_id=case.conversation_id,
            customer_id=case.customer_id,
        )
        await promise_answer(ctx, uow, about, due_at=case.promised_by)


async def _close(ctx: Context, uow: UnitOfWork, case: Case, *, by: By) -> Case:
    if case.state is CaseState.CLOSED:
        return case
    return await move_case(ctx, uow, case, CaseTrigger.CLOSE, by=by)


def case_entry(
    case: Case, *, by: By, trigger: str, before: str | None, at: datetime, detail: Mapping[str, str] | None = None
) -> Entry:
    """The journal's entry of something that happened to a case."""
    return Entry(
        subject="case",
        subject_id=case.id,
        actor=by.actor,
        channel=by.channel,
        trigger=trigger,
        from_state=before,
        to_state=case.state.value,
        at=at,
        detail={"kind": case.kind.value, "reason": case.reason, **(detail or {})},
    )
