"""Sorting cases at the desk: another department, another severity, two that are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aftersales.domain.case_clocks import sooner, timed_anew
from aftersales.domain.cases import LIVE, Case, CaseKind, CaseState, CaseTrigger, Severity
from aftersales.domain.errors import Conflict, Invalid
from aftersales.domain.promises import PromiseKind
from aftersales.ports import UnitOfWork
from aftersales.services.cases import case_entry, move_case
from aftersales.services.context import Context
from aftersales.services.conversations import check_text
from aftersales.services.moves import By
from aftersales.services.promises import keep_promises

LONGEST_REASON = 500


async def reclassify_case(
    ctx: Context,
    *,
    number: str,
    severity: Severity,
    department: str,
    reason: str,
    actor: str,
    channel: str = "desk",
) -> Case:
    """Gives a live case another severity or department, and the times of those; harmless when it has them.

    What the customer was promised stays: the first answer is never due later than that. Raises NotFound, Invalid
    (department, or reason as check_text), Conflict when it is settled.
    """
    words = check_text(reason)[:LONGEST_REASON]
    rules = ctx.policy.cases
    if department and department not in rules.departments:
        raise Invalid("department")
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.lock(number)
        if case.state not in LIVE:
            raise Conflict(f"case in state {case.state}")
        if (case.severity, case.department) == (severity, department):
            return case
        changed = replace(case, severity=severity, department=department)
        if department:
            chosen = rules.departments[department]
            journal = await uow.journal.of("case", case.id)
            changed = timed_anew(
                changed,
                promise=rules.promise(chosen, severity),
                resolve=rules.resolve(chosen, severity),
                journal=journal,
                at=ctx.clock.now(),
                hours=ctx.hours,
            )
        await uow.cases.save(changed)
        detail = {
            "why": words,
            "severity": f"{case.severity.value} > {severity.value}",
            "department": f"{case.department} > {department}",
        }
        await _note(ctx, uow, changed, "reclassify", detail, by=By(actor, channel))
        return changed


async def merge_cases(ctx: Context, *, number: str, into: str, actor: str, channel: str = "desk") -> Case:
    """Closes a duplicate: its notes are shown with the other case, its customer hears how that one stands.

    The time that was promised for either holds for both. Harmless when that was done. Raises NotFound, and
    Conflict for cases of different customers, the shop's own, the case itself, another that is not live, and a
    duplicate that is closed.
    """
    by = By(actor, channel)
    async with ctx.unit_of_work() as uow:
        if number == into:
            raise Conflict("the same case")
        locked = {name: await uow.cases.lock(name) for name in sorted((number, into))}  # always in one order
        duplicate, target = locked[number], locked[into]
        if duplicate.merged_into == target.number:
            return target
        _check_mergeable(duplicate, target)
        gone = await move_case(
            ctx, uow, duplicate, CaseTrigger.CLOSE, by=by, merged_into=into, detail={"into": into}
        )
        for earlier in await uow.cases.merged_into(number):
            await uow.cases.save(replace(earlier, merged_into=into))
        if target.answered_at is not None:
            await keep_promises(uow, gone.id, PromiseKind.CASE_ANSWER, at=ctx.clock.now())
        changed = sooner(target, duplicate)
        await uow.cases.save(changed)
        await _note(ctx, uow, changed, "take_in", {"from": number}, by=by)
        return changed


async def duplicates_of(ctx: Context, *, number: str) -> Sequence[Case]:
    """The cases that were merged into this one, oldest first."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.cases.merged_into(number)


def _check_mergeable(duplicate: Case, target: Case) -> None:
    same = duplicate.customer_id == target.customer_id
    if duplicate.customer_id is None:
        same = same and duplicate.conversation_id == target.conversation_id
    if not same or CaseKind.APPROVAL in (duplicate.kind, target.kind):
        raise Conflict("cases of different customers")
    if target.state not in LIVE or duplicate.state is CaseState.CLOSED:
        raise Conflict("closed")


async def _note(
    ctx: Context, uow: UnitOfWork, case: Case, trigger: str, detail: dict[str, str], *, by: By
) -> None:
    entry = case_entry(case, by=by, trigger=trigger, before=case.state.value, at=ctx.clock.now(), detail=detail)
    await uow.journal.add(entry)
