"""Promises to customers: written in the transaction that tells them, settled in the one that keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.promises import (
    BOT,
    Promise,
    PromiseKind,
    Subject,
    Times,
    times_by_day,
    times_by_hours,
)
from aftersales.domain.refunds import SETTLED, Refund, RefundState
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.news import language_of

_PAID = frozenset({RefundState.SUCCEEDED, RefundState.EXTERNAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What a promise is about: see Promise. Without a conversation nothing was told, so nothing is promised."""

    subject: Subject
    id: str
    number: str
    conversation_id: str | None
    customer_id: str | None


async def promise_answer(ctx: Context, uow: UnitOfWork, about: Promised, *, due_at: datetime) -> None:
    """An answer of a person by then; `due_at` was reckoned in business time."""
    language = await language_of(uow, about.conversation_id)
    times = times_by_hours(ctx.clock.now(), due_at, ctx.hours, language)
    await _promise(ctx, uow, PromiseKind.CASE_ANSWER, about, times)


async def promise_refund(ctx: Context, uow: UnitOfWork, about: Promised, *, days: int, amount: Money) -> None:
    """The money is sent within so many days (shop's zone); nothing where nothing is owed."""
    if amount:
        times = times_by_day(ctx.clock.now(), ctx.today() + timedelta(days=days), ctx.zone)
        await _promise(ctx, uow, PromiseKind.REFUND_BY, about, times, amount=amount)


async def promise_parcel(ctx: Context, uow: UnitOfWork, about: Promised, *, days: int) -> None:
    """The goods are sent within so many days (shop's zone)."""
    times = times_by_day(ctx.clock.now(), ctx.today() + timedelta(days=days), ctx.zone)
    await _promise(ctx, uow, PromiseKind.SHIP_BY, about, times)


async def keep_promises(uow: UnitOfWork, subject_id: str, *kinds: PromiseKind, at: datetime) -> None:
    """What was promised about the subject has happened. Without `kinds`: all of it."""
    for promise in await uow.promises.open_of(subject_id):
        if not kinds or promise.kind in kinds:
            await _settle(uow, replace(promise, kept_at=at), "keep", at=at)


async def release_promises(uow: UnitOfWork, subject_id: str, *, at: datetime) -> None:
    """Nothing is owed any more: it was withdrawn, rejected or closed."""
    for promise in await uow.promises.open_of(subject_id):
        await _settle(uow, replace(promise, released_at=at), "release", at=at)


async def keep_when_paid(uow: UnitOfWork, cause_id: str, *, at: datetime) -> None:
    """Keeps the promise of a refund once all of its amount is paid, or decided against by a person."""
    for promise in await uow.promises.open_of(cause_id):
        if promise.kind is PromiseKind.REFUND_BY and promise.amount is not None:
            refunds = await uow.refunds.of_cause(cause_id)
            paid = sum(refund.amount.minor for refund in refunds if refund.state in SETTLED)
            if paid >= promise.amount.minor:
                await _settle(uow, replace(promise, kept_at=at), "keep", at=at)


async def keep_when_said(uow: UnitOfWork, refund: Refund, *, at: datetime) -> None:
    """Keeps what agents promised the refund's customer in words, and not about a return, once so much is paid."""
    if refund.customer_id is None or refund.state not in _PAID:
        return
    for promise in await uow.promises.spoken_to(refund.customer_id):
        is_refund = promise.kind is PromiseKind.REFUND_BY and promise.subject is Subject.CONVERSATION
        if is_refund and (promise.amount is None or promise.amount == refund.amount):
            await _settle(uow, replace(promise, kept_at=at), "keep", at=at)
            return


async def _promise(
    ctx: Context,
    uow: UnitOfWork,
    kind: PromiseKind,
    about: Promised,
    times: Times,
    *,
    amount: Money | None = None,
) -> None:
    if not about.conversation_id:
        return
    now = ctx.clock.now()
    promise = Promise(
        id=new_id(),
        key=f"{kind.value}:{about.id}",
        kind=kind,
        subject=about.subject,
        subject_id=about.id,
        number=about.number,
        conversation_id=about.conversation_id,
        customer_id=about.customer_id,
        language=await language_of(uow, about.conversation_id),
        told_by=BOT,
        told_at=now,
        late_from=times.late_from,
        due_at=times.due_at,
        amount=amount,
    )
    if await uow.promises.add(promise):
        await uow.journal.add(promise_entry(promise, trigger="promise", before=None, at=now))


async def _settle(uow: UnitOfWork, promise: Promise, trigger: str, *, at: datetime) -> None:
    await uow.promises.save(promise)
    await uow.journal.add(promise_entry(promise, trigger=trigger, before="open", at=at))


def promise_entry(
    promise: Promise,
    *,
    trigger: str,
    before: str | None,
    at: datetime,
    actor: str = "system",
    channel: str = "promises",
    detail: Mapping[str, str] | None = None,
) -> Entry:
    """The journal's entry of something that happened to a promise."""
    state = "open" if promise.is_open else "kept" if promise.kept_at else "released"
    return Entry(
        subject="promise",
        subject_id=promise.id,
        actor=actor,
        channel=channel,
        trigger=trigger,
        from_state=before,
        to_state=state,
        at=at,
        detail={
            "kind": promise.kind.value,
            "number": promise.number,
            "due": promise.due_at.isoformat(),
            **(detail or {}),
        },
    )
