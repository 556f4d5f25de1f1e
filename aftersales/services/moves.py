"""A step of a return, change or refund: along its machine, saved and journalled in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aftersales.domain.changes import CHANGE_MACHINE, Change, ChangeTrigger
from aftersales.domain.journal import Entry
from aftersales.domain.machine import advance
from aftersales.domain.promises import PromiseKind
from aftersales.domain.refund_disputes import CONTRADICT, Tale
from aftersales.domain.refunds import REFUND_MACHINE, SETTLED, Refund, RefundTrigger
from aftersales.domain.returns import RETURN_MACHINE, Return, ReturnState, ReturnTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.promises import keep_promises, keep_when_paid, keep_when_said, release_promises


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, as the journal names actors ("customer:<id>", "agent:<id>", "system"), through what."""

    actor: str
    channel: str


WORKER = By("system", "worker")


async def open_return(uow: UnitOfWork, item: Return, *, by: By, detail: Mapping[str, Any] | None = None) -> None:
    """Journals the birth of a return that the caller has just added."""
    await uow.journal.add(_return_entry(item, by=by, trigger="request", before=None, detail=detail or {}))


async def move_return(
    uow: UnitOfWork,
    item: Return,
    trigger: ReturnTrigger,
    *,
    by: By,
    at: datetime,
    shop_reference: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Return:
    """The return one step further. The caller holds its lock. Raises Conflict when its state has no such step."""
    moved = replace(
        item,
        state=advance(RETURN_MACHINE, item.state, trigger),
        shop_reference=shop_reference or item.shop_reference,
        updated_at=at,
    )
    await uow.returns.save(moved)
    await uow.journal.add(
        _return_entry(moved, by=by, trigger=trigger.value, before=item.state.value, detail=detail or {})
    )
    await _settle_promises(uow, moved, trigger, at=at)
    return moved


async def _settle_promises(uow: UnitOfWork, item: Return, trigger: ReturnTrigger, *, at: datetime) -> None:
    if trigger is ReturnTrigger.REPLACE:
        await keep_promises(uow, item.id, PromiseKind.SHIP_BY, at=at)
    elif item.state is ReturnState.CLOSED:
        await keep_promises(uow, item.id, at=at)
    elif item.state in {ReturnState.CANCELLED, ReturnState.REJECTED}:
        await release_promises(uow, item.id, at=at)


async def open_change(uow: UnitOfWork, change: Change, *, by: By) -> None:
    """Journals the birth of a change that the caller has just added."""
    await uow.journal.add(_change_entry(change, by=by, trigger="request", before=None))


async def move_change(
    uow: UnitOfWork, change: Change, trigger: ChangeTrigger, *, by: By, at: datetime, failure: str | None = None
) -> Change:
    """The change one step further. The caller holds its lock. Raises Conflict when its state has no such step."""
    state = advance(CHANGE_MACHINE, change.state, trigger)
    moved = replace(change, state=state, failure=failure, updated_at=at)
    await uow.changes.save(moved)
    await uow.journal.add(_change_entry(moved, by=by, trigger=trigger.value, before=change.state.value))
    return moved


async def open_refund(uow: UnitOfWork, refund: Refund, *, by: By) -> None:
    """Journals the birth of a refund that the caller has just added."""
    await uow.journal.add(_refund_entry(refund, by=by, trigger="create", before=None, at=refund.created_at))


async def move_refund(
    uow: UnitOfWork,
    refund: Refund,
    trigger: RefundTrigger,
    *,
    by: By,
    at: datetime,
    next_attempt_at: datetime | None = None,
    detail: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Refund:
    """The refund one step further, with other fields changed along. The caller holds its lock.

    `next_attempt_at` is written as given: None means at once, or never in a state that is final.
    Raises Conflict when its state has no such step.
    """
    state = advance(REFUND_MACHINE, refund.state, trigger)
    moved = replace(refund, state=state, next_attempt_at=next_attempt_at, updated_at=at, **changes)
    await uow.refunds.save(moved)
    before = refund.state.value
    await uow.journal.add(_refund_entry(moved, by=by, trigger=trigger.value, before=before, at=at, detail=detail))
    if state in SETTLED:
        await keep_when_paid(uow, moved.cause_id, at=at)
        await keep_when_said(uow, moved, at=at)
    return moved


async def note_consent(uow: UnitOfWork, refund: Refund, *, by: By, at: datetime) -> None:
    """Journals that one of the people who have to agree has done so: the refund stays as it is."""
    state = refund.state.value
    await uow.journal.add(_refund_entry(refund, by=by, trigger="consent", before=state, at=at))


async def note_tale(uow: UnitOfWork, refund: Refund, tale: Tale, *, by: By, at: datetime) -> None:
    """Journals that the provider tells something else than we know: the refund stays as it is."""
    state, detail = refund.state.value, tale.detail()
    entry = _refund_entry(refund, by=by, trigger=CONTRADICT, before=state, at=at, detail=detail)
    await uow.journal.add(entry)


def _return_entry(item: Return, *, by: By, trigger: str, before: str | None, detail: Mapping[str, Any]) -> Entry:
    return Entry(
        subject="return",
        subject_id=item.id,
        actor=by.actor,
        channel=by.channel,
        trigger=trigger,
        from_state=before,
        to_state=item.state.value,
        at=item.updated_at,
        policy_version=item.policy_version,
        detail=dict(detail),
    )


def _change_entry(change: Change, *, by: By, trigger: str, before: str | None) -> Entry:
    """What it is about stands in the row: an address is nobody else's business."""
    return Entry(
        subject="change",
        subject_id=change.id,
        actor=by.actor,
        channel=by.channel,
        trigger=trigger,
        from_state=before,
        to_state=change.state.value,
        at=change.updated_at,
        policy_version=change.policy_version,
        detail={"failure": change.failure} if change.failure else {},
    )


def _refund_entry(
    refund: Refund,
    *,
    by: By,
    trigger: str,
    before: str | None,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    return Entry(
        subject="refund",
        subject_id=refund.id,
        actor=by.actor,
        channel=by.channel,
        trigger=trigger,
        from_state=before,
        to_state=refund.state.value,
        at=at,
        policy_version=refund.policy_version,
        detail=dict(detail or {}),
    )
