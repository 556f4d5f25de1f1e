"""Refunds that a person pays by other means: a bank transfer, cash over the counter."""

from __future__ import annotations

from dataclasses import replace

from aftersales.domain.errors import Conflict, Invalid, NotFound, Unavailable
from aftersales.domain.refund_disputes import is_disputed
from aftersales.domain.refunds import COVERING, Cause, CauseKind, Refund, RefundState, RefundTrigger
from aftersales.domain.returns import Return, ReturnState
from aftersales.ports import UnitOfWork
from aftersales.services.cases import close_case_of
from aftersales.services.context import Context
from aftersales.services.conversations import clean_text
from aftersales.services.external_refunds import read_bare_funds
from aftersales.services.moves import By, move_refund
from aftersales.services.news import tell_of_refund
from aftersales.services.refund_cases import failed_key
from aftersales.services.refund_contradictions import ask_provider, close_disputes
from aftersales.services.refund_outcomes import close_when_paid
from aftersales.services.refund_sources import Funds, free_of, payment_of, sum_of
from aftersales.services.refunds import close_decided

_LONGEST_REFERENCE = 200


async def record_manual_refund(
    ctx: Context, *, refund_id: str, reference: str, actor: str, channel: str = "desk"
) -> Refund:
    """A person says that this refund was paid by other means, and under which reference; it settles its cause.

    For a refund that waits for a person, one that failed, and one of which the provider tells what cannot be. The
    same reference again is harmless. Raises NotFound, Invalid (reference), Unavailable, and Conflict in any other
    state, when something else covers it by now, when its provider pays all of it, and when the payment has not as
    much left.
    """
    words = check_reference(reference)
    async with ctx.unit_of_work(read_only=True) as uow:
        seen = await uow.refunds.get(refund_id)
    if is_disputed(seen):
        await _check_unpaid(ctx, seen)
    funds = await read_bare_funds(ctx, seen.order_id)
    by = By(actor, channel)
    async with ctx.unit_of_work() as uow:
        cause = await lock_cause(uow, seen)
        await uow.refunds.lock_payment(seen.payment_id)
        refund = await uow.refunds.lock(refund_id)
        if refund.by_hand and refund.provider_reference == words:
            return refund
        await _check_open(uow, refund, cause, funds)
        paid = await move_refund(
            uow,
            refund,
            RefundTrigger.RECORD,
            by=by,
            at=ctx.clock.now(),
            by_hand=True,
            provider_reference=words,
            failure=None,
            detail={"reference": words},
        )
        await _follow(ctx, uow, paid, by=by)
        return paid


def check_reference(given: str) -> str:
    """Of a transfer or a receipt, in clean words. Raises Invalid."""
    words = clean_text(given)
    if not 0 < len(words) <= _LONGEST_REFERENCE:
        raise Invalid("reference")
    return words


def may_be_recorded(refund: Refund) -> bool:
    """Whether a person may say that it was paid by other means."""
    return is_disputed(refund) or refund.state in {RefundState.AWAITING_APPROVAL, RefundState.FAILED}


async def lock_cause(uow: UnitOfWork, refund: Refund) -> Cause:
    """What the refund is for, with its row held until the transaction ends. Raises NotFound."""
    if refund.cause_kind is CauseKind.RETURN:
        return _cause_of(await uow.returns.lock(refund.cause_id))
    if refund.cause_kind is CauseKind.CHANGE:
        return (await uow.changes.lock(refund.cause_id)).cause
    if refund.cause_kind is CauseKind.SHOP:
        raise NotFound("cause")
    return (await uow.adjustments.lock(refund.cause_id)).cause


async def _check_unpaid(ctx: Context, refund: Refund) -> None:
    """Raises Conflict when its provider pays as much or more by now.

    A provider that cannot be asked holds nobody up: it is the only way out where one is gone for good.
    """
    try:
        tale = await ask_provider(ctx, refund.id)
    except Unavailable:
        return
    if not tale.leaves_something(refund):
        raise Conflict("paid by the provider")


async def _follow(ctx: Context, uow: UnitOfWork, paid: Refund, *, by: By) -> None:
    """Closes what asked for the refund, tells the customer, and closes the return that is paid with it."""
    await close_decided(ctx, uow, paid, by=by)
    await close_case_of(ctx, uow, key=failed_key(paid.id), by=by)
    await close_disputes(ctx, uow, paid.id, by=by)
    await tell_of_refund(ctx, uow, paid, "utter_refunds_paid_by_hand", key=f"refund-by-hand:{paid.id}")
    if paid.cause_kind is CauseKind.RETURN:
        await close_when_paid(ctx, uow, paid.cause_id, by=by)


def _cause_of(item: Return) -> Cause:
    """Of an exchange that was cancelled after its difference was paid, that difference is owed."""
    given_back = item.to_pay if item.state is ReturnState.CANCELLED else None
    return replace(item.cause, amount=given_back) if given_back else item.cause


async def _check_open(uow: UnitOfWork, refund: Refund, cause: Cause, funds: Funds) -> None:
    if not may_be_recorded(refund):
        raise Conflict(f"recorded in state {refund.state}")
    if refund.state in {RefundState.SUBMITTED, RefundState.UNKNOWN}:
        return  # its money may have left already, and its amount is reserved
    others = [r for r in await uow.refunds.of_cause(cause.id) if r.state in COVERING and r.id != refund.id]
    if cause.amount - sum_of(others, refund.amount.currency) < refund.amount:
        raise Conflict("covered")
    free = await free_of(uow, payment_of(funds.order, refund), funds=funds, without=refund.id)
    if free < refund.amount:
        raise Conflict("refundable")
