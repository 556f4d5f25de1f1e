"""Watches the clocks of cases: notes once that a time is nearly over, and once that it is."""

from __future__ import annotations

from aftersales.domain.case_clocks import ClockName, Notice, noted, notices
from aftersales.domain.cases import Case
from aftersales.ports import UnitOfWork
from aftersales.services.batches import for_each
from aftersales.services.cases import case_entry
from aftersales.services.context import Context
from aftersales.services.moves import WORKER

_AT_ONCE = 50


async def watch_clocks(ctx: Context) -> int:
    """Notes what is due, each case in a transaction of its own; returns how many were looked at.

    A breach makes the case one step more severe, so that it is looked at first.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        found = await uow.cases.with_clock_due(now=ctx.clock.now(), limit=_AT_ONCE)
    return await for_each(found, lambda case: _watch(ctx, case.number))


async def _watch(ctx: Context, number: str) -> None:
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.lock(number)
        for name, notice in notices(case, at=ctx.clock.now()):
            case = await _note(ctx, uow, case, name, notice)


async def _note(ctx: Context, uow: UnitOfWork, case: Case, name: ClockName, notice: Notice) -> Case:
    now = ctx.clock.now()
    changed = noted(case, name, notice, at=now)
    await uow.cases.save(changed)
    detail = {"clock": name.value, "severity": changed.severity.value}
    await uow.journal.add(
        case_entry(changed, by=WORKER, trigger=notice.value, before=case.state.value, at=now, detail=detail)
    )
    return changed
