"""What the payment provider tells against what we know of a refund: kept, told to a person, never taken in."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from aftersales.domain.errors import Unavailable
from aftersales.domain.refund_disputes import (
    MISSING,
    Contradiction,
    Tale,
    contradiction,
    decisions_in,
    tales_of,
)
from aftersales.domain.refunds import Refund, RefundState
from aftersales.ports import ProviderRefund, UnitOfWork
from aftersales.services.cases import close_case_of
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, note_tale
from aftersales.services.refund_cases import file_refund_case, hold_others

GIVEN_UP = frozenset({RefundState.FAILED, RefundState.CANCELLED, RefundState.AWAITING_APPROVAL})
OPEN = frozenset({RefundState.SUBMITTED, RefundState.UNKNOWN})
_CALL = timedelta(seconds=20)
_SOONEST, _LATEST = timedelta(seconds=1), timedelta(hours=1)


async def note_contradiction(ctx: Context, refund_id: str, tale: Tale) -> bool:
    """Whether the provider tells something else than we know; journals that, and files a case, once.

    A refund that is open stays so, keeps its amount reserved and is asked about hourly. The provider has it, so it
    is never sent again, even where the provider should have none later.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        if contradiction(await uow.refunds.get(refund_id), tale) is None:
            return False
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        reason = contradiction(refund, tale)
        if reason is None or (reason is Contradiction.MISSING and refund.state not in OPEN):
            return True  # it was decided meanwhile: what is told is looked at the next time
        now, journal = ctx.clock.now(), await uow.journal.of("refund", refund_id)
        is_new = tales_of(journal)[-1:] != [tale]
        if is_new:
            await note_tale(uow, refund, tale, by=WORKER, at=now)
        if refund.state in OPEN:
            known = refund.provider_reference or tale.reference
            refund = replace(refund, failure=reason.value, provider_reference=known, updated_at=now)
            again = next_look(refund, now) if reason is Contradiction.MISSING else now + _LATEST
            await uow.refunds.save(replace(refund, next_attempt_at=again))
        if refund.state in GIVEN_UP and tale.moves_money:
            await hold_others(ctx, uow, refund)
        if is_new or refund.state in OPEN | GIVEN_UP:
            key = dispute_key(refund_id, reason, decisions=decisions_in(journal))
            await file_refund_case(ctx, uow, replace(refund, failure=_seen(tale)), reason=reason, key=key)
        return True


async def ask_provider(ctx: Context, refund_id: str) -> Tale:
    """What the provider tells of it now. Raises Unavailable, also after 20 s without an answer."""
    try:
        async with asyncio.timeout(_CALL.total_seconds()):
            told = await ctx.payments.find_refund(refund_id)
    except TimeoutError:
        raise Unavailable("no answer in time") from None
    return MISSING if told is None else tale_of(told)


def tale_of(told: ProviderRefund) -> Tale:
    return Tale(status=told.status, amount=told.amount, reference=told.reference)


async def close_disputes(ctx: Context, uow: UnitOfWork, refund_id: str, *, by: By) -> None:
    """Closes the cases in which a person was asked what became of a refund, now that one has decided."""
    decisions = decisions_in(await uow.journal.of("refund", refund_id))
    for reason in Contradiction:
        for earlier in range(decisions + 1):
            await close_case_of(ctx, uow, key=dispute_key(refund_id, reason, decisions=earlier), by=by)


def dispute_key(refund_id: str, reason: Contradiction, *, decisions: int) -> str:
    """The key of the case about a contradiction, another one after each decision of a person's."""
    return f"{reason}:{refund_id}:{decisions}" if decisions else f"{reason}:{refund_id}"


def next_look(refund: Refund, now: datetime) -> datetime:
    """A quarter of the refund's age from now, between a second and an hour."""
    return now + min(max((now - refund.created_at) / 4, _SOONEST), _LATEST)


def _seen(tale: Tale) -> str:
    return f"{tale.reference} {tale.amount.decimal()} {tale.amount.currency}" if tale.amount else ""
