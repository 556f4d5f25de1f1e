"""Compensating a complaint: an amount that a person gives, within the policy's limits and what was paid."""

from __future__ import annotations

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import LIVE, Case, CaseKind, CaseState, CaseTrigger, NoteKind
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.refunds import CauseKind
from aftersales.ports import UnitOfWork
from aftersales.services.adjustments import grant_adjustment, granted_for
from aftersales.services.case_desk import add_agent_note
from aftersales.services.cases import move_case
from aftersales.services.context import Context
from aftersales.services.conversations import add_agent_words, check_text
from aftersales.services.external_refunds import read_funds
from aftersales.services.moves import By


async def quote_compensation(ctx: Context, case: Case) -> Money | None:
    """What may still be given for the complaint; None where nothing can be: no complaint about a known order.

    Raises NotFound, Unavailable.
    """
    if case.kind is not CaseKind.COMPLAINT or case.order_number is None or case.state is CaseState.CLOSED:
        return None
    order = await ctx.shop.find_order(case.order_number)
    async with ctx.unit_of_work(read_only=True) as uow:
        return await _limit(ctx, uow, order, case)


async def compensate(
    ctx: Context, *, number: str, amount: Money, text: str, key: str, actor: str, channel: str = "desk"
) -> Adjustment:
    """Pays the amount back for a complaint and writes `text` to the customer; once per key.

    Above the policy's automatic amount the refund waits for approval. Raises NotFound, Invalid (amount, or as
    check_text), Unavailable, and Conflict: "no complaint", "above_limit", "refundable" when the order's payments
    do not cover it.
    """
    words = check_text(text)
    async with ctx.unit_of_work(read_only=True) as uow:
        seen = await uow.cases.by_number(number)
    if seen.kind is not CaseKind.COMPLAINT or seen.order_number is None:
        raise Conflict("no complaint about an order")
    funds = await read_funds(ctx, (await ctx.shop.find_order(seen.order_number)).id)
    if amount.minor <= 0 or amount.currency != funds.order.currency:
        raise Invalid("amount")
    by, granted_key = By(actor, channel), f"compensation:{seen.id}:{key}"
    async with ctx.unit_of_work() as uow:
        await uow.returns.lock_order(funds.order.id)
        case = await uow.cases.lock(number)
        known = await uow.adjustments.by_key(granted_key)
        if known is not None:
            return known
        if case.customer_id != funds.order.customer.id:
            raise NotFound("order")
        if case.state is CaseState.CLOSED or amount > await _limit(ctx, uow, funds.order, case):
            raise Conflict("above_limit")
        item = await grant_adjustment(
            ctx,
            uow,
            kind=CauseKind.COMPENSATION,
            case=case,
            amount=amount,
            funds=funds,
            key=granted_key,
            by=by,
        )
        await _tell(ctx, uow, case, words, key=key, by=by)
        return item


async def _limit(ctx: Context, uow: UnitOfWork, order: Order, case: Case) -> Money:
    given = await granted_for(uow, order.id, kind=CauseKind.COMPENSATION, currency=order.currency)
    zero = Money.zero(order.currency)
    return ctx.policy.refunds.compensation.limit(
        total=order.total,
        given_for_order=sum((amount for _, amount in given), zero),
        given_for_case=sum((amount for number, amount in given if number == case.number), zero),
    )


async def _tell(ctx: Context, uow: UnitOfWork, case: Case, words: str, *, key: str, by: By) -> None:
    await add_agent_note(ctx, uow, case, kind=NoteKind.ANSWER, text=words, key=key)
    if case.state in LIVE:
        await move_case(ctx, uow, case, CaseTrigger.ANSWER, by=by, assigned_to=by.actor)
    if case.conversation_id:
        await add_agent_words(ctx, uow, conversation_id=case.conversation_id, text=words, key=key)
