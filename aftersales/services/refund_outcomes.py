"""What the payment provider said about a refund, taken in once however often it is heard."""

from __future__ import annotations

from dataclasses import replace

from aftersales.domain.money import Money
from aftersales.domain.refund_disputes import MISSING
from aftersales.domain.refunds import SETTLED, CauseKind, RefundState, RefundTrigger
from aftersales.domain.returns import ReturnState, ReturnTrigger
from aftersales.ports import ProviderRefund, UnitOfWork
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, move_refund, move_return
from aftersales.services.news import tell_of_refund
from aftersales.services.refund_cases import failed_key, file_refund_case, hold_case, note_paid_after_all
from aftersales.services.refund_contradictions import GIVEN_UP, OPEN, next_look, note_contradiction, tale_of


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
    if await note_contradiction(ctx, refund_id, tale_of(told)):
        return
    if told.status == "succeeded":
        await settle(ctx, refund_id, reference=told.reference, amount=told.amount)
    elif told.status == "failed":
        await fail(ctx, refund_id, failure=told.failure or "provider_failed", reference=told.reference)
    else:
        await wait(ctx, refund_id, reference=told.reference)


async def settle(ctx: Context, refund_id: str, *, reference: str, amount: Money | None = None) -> None:
    """The money is on its way to the customer: tells them, and closes the return when all of it is paid.

    A refund that was given up before, or waits for a person, and was paid after all, goes to a person. One of
    which a person has just accepted another sum than `amount` is asked about again.
    """
    async with ctx.unit_of_work() as uow:
        seen = await uow.refunds.get(refund_id)
        if seen.cause_kind is CauseKind.RETURN:
            await uow.returns.lock(seen.cause_id)  # before the refund, as whoever else takes both does
        refund = await uow.refunds.lock(refund_id)
        if refund.state in GIVEN_UP:
            await note_paid_after_all(ctx, uow, refund)
        if refund.state not in OPEN or amount not in {None, refund.amount}:
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
        if refund.state not in OPEN:
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
        await file_refund_case(ctx, uow, failed, reason="refund_failed", key=failed_key(failed.id))
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
        elif refund.state in GIVEN_UP:
            await note_paid_after_all(ctx, uow, refund)


async def miss(ctx: Context, refund_id: str) -> None:
    """The provider once confirmed this refund and now has none: never tried again, a person looks."""
    await note_contradiction(ctx, refund_id, MISSING)


async def hold_unpayable(ctx: Context, refund_id: str, *, reason: str) -> None:
    """The payment is gone, does not cover it or cannot be paid back: it waits for a person, with a case."""
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        if refund.state is RefundState.CREATED:
            await hold_case(ctx, uow, refund, reason=reason, by=WORKER)


async def close_when_paid(ctx: Context, uow: UnitOfWork, return_id: str, *, by: By) -> None:
    """Closes an inspected return once its amount is paid, or what is not paid was decided against."""
    item = await uow.returns.lock(return_id)
    if item.state is not ReturnState.INSPECTED:
        return
    refunds = await uow.refunds.of_cause(return_id)
    paid = sum(refund.amount.minor for refund in refunds if refund.state in SETTLED)
    if paid >= item.amount.minor:
        await move_return(uow, item, ReturnTrigger.CLOSE, by=by, at=ctx.clock.now())
