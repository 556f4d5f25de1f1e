"""Settling claims: a parcel that never came is refunded or sent again, a payment that went wrong is paid back."""

from __future__ import annotations

from dataclasses import dataclass

from aftersales.domain.cases import CLAIMS, Case, CaseKind, CaseState, CaseTrigger, NoteKind
from aftersales.domain.charges import order_charges
from aftersales.domain.claims import Decision
from aftersales.domain.errors import Conflict, Invalid
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.refunds import CauseKind
from aftersales.domain.returns import Return
from aftersales.ports import UnitOfWork
from aftersales.services.access import access_order
from aftersales.services.adjustments import grant_adjustment
from aftersales.services.case_desk import add_agent_note
from aftersales.services.cases import add_case, move_case
from aftersales.services.claim_goods import ClaimedGoods, cancel_unsent, claimed_goods, file_claimed
from aftersales.services.context import Context
from aftersales.services.conversations import add_agent_words, check_text
from aftersales.services.external_refunds import read_funds
from aftersales.services.moves import By
from aftersales.services.refund_sources import Funds
from aftersales.services.return_confirmation import confirm_with_shop


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How a claim is carried out: goods refunded or sent again, an amount, or (neither) by a person."""

    order: Order | None = None
    goods: ClaimedGoods | None = None
    amount: Money | None = None
    funds: Funds | None = None


async def quote_claim(ctx: Context, case: Case) -> Money | None:
    """What refunding the claim comes to without a person naming an amount; None where a person has to.

    Raises NotFound, Unavailable.
    """
    if case.kind not in CLAIMS or case.order_number is None or case.customer_id is None:
        return None
    order = await access_order(ctx, customer_id=case.customer_id, number=case.order_number)
    if case.kind is CaseKind.PAYMENT:
        return order_charges(order).excess or None
    goods = await claimed_goods(ctx, case, order)
    return goods.refund if goods.units else None


async def settle_claim(
    ctx: Context,
    *,
    number: str,
    decision: Decision,
    text: str,
    key: str,
    actor: str,
    channel: str = "desk",
    amount: Money | None = None,
) -> Case:
    """Decides a claim, tells the customer `text`, and has it done in the same transaction.

    A refund of a parcel that never came is a refund without a return of its goods, sending it again is an exchange
    for the same goods (the shop reserves them); goods that were never sent are cancelled. With an `amount` exactly
    that is paid back instead, and for a payment that went wrong what was charged too much. What only a person can
    do (no order, a shop that cannot send again) becomes an approval case.

    The same decision again is harmless. Raises NotFound, Invalid (amount, or as check_text), Unavailable, Conflict
    when the case is no claim or is settled already, when nothing is left to settle it with, when the goods
    are out of stock, and when the payments do not cover it.
    """
    words, by = check_text(text), By(actor, channel)
    async with ctx.unit_of_work(read_only=True) as uow:
        seen = await uow.cases.by_number(number)
    if _is_settled(seen, decision):
        return seen
    plan = await _plan(ctx, seen, decision, amount, by=by)
    async with ctx.unit_of_work() as uow:
        if plan.order is not None:
            await uow.returns.lock_order(plan.order.id)
        case = await uow.cases.lock(number)
        if _is_settled(case, decision):
            return case
        case = await _resolve(ctx, uow, case, decision, words, key=key, by=by)
        item = await _carry_out(ctx, uow, case, decision, plan, by=by)
    if item is not None:
        await confirm_with_shop(ctx, item, by=by, tell=True)
    return case


def _is_settled(case: Case, decision: Decision) -> bool:
    return case.state is CaseState.RESOLVED and case.decision == decision.value


async def _plan(ctx: Context, case: Case, decision: Decision, amount: Money | None, *, by: By) -> _Plan:
    if case.kind not in CLAIMS:
        raise Conflict("no claim")
    if decision is Decision.DECLINED or case.order_number is None or case.customer_id is None:
        return _Plan()
    order = await access_order(ctx, customer_id=case.customer_id, number=case.order_number)
    if decision is Decision.REFUND and (amount is not None or case.kind is CaseKind.PAYMENT):
        owed = amount or order_charges(order).excess
        if owed.minor <= 0 or owed.currency != order.currency:
            raise Invalid("amount")
        return _Plan(order=order, amount=owed, funds=await read_funds(ctx, order.id))
    if case.kind is CaseKind.PAYMENT:
        return _Plan()
    goods = await claimed_goods(ctx, case, order)
    if decision is Decision.REFUND and not goods.units:
        await cancel_unsent(ctx, case, order, by=by)
        return _Plan(order=order)
    if not goods.units:
        raise Conflict("nothing to send again")
    if decision is Decision.RESEND and not await goods.can_be_sent(ctx):
        return _Plan()
    return _Plan(order=order, goods=goods)


async def _resolve(
    ctx: Context, uow: UnitOfWork, case: Case, decision: Decision, words: str, *, key: str, by: By
) -> Case:
    settled = await move_case(
        ctx,
        uow,
        case,
        CaseTrigger.RESOLVE,
        by=by,
        detail={"decision": decision.value},
        decision=decision.value,
        assigned_to=by.actor,
    )
    await add_agent_note(ctx, uow, settled, kind=NoteKind.RESOLUTION, text=words, key=key)
    await add_agent_words(ctx, uow, conversation_id=case.conversation_id, text=words, key=key)
    return settled


async def _carry_out(
    ctx: Context, uow: UnitOfWork, case: Case, decision: Decision, plan: _Plan, *, by: By
) -> Return | None:
    """A return that the shop is to be told of; None where there is none."""
    if plan.goods is not None:
        return await file_claimed(ctx, uow, case, plan.goods, again=decision is Decision.RESEND, by=by)
    if plan.amount is not None and plan.funds is not None:
        await grant_adjustment(
            ctx,
            uow,
            kind=CauseKind.CLAIM,
            case=case,
            amount=plan.amount,
            funds=plan.funds,
            key=f"claim:{case.id}",
            by=by,
        )
    elif plan.order is None and decision is not Decision.DECLINED:
        await _have_done(ctx, uow, case, by=by)
    return None


async def _have_done(ctx: Context, uow: UnitOfWork, case: Case, *, by: By) -> None:
    await add_case(
        ctx,
        uow,
        conversation_id=case.conversation_id,
        customer_id=case.customer_id,
        kind=CaseKind.APPROVAL,
        reason=f"claim_{case.decision}",
        summary=f"{case.number} {case.order_number or ''}".strip(),
        key=f"claim:{case.id}",
        promise=ctx.promise,
        by=by,
        order_number=case.order_number,
        department=case.department,
    )
