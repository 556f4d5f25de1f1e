"""Granting refunds: how much of which payment, held or released, written before anybody is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aftersales.domain.cases import CaseKind
from aftersales.domain.errors import Conflict
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, Payment
from aftersales.domain.refunds import RESERVING, Cause, CauseKind, Refund, RefundState, RefundTrigger
from aftersales.domain.returns import ReturnState
from aftersales.ports import UnitOfWork
from aftersales.services.cases import add_case, close_case_of
from aftersales.services.context import Context
from aftersales.services.moves import By, move_refund, open_refund
from aftersales.services.refund_outcomes import unpayable_key

_AT_THE_SHOP = frozenset({RefundState.SUCCEEDED, RefundState.EXTERNAL})


@dataclass(frozen=True, slots=True)
class Funds:
    """An order's payments as the shop tells them, and which of our refunds its `refunded` surely includes."""

    order: Order
    booked: frozenset[str]


async def read_funds(ctx: Context, order_id: str) -> Funds:
    """Reads the order after noting what had settled, so that nothing is counted neither here nor there.

    Raises NotFound and Unavailable. Must not be called inside a transaction.
    """
    order = await ctx.shop.get_order(order_id)
    async with ctx.unit_of_work(read_only=True) as uow:
        ours = [refund for payment in order.payments for refund in await uow.refunds.of_payment(payment.id)]
    booked = frozenset(refund.id for refund in ours if refund.state in _AT_THE_SHOP)
    return Funds(await ctx.shop.get_order(order_id), booked) if booked else Funds(order, booked)


async def grant_refund(ctx: Context, uow: UnitOfWork, *, cause: Cause, funds: Funds, by: By) -> Sequence[Refund]:
    """Writes refunds for what of the amount owed no refund covers yet, one per payment, in the order's order.

    The caller holds the lock of what causes it; each payment's lock is taken here, in the order of ids, and held
    until the transaction ends. Never more is granted than captured − refunded at the shop − reserved by us. Above
    the policy's automatic limit, or when the payments do not cover it all, the refunds wait for a person, with a
    case.
    """
    earlier = await uow.refunds.of_cause(cause.id)
    missing = cause.amount - _sum((r for r in earlier if r.state in RESERVING), cause.amount.currency)
    if missing.minor <= 0:
        return []
    payments = funds.order.payments
    for payment_id in sorted(payment.id for payment in payments):
        await uow.refunds.lock_payment(payment_id)
    free = [(payment, await _free(uow, payment, booked=funds.booked)) for payment in payments]
    parts = _split(missing, free)
    short = sum(part.minor for _, part in parts) < missing.minor
    held = short or cause.amount > ctx.policy.automatic_limit.of(cause.amount.currency)
    attempt = 1 + max((_attempt(refund) for refund in earlier), default=0)
    granted = [
        await _write(ctx, uow, cause=cause, payment=payment, amount=part, attempt=attempt, held=held, by=by)
        for payment, part in parts
    ]
    if held:
        await _file(
            ctx, uow, cause=cause, reason="refund_short" if short else "refund_approval", attempt=attempt, by=by
        )
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


async def approve_refund(ctx: Context, *, refund_id: str, actor: str, channel: str = "desk") -> Refund:
    """Releases a refund that waits for a person. Raises NotFound, and Conflict in any other state."""
    return await _decide(ctx, refund_id, RefundTrigger.APPROVE, by=By(actor, channel))


async def cancel_refund(ctx: Context, *, refund_id: str, actor: str, channel: str = "desk") -> Refund:
    """Takes back a refund that was not submitted yet. Raises NotFound, and Conflict in any other state."""
    return await _decide(ctx, refund_id, RefundTrigger.CANCEL, by=By(actor, channel))


async def _decide(ctx: Context, refund_id: str, trigger: RefundTrigger, *, by: By) -> Refund:
    async with ctx.unit_of_work() as uow:
        refund = await uow.refunds.lock(refund_id)
        decided = await move_refund(uow, refund, trigger, by=by, at=ctx.clock.now())
        await close_case_of(ctx, uow, key=await unpayable_key(uow, refund.id), by=by)
        await uow.refunds.lock_cause(refund.cause_id)  # of two deciding at once, the second sees the first
        siblings = await uow.refunds.of_cause(refund.cause_id)
        if not any(other.state is RefundState.AWAITING_APPROVAL for other in siblings):
            await close_case_of(ctx, uow, key=_case_key(refund.cause_id, _attempt(refund)), by=by)
        return decided


def _sum(refunds: Iterable[Refund], currency: str) -> Money:
    return Money(sum(refund.amount.minor for refund in refunds), currency)


async def _free(uow: UnitOfWork, payment: Payment, *, booked: frozenset[str]) -> Money:
    """What may still be granted of a payment whose lock the caller holds.

    Our settled refunds stand in the shop's `refunded` too and count once; all of ours together never exceed
    what was captured, even when the shop books late.
    """
    reserving = [r for r in await uow.refunds.of_payment(payment.id) if r.state in RESERVING]
    currency = payment.captured.currency
    beside = payment.refundable - _sum((r for r in reserving if r.id not in booked), currency)
    return max(min(beside, payment.captured - _sum(reserving, currency)), Money.zero(currency))


def _split(amount: Money, free: Sequence[tuple[Payment, Money]]) -> list[tuple[Payment, Money]]:
    parts: list[tuple[Payment, Money]] = []
    for payment, available in free:
        part = min(amount, available)
        if part.minor > 0:
            parts.append((payment, part))
            amount = amount - part
    return parts


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
    if not held:
        return refund
    return await move_refund(uow, refund, RefundTrigger.HOLD, by=by, at=now)


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
