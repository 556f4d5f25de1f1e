"""Carrying refunds to the payment provider, and finding out what became of them.

The row says "submitted" before the provider is called, so a crash at any point leaves one of three things:
created (nothing was called), submitted (something may have been: asked for under our key before anything else),
or the outcome itself. The key is the refund's id and never changes, whatever is tried again.

Not every provider keeps a key: two calls for one refund can be two refunds there. So a refund is called again only
when its last call is known to be over, by the provider's own word or by a second look one lease after the first: a
clock that jumps, a process that was stopped in between, or a provider that carries out later what was cut off,
cannot put a second call beside the first.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from aftersales.domain.errors import NotFound, OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.orders import Payment
from aftersales.domain.refunds import Refund, RefundState, RefundTrigger, is_waiting
from aftersales.ports import ProviderRefund
from aftersales.services.batches import for_each
from aftersales.services.context import Context
from aftersales.services.external_refunds import ELSEWHERE, collides, note_external
from aftersales.services.moves import WORKER, move_refund
from aftersales.services.refund_cases import BY_HAND
from aftersales.services.refund_outcomes import fail, hold_unpayable, miss, take_in
from aftersales.services.refund_sources import payment_of

MAX_ATTEMPTS = 20
_CALL = timedelta(seconds=20)
_LEASE = timedelta(seconds=60)  # longer than a call: nobody looks while it may still be under way
_AT_ONCE = 8  # so that a slow answer holds up no other refund
_LONGEST_PAUSE = timedelta(minutes=15)
_ASKING = (RefundState.SUBMITTED, RefundState.UNKNOWN)
_NOT_FOUND = "not_found"  # the failure of a refund that was looked for once, in vain


def pause_after(attempts: int) -> timedelta:
    """2 s after the first attempt, twice as long after each, 15 minutes at most: 20 attempts take 3 hours."""
    return min(timedelta(seconds=2 ** min(attempts, 20)), _LONGEST_PAUSE)


async def submit_due(ctx: Context) -> int:
    """Submits created refunds whose time has come; returns how many were looked at."""
    async with ctx.unit_of_work(read_only=True) as uow:
        due = await uow.refunds.due([RefundState.CREATED], now=ctx.clock.now())
    return await for_each(due, lambda refund: submit(ctx, refund), at_once=_AT_ONCE)


async def reconcile_due(ctx: Context) -> int:
    """Asks the provider about submitted and unknown refunds whose time has come; returns how many."""
    async with ctx.unit_of_work(read_only=True) as uow:
        due = await uow.refunds.due(_ASKING, now=ctx.clock.now())
    return await for_each(due, lambda refund: reconcile(ctx, refund.id), at_once=_AT_ONCE)


async def submit(ctx: Context, refund: Refund) -> None:
    """One attempt: looked up, marked as submitted, called, taken in; each can be the last before a crash."""
    try:
        order = await ctx.shop.get_order(refund.order_id)
        payment = payment_of(order, refund)
    except Unavailable:
        return await _postpone(ctx, refund.id)
    except NotFound:
        return await hold_unpayable(ctx, refund.id, reason="refund_payment_unknown")
    await note_external(ctx, order)
    if payment.refundable < refund.amount:
        return await hold_unpayable(ctx, refund.id, reason="refund_short")
    if not payment.supports_auto_refund:
        return await hold_unpayable(ctx, refund.id, reason=BY_HAND)
    if await collides(ctx, refund, order):
        return await hold_unpayable(ctx, refund.id, reason=ELSEWHERE)
    deadline = asyncio.get_running_loop().time() + _CALL.total_seconds()
    marked = await mark_submitted(ctx, refund.id)
    if marked is None:
        return None
    try:
        told = await call(ctx, marked, payment, deadline=deadline)
    except Unavailable:
        return await _ask_later(ctx, marked.id, failure="unavailable")
    except OutcomeUnknown:
        return await lose_answer(ctx, marked.id)
    except ProviderRejected as error:
        return await fail(ctx, marked.id, failure=error.detail)
    return await take_in(ctx, marked.id, told)


async def mark_submitted(ctx: Context, refund_id: str) -> Refund | None:
    """Counts the attempt and takes the refund for this worker; None when it is no longer due."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        now = ctx.clock.now()
        if refund.state is not RefundState.CREATED or is_waiting(refund, now):
            return None
        attempts = refund.attempts + 1
        return await move_refund(
            uow,
            refund,
            RefundTrigger.SUBMIT,
            by=WORKER,
            at=now,
            next_attempt_at=now + _LEASE,
            attempts=attempts,
            failure=None,  # of the last attempt: this one has none yet
            detail={"attempt": attempts},
        )


async def call(ctx: Context, refund: Refund, payment: Payment, *, deadline: float) -> ProviderRefund:
    """Calls the provider; no answer by the deadline (the loop's own time) is OutcomeUnknown.

    It was set before the refund was marked: a process that slept since then does not call any more.
    """
    if asyncio.get_running_loop().time() >= deadline:
        raise OutcomeUnknown("too late to call")
    try:
        async with asyncio.timeout_at(deadline):
            return await ctx.payments.refund(payment, amount=refund.amount, key=refund.id, reason=refund.reason)
    except TimeoutError:
        raise OutcomeUnknown("no answer in time") from None


async def lose_answer(ctx: Context, refund_id: str) -> None:
    """The provider may have acted: to be found out, never called again blindly."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state is RefundState.SUBMITTED:
            now = ctx.clock.now()
            again = now + pause_after(refund.attempts)
            await move_refund(uow, refund, RefundTrigger.LOSE_ANSWER, by=WORKER, at=now, next_attempt_at=again)


async def reconcile(ctx: Context, refund_id: str) -> None:
    """Looks one refund up under its key and takes in what is found. Waits when the provider cannot be asked."""
    refund = await _take(ctx, refund_id)
    if refund is None:
        return
    try:
        async with asyncio.timeout(_CALL.total_seconds()):
            found = await ctx.payments.find_refund(refund.id)
    except (Unavailable, TimeoutError):
        return
    if found is not None:
        await take_in(ctx, refund.id, found)
    elif refund.provider_reference is not None:
        await miss(ctx, refund.id)
    elif refund.attempts >= MAX_ATTEMPTS:
        await fail(ctx, refund.id, failure=refund.failure or "no_answer")
    else:
        await _try_again(ctx, refund.id)


async def _take(ctx: Context, refund_id: str) -> Refund | None:
    """Keeps other workers from looking at the same time; None when one was first."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        now = ctx.clock.now()
        if refund.state not in _ASKING or is_waiting(refund, now):
            return None
        taken = replace(refund, next_attempt_at=now + _LEASE)
        await uow.refunds.save(taken)
        return taken


async def _postpone(ctx: Context, refund_id: str) -> None:
    """Nothing was called; the refund stays created for a while."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state is RefundState.CREATED:
            now = ctx.clock.now()
            later = now + pause_after(refund.attempts + 1)
            await uow.refunds.save(replace(refund, next_attempt_at=later, updated_at=now))


async def _ask_later(ctx: Context, refund_id: str, *, failure: str) -> None:
    """Nothing happened, says the provider: after a pause it is asked, and only then called again."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state is RefundState.SUBMITTED:
            now = ctx.clock.now()
            later = now + pause_after(refund.attempts)
            await uow.refunds.save(replace(refund, next_attempt_at=later, failure=failure, updated_at=now))


async def _try_again(ctx: Context, refund_id: str) -> None:
    """The provider has nothing under our key: created again, with the same key, once the call is surely over.

    It is when the provider itself said that nothing happened, or a second look, a lease after the first, finds
    nothing either: what was cut off may still be carried out.
    """
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state not in _ASKING:
            return
        now = ctx.clock.now()
        over = refund.failure is not None
        again = None if over else now + _LEASE
        seen = replace(refund, failure=refund.failure or _NOT_FOUND, next_attempt_at=again, updated_at=now)
        if refund.state is RefundState.SUBMITTED:
            lose = RefundTrigger.LOSE_ANSWER
            seen = await move_refund(uow, seen, lose, by=WORKER, at=now, next_attempt_at=again)
        elif not over:
            await uow.refunds.save(seen)
        if over:
            await move_refund(uow, seen, RefundTrigger.FIND_NOTHING, by=WORKER, at=now)
