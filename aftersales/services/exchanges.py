"""Exchanges on their way: the payment of a difference, and the parcel that goes out."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from aftersales.domain.errors import Conflict
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return, ReturnState, ReturnTrigger
from aftersales.services.batches import for_each
from aftersales.services.cases import close_case_of
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, move_return
from aftersales.services.news import tell_later
from aftersales.services.refund_outcomes import close_when_paid
from aftersales.services.return_cases import payment_key
from aftersales.services.return_confirmation import try_release, withdraw

_SENT = frozenset({ReturnState.INSPECTED, ReturnState.CLOSED})
_AT_ONCE = 500


async def ship_replacement(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Return:
    """The new goods are sent; the customer is told. Harmless when they were.

    Raises NotFound, Conflict while the old goods are not back, Unavailable, OutcomeUnknown.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        item = await uow.returns.by_number(number)
    if item.remedy is Remedy.EXCHANGE and item.state in _SENT:
        return item
    if item.state is not ReturnState.REPLACING:
        raise Conflict(f"replacement in state {item.state}")
    parcel = await ctx.shop.ship_replacement(item.shop_reference or "")
    detail = {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number}
    by = By(actor, channel)
    async with ctx.unit_of_work() as uow:
        item = await uow.returns.lock(item.id)
        if item.state is ReturnState.REPLACING:
            item = await move_return(uow, item, ReturnTrigger.REPLACE, by=by, at=ctx.clock.now(), detail=detail)
            told = {"carrier": parcel.carrier, "tracking": parcel.tracking_number}
            await tell_later(ctx, uow, item, "utter_exchanges_shipped", key=f"exchange-shipped:{item.id}", **told)
            await close_when_paid(ctx, uow, item.id, by=by)
        return await uow.returns.get(item.id)


async def note_difference_paid(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Return:
    """A person says that the difference was paid by other means; nothing can be paid under the link after that.

    Harmless when it was paid. Raises NotFound, Conflict in any other state, Unavailable, OutcomeUnknown.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        item = await uow.returns.by_number(number)
    if item.state is not ReturnState.AWAITING_PAYMENT:
        raise Conflict(f"payment in state {item.state}")
    with suppress(Conflict):  # paid under the link as well: the worker would have found out
        await ctx.payments.cancel_payment(item.id)
    return await _take_payment(ctx, item.id, by=By(actor, channel))


async def continue_payments(ctx: Context) -> int:
    """Lets exchanges go on whose difference is paid, and ends those that were not paid in time.

    Returns how many were looked at. Where no provider could be asked, a person sees to it and nothing ends.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await uow.returns.in_state([ReturnState.AWAITING_PAYMENT], limit=_AT_ONCE)
    asked = [item for item in waiting if item.payment_link is not None]
    return await for_each(asked, lambda item: _look(ctx, item))


async def _look(ctx: Context, item: Return) -> None:
    request = await ctx.payments.find_payment(item.id)
    if request is not None and request.status == "paid":
        await _take_payment(ctx, item.id, by=By(f"customer:{item.customer_id}", "payment"))
        return
    patience = timedelta(days=ctx.policy_named(item.policy_version).remedies.exchange.payment.days)
    if ctx.clock.now() - item.updated_at <= patience:
        return
    async with ctx.unit_of_work() as uow:
        locked = await uow.returns.lock(item.id)
        if locked.state is not ReturnState.AWAITING_PAYMENT:
            return
        gone = await withdraw(ctx, uow, locked, ReturnTrigger.CANCEL, by=WORKER, reason="not_paid")
        await tell_later(ctx, uow, gone, "utter_exchanges_lapsed", key=f"exchange-lapsed:{item.id}")
    await try_release(ctx, item.id)


async def _take_payment(ctx: Context, return_id: str, *, by: By) -> Return:
    async with ctx.unit_of_work() as uow:
        item = await uow.returns.lock(return_id)
        if item.state is not ReturnState.AWAITING_PAYMENT:
            return item
        item = await move_return(uow, item, ReturnTrigger.PAY, by=by, at=ctx.clock.now())
        await close_case_of(ctx, uow, key=payment_key(item.id), by=by)
        await tell_later(ctx, uow, item, "utter_exchanges_paid", key=f"exchange-paid:{item.id}")
        return item
