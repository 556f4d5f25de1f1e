"""Cases: what waits for a person, filed once per cause and promised by a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict, Unpack

from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.errors import Conflict
from aftersales.domain.ids import dated_number, new_id
from aftersales.domain.journal import Entry
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By

_TRIES = 20  # five random digits a day: a clash is drawn again


class NewCase(TypedDict):
    """What a case is about; `promise` is within what time from now a person answers."""

    conversation_id: str
    customer_id: str | None
    kind: CaseKind
    reason: str
    summary: str
    key: str
    promise: timedelta


async def file_case(ctx: Context, *, by: By = WORKER, **new: Unpack[NewCase]) -> Case:
    """Files a case; the same key again gives the same case."""
    async with ctx.unit_of_work() as uow:
        return await add_case(ctx, uow, by=by, **new)


async def add_case(ctx: Context, uow: UnitOfWork, *, by: By = WORKER, **new: Unpack[NewCase]) -> Case:
    """As file_case, inside the caller's transaction."""
    now = ctx.clock.now()
    for _ in range(_TRIES):
        known = await uow.cases.by_key(new["key"])
        if known is not None:
            return known
        case = Case(
            id=new_id(),
            number=dated_number("CS", ctx.today()),
            key=new["key"],
            kind=new["kind"],
            conversation_id=new["conversation_id"],
            customer_id=new["customer_id"],
            reason=new["reason"],
            summary=new["summary"],
            created_at=now,
            promised_by=now + new["promise"],
            closed_at=None,
        )
        try:
            await uow.cases.add(case)
        except Conflict:
            continue
        await uow.journal.add(_entry(case, by=by, trigger="file", before=None, after="open"))
        return case
    raise Conflict("no free case number")


async def close_case(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Case:
    """Harmless when it is closed already. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.by_number(number)
        return await _close(ctx, uow, case, by=By(actor, channel))


async def close_case_of(ctx: Context, uow: UnitOfWork, *, key: str, by: By) -> None:
    """Closes the case of this key, if there is one, inside the caller's transaction."""
    case = await uow.cases.by_key(key)
    if case is not None:
        await _close(ctx, uow, case, by=by)


async def open_cases(ctx: Context, *, limit: int = 100) -> Sequence[Case]:
    """Those promised soonest first."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.cases.open(limit=limit)


async def _close(ctx: Context, uow: UnitOfWork, case: Case, *, by: By) -> Case:
    if case.closed_at is not None:
        return case
    closed = replace(case, closed_at=ctx.clock.now())
    await uow.cases.save(closed)
    await uow.journal.add(_entry(closed, by=by, trigger="close", before="open", after="closed"))
    return closed


def _entry(case: Case, *, by: By, trigger: str, before: str | None, after: str) -> Entry:
    return Entry(
        subject="case",
        subject_id=case.id,
        actor=by.actor,
        channel=by.channel,
        trigger=trigger,
        from_state=before,
        to_state=after,
        at=case.closed_at or case.created_at,
        detail={"kind": case.kind.value, "reason": case.reason},
    )
