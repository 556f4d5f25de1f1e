"""Returns and the shop: filing them there, giving units back, and carrying on after a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from aftersales.domain.errors import AftersalesError, Conflict, Invalid, NotFound, OutcomeUnknown, Unavailable
from aftersales.domain.returns import OUT_OF_STOCK, Return, ReturnState, ReturnTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.batches import for_each
from aftersales.services.cases import close_case_of
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, move_return
from aftersales.services.remedy_news import tell_going_ahead, tell_rejected
from aftersales.services.remedy_steps import ask_outside, file_at_shop, give_difference_back, go_on
from aftersales.services.return_cases import approval_key, file_return_case, payment_key

PAUSE = timedelta(seconds=5)  # between two tries to reach the shop
_RELEASE_AGAIN = timedelta(seconds=30)
_GONE = frozenset({ReturnState.CANCELLED, ReturnState.REJECTED})


async def confirm_with_shop(ctx: Context, item: Return, *, by: By, tell: bool) -> Return:
    """Files the return at the shop under its id, and lets it go on as its remedy does.

    A shop that says no rejects a requested return and cancels an approved one. When the shop, or the provider that
    is to ask for a difference, cannot be reached the return stays as it is and the worker carries on. `tell`: the
    customer is told of the outcome, because nobody waits for the answer.
    """
    try:
        answers = await ask_outside(ctx, item)
    except (Unavailable, OutcomeUnknown):
        return await touch(ctx, item.id)
    except (Conflict, NotFound, Invalid) as error:
        return await _take_no(ctx, item.id, error, tell=tell)
    async with ctx.unit_of_work() as uow:
        now, item = ctx.clock.now(), await uow.returns.lock(item.id)
        if item.state is ReturnState.REQUESTED:
            policy = By("system", by.channel)  # nobody approved it: the rules did
            item = await move_return(uow, item, ReturnTrigger.APPROVE, by=policy, at=now)
        if item.state is ReturnState.APPROVED:
            item = await go_on(ctx, uow, item, answers, by=by)
            if tell:
                await tell_going_ahead(ctx, uow, item)
        return item


async def continue_requested(ctx: Context) -> int:
    """Files at the shop what could not be filed when it was requested or approved; returns how many were tried."""
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await uow.returns.waiting_for_shop(before=ctx.clock.now() - PAUSE)
    unfiled = [item for item in waiting if item.state is not ReturnState.RECEIVED]
    return await for_each(unfiled, lambda item: confirm_with_shop(ctx, item, by=WORKER, tell=True))


async def touch(ctx: Context, return_id: str) -> Return:
    """Puts the return at the end of those that wait for the shop."""
    async with ctx.unit_of_work() as uow:
        touched = replace(await uow.returns.lock(return_id), updated_at=ctx.clock.now())
        await uow.returns.save(touched)
        return touched


async def withdraw(
    ctx: Context, uow: UnitOfWork, item: Return, trigger: ReturnTrigger, *, by: By, reason: str = ""
) -> Return:
    """Cancels or rejects, closes the approval case, and has the shop give the units back.

    The caller holds the return's lock, and calls release_at_shop after commit so that nobody has to wait for the
    worker. Raises Conflict when it is too late.
    """
    at_shop = item.state is not ReturnState.REQUESTED or not item.needs_human
    detail = {"reason": reason} if reason else {}
    gone = await move_return(uow, item, trigger, by=by, at=ctx.clock.now(), detail=detail)
    for key in (approval_key(item.id), payment_key(item.id)):
        await close_case_of(ctx, uow, key=key, by=by)
    if at_shop:
        due_at = ctx.clock.now() + _RELEASE_AGAIN
        payload = {"return_id": item.id}
        await uow.outbox.add(kind="release_return", key=f"release:{item.id}", payload=payload, due_at=due_at)
    return gone


async def try_release(ctx: Context, return_id: str) -> None:
    """release_at_shop at once; left to the outbox when the shop cannot be reached."""
    try:
        await release_at_shop(ctx, return_id)
    except (Unavailable, OutcomeUnknown):
        return


async def release_at_shop(ctx: Context, return_id: str) -> None:
    """Has the shop give back the units of a cancelled or rejected return, and the provider what was paid for it.

    Harmless when repeated. Filing under the same key tells the reference where the shop's first answer was lost.
    Goods that the shop has already booked as received go to a person. Raises Unavailable, OutcomeUnknown and
    NotFound.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        item = await uow.returns.get(return_id)
    if item.state not in _GONE:
        return
    try:
        reference = item.shop_reference or await file_at_shop(ctx, item)
    except (Conflict, NotFound, Invalid):
        return  # the shop never held these units
    try:
        await ctx.shop.cancel_return(reference)
    except NotFound:
        pass  # the shop holds nothing any more
    except Conflict:
        await file_return_case(ctx, item, reason="return_received_after_all")
    await give_difference_back(ctx, item)


async def _take_no(ctx: Context, return_id: str, error: AftersalesError, *, tell: bool) -> Return:
    async with ctx.unit_of_work() as uow:
        now, item = ctx.clock.now(), await uow.returns.lock(return_id)
        if item.state not in {ReturnState.REQUESTED, ReturnState.APPROVED}:
            return item
        early = item.state is ReturnState.REQUESTED
        trigger = ReturnTrigger.REJECT if early else ReturnTrigger.CANCEL
        detail = {"reason": error.detail if error.detail == OUT_OF_STOCK else f"shop_{error.code}"}
        item = await move_return(uow, item, trigger, by=WORKER, at=now, detail=detail)
        await close_case_of(ctx, uow, key=approval_key(item.id), by=WORKER)
        if tell:
            await tell_rejected(ctx, uow, item)
        return item
