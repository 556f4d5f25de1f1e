"""Changes of orders and the shop: making them there, paying back, and carrying on after a failure.

The row says "requested" before the shop is called, and the shop is called under the row's id: a crash or a lost
answer leaves a request that the worker makes again, which changes nothing where it was made already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from aftersales.domain.cases import CaseKind
from aftersales.domain.changes import Change, ChangeState, ChangeTrigger, Units, Version
from aftersales.domain.errors import AftersalesError, Conflict, Invalid, NotFound, OutcomeUnknown, Unavailable
from aftersales.domain.refunds import Refund
from aftersales.ports import UnitOfWork
from aftersales.services.batches import for_each
from aftersales.services.cases import add_case
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, move_change
from aftersales.services.news import tell_later
from aftersales.services.refunds import grant_refund, read_funds
from aftersales.services.return_promises import promise_for_change

PAUSE = timedelta(seconds=5)  # between two tries to reach the shop
_LONG = timedelta(hours=1)  # after which a person looks as well


async def make_change(ctx: Context, change: Change, *, by: By, tell: bool) -> Change:
    """Has the shop make a requested change, then in one transaction: applied, and what is owed granted.

    A shop that says no rejects it; one that does not understand it fails it, with a case. When the shop cannot
    be reached it stays requested. `tell`: the customer is told of the outcome, because nobody waits for it.
    """
    try:
        await _call(ctx, change)
        funds = await read_funds(ctx, change.order_id) if change.amount else None
    except (Unavailable, OutcomeUnknown):
        return await _wait(ctx, change.id)
    except Conflict as error:
        return await _end(ctx, change.id, ChangeTrigger.REJECT, error, by=by, tell=tell)
    except (NotFound, Invalid) as error:
        return await _end(ctx, change.id, ChangeTrigger.FAIL, error, by=by, tell=tell)
    async with ctx.unit_of_work() as uow:
        change = await uow.changes.lock(change.id)
        if change.state is not ChangeState.REQUESTED:
            return change
        change = await move_change(uow, change, ChangeTrigger.APPLY, by=by, at=ctx.clock.now())
        if funds is not None:
            await promise_for_change(ctx, uow, change)
            await grant_refund(ctx, uow, cause=change.cause, funds=funds, by=by)
        if tell:
            await tell_later(ctx, uow, change, "utter_orders_change_applied", key=f"change-applied:{change.id}")
        return change


async def continue_changes(ctx: Context) -> int:
    """Makes what could not be made when it was requested; returns how many were tried."""
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await uow.changes.waiting_for_shop(before=ctx.clock.now() - PAUSE)
    return await for_each(waiting, lambda change: make_change(ctx, change, by=WORKER, tell=True))


async def grant_change_again(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Sequence[Refund]:
    """A person's new attempt for a refund that failed or was cancelled; nothing when all of it is covered.

    Raises NotFound, Unavailable, and Conflict for a change that is not applied.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        seen = await uow.changes.by_number(number)
    funds = await read_funds(ctx, seen.order_id)
    async with ctx.unit_of_work() as uow:
        change = await uow.changes.lock(seen.id)
        if change.state is not ChangeState.APPLIED:
            raise Conflict(f"refund in state {change.state}")
        return await grant_refund(ctx, uow, cause=change.cause, funds=funds, by=By(actor, channel))


async def _call(ctx: Context, change: Change) -> None:
    after = change.rewrite.after
    if isinstance(after, Units):
        await ctx.shop.cancel_units(order_id=change.order_id, units=change.taken_out, key=change.id)
    elif isinstance(after, Version):
        await ctx.shop.change_variant(
            order_id=change.order_id,
            line_id=after.line_id,
            variant_id=after.variant_id,
            paid=after.paid,
            key=change.id,
        )
    else:
        await ctx.shop.change_address(order_id=change.order_id, address=after, key=change.id)


async def _wait(ctx: Context, change_id: str) -> Change:
    """Puts the change at the end of those that wait for the shop; after an hour a person looks as well."""
    async with ctx.unit_of_work() as uow:
        change = await uow.changes.lock(change_id)
        if change.state is not ChangeState.REQUESTED:
            return change
        now = ctx.clock.now()
        touched = replace(change, updated_at=now)
        await uow.changes.save(touched)
        if now - change.created_at >= _LONG:
            await _file(ctx, uow, change, reason="change_not_made")
        return touched


async def _end(
    ctx: Context, change_id: str, trigger: ChangeTrigger, error: AftersalesError, *, by: By, tell: bool
) -> Change:
    async with ctx.unit_of_work() as uow:
        change = await uow.changes.lock(change_id)
        if change.state is not ChangeState.REQUESTED:
            return change
        failure = f"shop_{error.code}"
        change = await move_change(uow, change, trigger, by=by, at=ctx.clock.now(), failure=failure)
        if trigger is ChangeTrigger.FAIL:
            await _file(ctx, uow, change, reason="change_failed")
        if tell:
            response = "utter_orders_change_rejected"
            if trigger is ChangeTrigger.FAIL:
                response = "utter_orders_change_failed"
            await tell_later(ctx, uow, change, response, key=f"change-ended:{change.id}")
        return change


async def _file(ctx: Context, uow: UnitOfWork, change: Change, *, reason: str) -> None:
    await add_case(
        ctx,
        uow,
        conversation_id=change.conversation_id or "",
        customer_id=change.customer_id,
        kind=CaseKind.HANDOVER,
        reason=reason,
        summary=f"{change.number} {change.kind} {change.order_number}",
        key=f"{reason}:{change.id}",
        promise=ctx.promise,
    )
