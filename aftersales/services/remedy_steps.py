"""What each remedy needs of the shop and of the payment provider, and how it goes on once they have answered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aftersales.domain.errors import Conflict, ProviderRejected
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return, ReturnState, ReturnTrigger
from aftersales.ports import ExchangeLine, UnitOfWork
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, move_return
from aftersales.services.refund_outcomes import close_when_paid
from aftersales.services.refunds import Funds, grant_refund, read_funds
from aftersales.services.return_cases import add_return_case, file_return_case, payment_key
from aftersales.services.return_promises import promise_for_return


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The shop's reference, where a difference is paid (None: nowhere), and the payments to refund out of."""

    reference: str
    payment_link: str | None
    funds: Funds | None


async def ask_outside(ctx: Context, item: Return) -> Answers:
    """Has the shop hold or write off the units and reserve what is sent for them, and asks for a difference.

    Harmless when repeated. Raises Conflict (units or stock are gone), NotFound, Invalid, Unavailable,
    OutcomeUnknown.
    """
    reference = await file_at_shop(ctx, item)
    if not item.comes_back:
        await ctx.shop.write_off_return(reference)
    funds = await read_funds(ctx, item.order_id) if item.remedy is Remedy.REFUND_ONLY else None
    return Answers(reference=reference, payment_link=await _ask_for_difference(ctx, item), funds=funds)


async def file_at_shop(ctx: Context, item: Return) -> str:
    """The shop's reference of the return; the same again however often it is asked. Raises as ask_outside does."""
    if item.remedy is not Remedy.EXCHANGE:
        lines = [(line.line_id, line.quantity) for line in item.lines]
        return await ctx.shop.request_return(order_id=item.order_id, lines=lines, key=item.id)
    wanted = [
        ExchangeLine(
            line_id=line.line_id,
            quantity=line.quantity,
            variant_id=line.replacement.variant_id,
            paid=line.replacement.paid,
        )
        for line in item.lines
        if line.replacement
    ]
    return await ctx.shop.request_exchange(order_id=item.order_id, lines=wanted, key=item.id)


async def go_on(ctx: Context, uow: UnitOfWork, item: Return, answers: Answers, *, by: By) -> Return:
    """From approved to what comes next for the remedy. The caller holds the return's lock."""
    item, now = replace(item, payment_link=answers.payment_link), ctx.clock.now()
    trigger = _next_trigger(item)
    item = await move_return(uow, item, trigger, by=by, at=now, shop_reference=answers.reference)
    if trigger is ReturnTrigger.INVOICE and answers.payment_link is None:
        await add_return_case(ctx, uow, item, reason="exchange_payment", key=payment_key(item.id))
    if item.state is ReturnState.REPLACING or answers.funds is not None:
        await promise_for_return(ctx, uow, item)
    if answers.funds is not None:
        await grant_refund(ctx, uow, cause=item.cause, funds=answers.funds, by=by)
        await close_when_paid(ctx, uow, item.id, by=by)
        return await uow.returns.get(item.id)
    return item


async def give_difference_back(ctx: Context, item: Return) -> None:
    """Takes back the request for a difference of an exchange that is off; what was paid is refunded.

    Harmless when repeated. Raises Unavailable, OutcomeUnknown, NotFound.
    """
    if item.to_pay is None:
        return
    try:
        await ctx.payments.cancel_payment(item.id)
    except Conflict:
        await _refund_difference(ctx, item)
        return
    async with ctx.unit_of_work(read_only=True) as uow:
        journal = await uow.journal.of("return", item.id)
    if any(entry.trigger == ReturnTrigger.PAY for entry in journal):
        await file_return_case(ctx, item, reason="exchange_difference_back")  # a person had it paid elsewhere


def _next_trigger(item: Return) -> ReturnTrigger:
    if item.remedy is Remedy.REFUND_ONLY:
        return ReturnTrigger.WAIVE
    if item.to_pay:
        return ReturnTrigger.INVOICE
    return ReturnTrigger.INSTRUCT if item.comes_back else ReturnTrigger.RESEND


async def _ask_for_difference(ctx: Context, item: Return) -> str | None:
    if item.to_pay is None:
        return None
    try:
        asked = await ctx.payments.request_payment(order_id=item.order_id, amount=item.to_pay, key=item.id)
    except ProviderRejected:
        return None
    return asked.link


async def _refund_difference(ctx: Context, item: Return) -> None:
    """Out of the payment that was made for it, once."""
    paid, funds = await ctx.payments.find_payment(item.id), await read_funds(ctx, item.order_id)
    if paid is None or item.to_pay is None:
        return
    own = tuple(payment for payment in funds.order.payments if payment.id == paid.payment_id)
    funds = replace(funds, order=replace(funds.order, payments=own))
    async with ctx.unit_of_work() as uow:
        locked = await uow.returns.lock(item.id)
        await grant_refund(ctx, uow, cause=replace(locked.cause, amount=item.to_pay), funds=funds, by=WORKER)
