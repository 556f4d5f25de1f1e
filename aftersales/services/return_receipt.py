"""From the parcel's arrival to the refund: received, booked at the shop, inspected, refund granted, closed."""

from __future__ import annotations

from types import MappingProxyType

from aftersales.domain.errors import Conflict, NotFound, OutcomeUnknown, Unavailable
from aftersales.domain.refunds import is_under_way
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return, ReturnState, ReturnTrigger
from aftersales.services.batches import for_each
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, move_return
from aftersales.services.refund_outcomes import close_when_paid
from aftersales.services.refunds import grant_refund, read_funds
from aftersales.services.remedy_news import tell_received
from aftersales.services.return_cases import file_return_case
from aftersales.services.return_confirmation import PAUSE, touch
from aftersales.services.return_inspection import (
    Conditions,
    check_conditions,
    deduct,
    deduction_detail,
    with_conditions,
)
from aftersales.services.return_promises import promise_for_return

_AS_NEW: Conditions = MappingProxyType({})
_ARRIVED = frozenset({ReturnState.RECEIVED, ReturnState.REPLACING, ReturnState.INSPECTED, ReturnState.CLOSED})


async def receive_return(
    ctx: Context, *, number: str, actor: str, channel: str = "api", conditions: Conditions = _AS_NEW
) -> Return:
    """The parcel is here and its goods are accepted. Harmless when repeated.

    `conditions` are the states in which lines came back, by line id; a line that is left out is as new. By them
    the policy may keep something of the refund, and the customer is told. The arrival is kept at once; when the
    shop cannot be reached, booking and refund follow by the worker. Raises NotFound, Invalid for a line that it
    has not, and Conflict where no parcel is awaited or other conditions were noted before.
    """
    by = By(actor, channel)
    async with ctx.unit_of_work() as uow:
        item = await uow.returns.lock((await uow.returns.by_number(number)).id)
        if item.state in _ARRIVED:
            check_conditions(item, conditions)
        else:
            item = with_conditions(item, conditions)
            await uow.returns.assess(item)
            noted = {line_id: condition.value for line_id, condition in conditions.items()}
            detail = {"conditions": noted} if noted else {}
            item = await move_return(uow, item, ReturnTrigger.RECEIVE, by=by, at=ctx.clock.now(), detail=detail)
    return await accept_goods(ctx, item, by=by) if item.state is ReturnState.RECEIVED else item


async def continue_received(ctx: Context) -> int:
    """Books and refunds what arrived while the shop could not be reached; returns how many were tried."""
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting = await uow.returns.waiting_for_shop(before=ctx.clock.now() - PAUSE)
    arrived = [item for item in waiting if item.state is ReturnState.RECEIVED]
    return await for_each(arrived, lambda item: accept_goods(ctx, item, by=WORKER))


async def accept_goods(ctx: Context, item: Return, *, by: By) -> Return:
    """Books the goods at the shop, then in one transaction: inspected, refund granted, customer told.

    In an exchange the new goods are still to be sent: it is `replacing` instead of inspected. A shop that will not
    book them leaves the return as received, with a case.
    """
    try:
        await ctx.shop.receive_return(item.shop_reference or "")
        funds = await read_funds(ctx, item.order_id)
    except (Unavailable, OutcomeUnknown):
        return await touch(ctx, item.id)
    except (Conflict, NotFound):
        await file_return_case(ctx, item, reason="return_not_booked")
        return await touch(ctx, item.id)
    async with ctx.unit_of_work() as uow:
        item = await uow.returns.lock(item.id)
        if item.state is not ReturnState.RECEIVED:
            return item
        exchange = item.remedy is Remedy.EXCHANGE
        trigger = ReturnTrigger.ACCEPT if exchange else ReturnTrigger.INSPECT
        assessed = await deduct(ctx, uow, item, order=funds.order)
        detail = deduction_detail(item, assessed)
        item = await move_return(uow, assessed, trigger, by=by, at=ctx.clock.now(), detail=detail)
        await promise_for_return(ctx, uow, item)
        await grant_refund(ctx, uow, cause=item.cause, funds=funds, by=by)
        await tell_received(ctx, uow, item)
        await close_when_paid(ctx, uow, item.id, by=by)  # at once where nothing is to be paid
        return await uow.returns.get(item.id)


async def close_return(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Return:
    """A person closes a return whose refund was settled elsewhere.

    Raises NotFound, and Conflict while a refund of it is under way and in any state but inspected.
    """
    async with ctx.unit_of_work() as uow:
        item = await uow.returns.lock((await uow.returns.by_number(number)).id)
        if is_under_way(await uow.refunds.of_cause(item.id)):
            raise Conflict("a refund is under way")
        return await move_return(uow, item, ReturnTrigger.CLOSE, by=By(actor, channel), at=ctx.clock.now())
