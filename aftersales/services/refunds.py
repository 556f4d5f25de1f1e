"""Granting refunds: how much of which payment, held or released, written before anybody is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aftersales.domain.approvals import Review
from aftersales.domain.cases import CaseKind
from aftersales.domain.errors import Conflict
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.refunds import COVERING, Cause, CauseKind, Refund, RefundState, RefundTrigger, uncovered
from aftersales.domain.returns import ReturnState
from aftersales.ports import UnitOfWork
from aftersales.services.cases import add_case, close_case_of
from aftersales.services.context import Context
from aftersales.services.external_refunds import ELSEWHERE, read_funds, was_paid_elsewhere
from aftersales.services.moves import By, move_refund, open_refund
from aftersales.services.refund_cases import BY_HAND, hold_case, unpayable_key
from aftersales.services.refund_reviews import weigh
from aftersales.services.refund_sources import Funds, lock_payments, share_refund

__all__ = ["Funds", "cancel_refund", "decide_waiting", "grant_again", "grant_refund", "read_funds"]


async def grant_refund(ctx: Context, uow: UnitOfWork, *, cause: Cause, funds: Funds, by: By) -> Sequence[Refund]:
    """Writes refunds for what of the amount owed no refund covers yet, one per payment that a part goes back to.

    The caller holds the lock of what causes it; each payment's lock is taken here, in the order of ids, and held
    until the transaction ends. Never more is granted than captured − refunded at the shop − reserved by us, shared
    as the policy's tender rules say. When people have to agree, when the payments do not cover it all, and when
    the shop has paid something back itself since this was owed, the refunds wait for people, with a case; so
    does each part that its provider cannot pay back by itself. What a coupon paid is forfeited where the policy
    keeps coupons.
    """
    await lock_payments(uow, funds.order.payments)
    earlier = await uow.refunds.of_cause(cause.id)  # behind the locks: another may have covered it meanwhile
    missing = uncovered(cause.amount, earlier)
    if missing.minor <= 0:
        return []
    covering = [refund for refund in earlier if refund.state in COVERING]
    parts = await share_refund(ctx, uow, cause.amount, funds, earlier=covering)
    short = sum(part.minor for _, part in parts) < missing.minor
    level, grounds = await weigh(ctx, uow, cause=cause, funds=funds, earlier=earlier, by=by)
    reason = await _why_held(uow, cause, funds, short=short, level=level)
    held, attempt = bool(reason), 1 + max((_attempt(refund) for refund in earlier), default=0)
    granted = [
        await _write(ctx, uow, cause=cause, payment=payment, amount=part, attempt=attempt, held=held, by=by)
        for payment, part in parts
    ]
    for refund in granted:
        await uow.reviews.add(refund.id, grounds, at=ctx.clock.now())
    if reason:
        await _file(ctx, uow, cause=cause, reason=reason, attempt=attempt, by=by)
    return granted


async def grant_again(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Sequence[Refund]:
    """A person's new attempt for what failed or was cancelled; nothing when all of it is covered.

    Raises NotFound, Unavailable, and Conflict for a return that is not inspected.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        seen = await uow.returns.by_number(number)
    funds = await read_funds(ctx, seen.order_id)
    async with ctx.unit_of_work() as uow:
        item = await uow.returns.lock(seen.id)
        if item.state is not ReturnState.INSPECTED:
            raise Conflict(f"refund in state {item.state}")
        return await grant_refund(ctx, uow, cause=item.cause, funds=funds, by=By(actor, channel))


async def cancel_refund(ctx: Context, *, refund_id: str, actor: str, channel: str = "desk") -> Refund:
    """Takes back a refund that was not submitted yet. Raises NotFound, and Conflict in any other state."""
    return await _decide(ctx, refund_id, RefundTrigger.CANCEL, by=By(actor, channel))


async def _decide(ctx: Context, refund_id: str, trigger: RefundTrigger, *, by: By) -> Refund:
    async with ctx.unit_of_work() as uow:
        return await decide_waiting(ctx, uow, await uow.refunds.lock(refund_id), trigger, by=by)


async def decide_waiting(
    ctx: Context,
    uow: UnitOfWork,
    refund: Refund,
    trigger: RefundTrigger,
    *,
    by: By,
    detail: Mapping[str, Any] | None = None,
) -> Refund:
    """Moves a refund whose lock the caller holds, and closes the cases that nobody has to see to any more."""
    decided = await move_refund(uow, refund, trigger, by=by, at=ctx.clock.now(), detail=detail)
    await close_decided(ctx, uow, decided, by=by)
    return decided


async def close_decided(ctx: Context, uow: UnitOfWork, refund: Refund, *, by: By) -> None:
    """Closes the cases in which a person was asked about a refund, now that one has decided. Its lock is held."""
    await close_case_of(ctx, uow, key=await unpayable_key(uow, refund.id), by=by)
    await uow.refunds.lock_cause(refund.cause_id)  # of two deciding at once, the second sees the first
    siblings = await uow.refunds.of_cause(refund.cause_id)
    if not any(other.state is RefundState.AWAITING_APPROVAL for other in siblings):
        for other in siblings:  # also of those that were lowered or split
            await close_case_of(ctx, uow, key=await unpayable_key(uow, other.id), by=by)
        await close_case_of(ctx, uow, key=_case_key(refund.cause_id, _attempt(refund)), by=by)


async def _why_held(uow: UnitOfWork, cause: Cause, funds: Funds, *, short: bool, level: Review) -> str:
    """Why people release these refunds; empty where nobody has to."""
    if short:
        return "refund_short"
    if await was_paid_elsewhere(uow, cause, funds.order.payments):
        return ELSEWHERE
    return "" if level is Review.AUTOMATIC else "refund_approval"


async def _write(
    ctx: Context,
    uow: UnitOfWork,
    *,
    cause: Cause,
    payment: Payment,
    amount: Money,
    attempt: int,
    held: bool,
    by: By,
) -> Refund:
    now = ctx.clock.now()
    refund = Refund(
        id=new_id(),
        key=f"{cause.id}:{payment.id}:{attempt}",
        state=RefundState.CREATED,
        cause_kind=cause.kind,
        cause_id=cause.id,
        cause_number=cause.number,
        conversation_id=cause.conversation_id,
        policy_version=cause.policy_version,
        order_id=cause.order_id,
        order_number=cause.order_number,
        customer_id=cause.customer_id,
        payment_id=payment.id,
        amount=amount,
        reason=f"{cause.kind} {cause.number}",
        provider_reference=None,
        failure=None,
        attempts=0,
        next_attempt_at=None,
        created_at=now,
        updated_at=now,
    )
    await uow.refunds.add(refund)
    await open_refund(uow, refund, by=by)
    if payment.method is PaymentMethod.COUPON and not ctx.policy.refunds.returns_coupons:
        return await move_refund(uow, refund, RefundTrigger.FORFEIT, by=by, at=now)
    if held:
        return await move_refund(uow, refund, RefundTrigger.HOLD, by=by, at=now)
    return refund if payment.supports_auto_refund else await hold_case(ctx, uow, refund, reason=BY_HAND, by=by)


async def _file(ctx: Context, uow: UnitOfWork, *, cause: Cause, reason: str, attempt: int, by: By) -> None:
    await add_case(
        ctx,
        uow,
        conversation_id=cause.conversation_id or "",
        customer_id=cause.customer_id,
        kind=CaseKind.APPROVAL,
        reason=reason,
        summary=f"{cause.number} {cause.amount.decimal()} {cause.amount.currency}",
        key=_case_key(cause.id, attempt),
        promise=ctx.promise,
        by=by,
        order_number=cause.order_number,
        return_number=cause.number if cause.kind is CauseKind.RETURN else None,
    )


def _case_key(cause_id: str, attempt: int) -> str:
    return f"approve-refund:{cause_id}:{attempt}"


def _attempt(refund: Refund) -> int:
    return int(refund.key.rpartition(":")[2])
