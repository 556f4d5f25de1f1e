"""What the payment provider said about a refund, taken in once however often it is heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from aftersales.domain.cases import CaseKind
from aftersales.domain.refunds import SETTLED, CauseKind, Refund, RefundState, RefundTrigger
from aftersales.domain.returns import ReturnState, ReturnTrigger
from aftersales.ports import ProviderRefund, UnitOfWork
from aftersales.services.cases import add_case
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, move_refund, move_return
from aftersales.services.news import tell_of_refund

_DIFFERS, _DOUBLED, _MISSING = "refund_amount_differs", "refund_doubled", "refund_missing"
# Failures of refunds whose money may have moved, but not as we know it: a person finds out.
DISPUTED = frozenset({_DIFFERS, _DOUBLED, _MISSING})
BY_HAND = "refund_by_hand"  # the reason of a case: its provider cannot pay it back
_OPEN = frozenset({RefundState.SUBMITTED, RefundState.UNKNOWN})
_GIVEN_UP = frozenset({RefundState.FAILED, RefundState.CANCELLED, RefundState.AWAITING_APPROVAL})
_SOONEST, _LATEST = timedelta(seconds=1), timedelta(hours=1)


async def note_provider_refund(ctx: Context, *, key: str, told: ProviderRefund) -> None:
    """What a provider tells by itself about the refund under our key, as a webhook does.

    It may come before, beside or after the answer to our call, and as often as it likes. One that stands as not
    called was called after all, and is never called again. Raises NotFound for a key that is not ours.
    """
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(key)
        if refund.state is RefundState.CREATED and told.status != "failed":
            detail = {"told_by": "provider"}
            await move_refund(uow, refund, RefundTrigger.SUBMIT, by=WORKER, at=ctx.clock.now(), detail=detail)
    await take_in(ctx, key, told)


async def take_in(ctx: Context, refund_id: str, told: ProviderRefund) -> None:
    """Settles, fails or waits on, as the provider tells. Harmless when that is known already.

    Another amount than ours, or a second refund under our key, is never taken in: a person looks.
    """
    if told.status != "failed" and (reason := await _contradiction(ctx, refund_id, told)):
        await _dispute(ctx, refund_id, reason=reason, told=told)
    elif told.status == "succeeded":
        await settle(ctx, refund_id, reference=told.reference)
    elif told.status == "failed":
        await fail(ctx, refund_id, failure=told.failure or "provider_failed", reference=told.reference)
    else:
        await wait(ctx, refund_id, reference=told.reference)


async def settle(ctx: Context, refund_id: str, *, reference: str) -> None:
    """The money is on its way to the customer: tells them, and closes the return when all of it is paid.

    A refund that was given up before, or waits for a person, and was paid after all, goes to a person.
    """
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state in _GIVEN_UP:
            await _file(ctx, uow, refund, reason="refund_paid_after_all")
        if refund.state not in _OPEN:
            return
        settled = await move_refund(
            uow,
            refund,
            RefundTrigger.SETTLE,
            by=WORKER,
            at=ctx.clock.now(),
            provider_reference=reference,
            failure=None,
        )
        key = f"refund-succeeded:{refund.id}"
        await tell_of_refund(ctx, uow, settled, "utter_refunds_succeeded", key=key)
        if settled.cause_kind is CauseKind.RETURN:
            await close_when_paid(ctx, uow, settled.cause_id, by=WORKER)


async def fail(ctx: Context, refund_id: str, *, failure: str, reference: str | None = None) -> None:
    """No money moved and none will: tells the customer that a person takes over, and files the case."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state not in _OPEN:
            return
        failed = await move_refund(
            uow,
            refund,
            RefundTrigger.FAIL,
            by=WORKER,
            at=ctx.clock.now(),
            failure=failure[:200],
            provider_reference=reference or refund.provider_reference,
            detail={"failure": failure[:200]},
        )
        await _file(ctx, uow, failed, reason="refund_failed", key=failed_key(failed.id))
        await tell_of_refund(ctx, uow, failed, "utter_refunds_trouble", key=f"refund-trouble:{refund.id}")


async def wait(ctx: Context, refund_id: str, *, reference: str) -> None:
    """The provider has it and is not done: to be asked again, the later the longer it takes."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        now = ctx.clock.now()
        again = next_look(refund, now)
        if refund.state is RefundState.UNKNOWN:
            await move_refund(
                uow,
                refund,
                RefundTrigger.FIND_PENDING,
                by=WORKER,
                at=now,
                next_attempt_at=again,
                provider_reference=reference,
                failure=None,
            )
        elif refund.state is RefundState.SUBMITTED:
            waiting = replace(refund, provider_reference=reference, failure=None, next_attempt_at=again)
            await uow.refunds.save(replace(waiting, updated_at=now))


async def miss(ctx: Context, refund_id: str) -> None:
    """The provider once confirmed this refund and now has none: never tried again, a person looks."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state not in _OPEN:
            return
        now = ctx.clock.now()
        missed = replace(refund, failure=_MISSING, next_attempt_at=next_look(refund, now), updated_at=now)
        await uow.refunds.save(missed)
        await _file(ctx, uow, refund, reason=_MISSING)


async def hold_unpayable(ctx: Context, refund_id: str, *, reason: str) -> None:
    """The payment is gone, does not cover it or cannot be paid back: it waits for a person, with a case."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state is RefundState.CREATED:
            await hold_case(ctx, uow, refund, reason=reason, by=WORKER)


async def hold_case(ctx: Context, uow: UnitOfWork, refund: Refund, *, reason: str, by: By) -> Refund:
    """A created refund, whose lock the caller holds, waits for a person, with a case that the decision closes."""
    held = await move_refund(uow, refund, RefundTrigger.HOLD, by=by, at=ctx.clock.now())
    await _file(ctx, uow, held, reason=reason, key=await unpayable_key(uow, refund.id))
    return held


def failed_key(refund_id: str) -> str:
    """The key of the case about a refund that failed."""
    return f"refund_failed:{refund_id}"


async def unpayable_key(uow: UnitOfWork, refund_id: str) -> str:
    """The key of the case about a refund that cannot be paid, another one each time it is held."""
    holds = sum(entry.trigger == RefundTrigger.HOLD for entry in await uow.journal.of("refund", refund_id))
    return f"unpayable:{refund_id}:{holds}"


async def close_when_paid(ctx: Context, uow: UnitOfWork, return_id: str, *, by: By) -> None:
    """Closes an inspected return once its amount is paid, or what is not paid was decided against."""
    item = await uow.returns.lock(return_id)
    if item.state is not ReturnState.INSPECTED:
        return
    refunds = await uow.refunds.of_cause(return_id)
    paid = sum(refund.amount.minor for refund in refunds if refund.state in SETTLED)
    if paid >= item.amount.minor:
        await move_return(uow, item, ReturnTrigger.CLOSE, by=by, at=ctx.clock.now())


async def _contradiction(ctx: Context, refund_id: str, told: ProviderRefund) -> str | None:
    async with ctx.unit_of_work(read_only=True) as uow:
        refund = await uow.refunds.get(refund_id)
    if told.amount != refund.amount:
        return _DIFFERS
    known = refund.provider_reference
    return _DOUBLED if known is not None and known != told.reference else None


async def _dispute(ctx: Context, refund_id: str, *, reason: str, told: ProviderRefund) -> None:
    """Files the case once; a refund that is open stays so, keeps its amount reserved and is asked about hourly.

    The provider has it, so it is never sent again, even where the provider should have none later.
    """
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        now = ctx.clock.now()
        if refund.state in _OPEN:
            again = now + _LATEST
            known = refund.provider_reference or told.reference
            refund = replace(
                refund, failure=reason, provider_reference=known, next_attempt_at=again, updated_at=now
            )
            await uow.refunds.save(refund)
        seen = f"{told.reference} {told.amount.decimal()} {told.amount.currency}"
        await _file(ctx, uow, replace(refund, failure=seen), reason=reason, key=f"{reason}:{refund_id}")


def next_look(refund: Refund, now: datetime) -> datetime:
    """A quarter of the refund's age from now, between a second and an hour."""
    return now + min(max((now - refund.created_at) / 4, _SOONEST), _LATEST)


async def _file(ctx: Context, uow: UnitOfWork, refund: Refund, *, reason: str, key: str = "") -> None:
    await add_case(
        ctx,
        uow,
        conversation_id=refund.conversation_id or "",
        customer_id=refund.customer_id,
        kind=CaseKind.APPROVAL,
        reason=reason,
        summary=f"{refund.cause_number} {_words(refund)} {refund.failure or ''}".rstrip(),
        key=key or f"{reason}:{refund.id}",
        promise=ctx.promise,
        order_number=refund.order_number,
        return_number=refund.cause_number if refund.cause_kind is CauseKind.RETURN else None,
    )


def _words(refund: Refund) -> str:
    return f"{refund.amount.decimal()} {refund.amount.currency}"
