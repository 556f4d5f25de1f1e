"""Tells customers of promises that will be late, notes those that are broken, and lists them for the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aftersales.domain.promises import Promise, PromiseKind, Subject, is_whole_day, last_day, moved
from aftersales.ports import Kept, Standing, UnitOfWork
from aftersales.services.batches import for_each
from aftersales.services.context import Context
from aftersales.services.news import About, tell_later
from aftersales.services.promises import promise_entry

_AT_ONCE = 50
_REPORTED = timedelta(days=30)
_LATE = {
    PromiseKind.CASE_ANSWER: "utter_complaints_promise_late",
    PromiseKind.REFUND_BY: "utter_refunds_promise_late",
    PromiseKind.SHIP_BY: "utter_exchanges_promise_late",
}

_SPOKEN_LATE = {
    PromiseKind.CASE_ANSWER: "utter_handoff_promise_late",
    PromiseKind.REFUND_BY: "utter_handoff_promise_late_refund",
    PromiseKind.SHIP_BY: "utter_handoff_promise_late_parcel",
}


async def watch_promises(ctx: Context) -> int:
    """Warns the desk, tells customers, once, of what will be late, and notes what is broken.

    Returns how many were looked at.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        found = await uow.promises.pressing(now=ctx.clock.now(), limit=_AT_ONCE)
    return await for_each(found, lambda promise: _watch(ctx, promise.id))


async def list_promises(ctx: Context, *, standing: Standing, limit: int = 100) -> Sequence[Promise]:
    """Open ones and those due soon: soonest first; broken ones: those that still wait first, then the newest."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.promises.find(standing, now=ctx.clock.now(), limit=limit)


async def count_promises(ctx: Context) -> Kept:
    """How the promises of the last 30 days ended."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.promises.count(since=ctx.clock.now() - _REPORTED)


async def _watch(ctx: Context, promise_id: str) -> None:
    async with ctx.unit_of_work() as uow:
        promise, now = await uow.promises.lock(promise_id), ctx.clock.now()
        if promise.is_open and promise.warned_at is None and promise.warn_from and promise.warn_from <= now:
            promise = replace(promise, warned_at=now)
            await _note(uow, promise, "warn", now)
        if promise.is_open and promise.late_told_at is None and promise.late_from <= now:
            promise = await _tell(ctx, uow, promise, now)
        if promise.is_open and promise.broken_at is None and promise.due_at <= now:
            await _note(uow, replace(promise, broken_at=now), "break", now)


async def _tell(ctx: Context, uow: UnitOfWork, promise: Promise, now: datetime) -> Promise:
    late = replace(promise, late_told_at=now, moved_to=moved(promise, at=now, hours=ctx.hours, zone=ctx.zone))
    await _note(uow, late, "late", now)
    await tell_later(
        ctx,
        uow,
        About(late.conversation_id, late.customer_id, late.number, ""),
        _SPOKEN_LATE[late.kind] if late.subject is Subject.CONVERSATION else _LATE[late.kind],
        key=f"promise-late:{late.id}",
        promised=_words(ctx, late, late.due_at),
        until=_words(ctx, late, late.moved_to or late.due_at),
    )
    return late


async def _note(uow: UnitOfWork, promise: Promise, trigger: str, now: datetime) -> None:
    await uow.promises.save(promise)
    await uow.journal.add(promise_entry(promise, trigger=trigger, before="open", at=now))


def _words(ctx: Context, promise: Promise, moment: datetime) -> str:
    """A time in the shop's zone, or the day as which it was promised."""
    is_answer = promise.kind is PromiseKind.CASE_ANSWER
    if not is_whole_day(moment, ctx.zone) if promise.is_spoken else is_answer:
        return f"{moment.astimezone(ctx.zone):%Y-%m-%d %H:%M}"
    return f"{last_day(moment, ctx.zone):%Y-%m-%d}"
