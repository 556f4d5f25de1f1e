"""Cases in which people are asked about a refund, and refunds that wait until one has decided."""

from __future__ import annotations

from aftersales.domain.cases import CaseKind
from aftersales.domain.refunds import CauseKind, Refund, RefundState, RefundTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.cases import add_case
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By, move_refund

BY_HAND = "refund_by_hand"  # the reason of a case: its provider cannot pay it back
_PAID_AFTER_ALL = "refund_paid_after_all"


async def file_refund_case(ctx: Context, uow: UnitOfWork, refund: Refund, *, reason: str, key: str = "") -> None:
    """Once per key, which is made of the reason and the refund where none is given."""
    await add_case(
        ctx,
        uow,
        conversation_id=refund.conversation_id or "",
        customer_id=refund.customer_id,
        kind=CaseKind.APPROVAL,
        reason=reason,
        summary=f"{refund.cause_number} {_words(refund)} {refund.failure or ''}".rstrip(),
        key=key or f"{reason}:{refund.id}",
        promise=ctx.promise,
        order_number=refund.order_number,
        return_number=refund.cause_number if refund.cause_kind is CauseKind.RETURN else None,
    )


async def hold_case(ctx: Context, uow: UnitOfWork, refund: Refund, *, reason: str, by: By) -> Refund:
    """A created refund, whose lock the caller holds, waits for a person, with a case that the decision closes."""
    held = await move_refund(uow, refund, RefundTrigger.HOLD, by=by, at=ctx.clock.now())
    await file_refund_case(ctx, uow, held, reason=reason, key=await unpayable_key(uow, refund.id))
    return held


async def note_paid_after_all(ctx: Context, uow: UnitOfWork, refund: Refund) -> None:
    """Tells people that a refund which was given up is paid, or being paid. Its lock is held."""
    await file_refund_case(ctx, uow, refund, reason=_PAID_AFTER_ALL)
    await hold_others(ctx, uow, refund)


async def hold_others(ctx: Context, uow: UnitOfWork, paid: Refund) -> None:
    """What was granted in the place of a refund that is paid after all waits for a person, if it was not sent."""
    for other in await uow.refunds.of_cause(paid.cause_id):
        if other.state is RefundState.CREATED:
            locked = await uow.refunds.lock(other.id)
            if locked.state is RefundState.CREATED:
                await hold_case(ctx, uow, locked, reason=_PAID_AFTER_ALL, by=WORKER)


def failed_key(refund_id: str) -> str:
    """The key of the case about a refund that failed."""
    return f"refund_failed:{refund_id}"


async def unpayable_key(uow: UnitOfWork, refund_id: str) -> str:
    """The key of the case about a refund that cannot be paid, another one each time it is held."""
    holds = sum(entry.trigger == RefundTrigger.HOLD for entry in await uow.journal.of("refund", refund_id))
    return f"unpayable:{refund_id}:{holds}"


def _words(refund: Refund) -> str:
    return f"{refund.amount.decimal()} {refund.amount.currency}"
