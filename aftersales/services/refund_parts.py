"""Other refunds in the place of one that waits: their amounts add up to its own, and they wait as it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aftersales.domain.approvals import Grounds
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.refunds import Refund, RefundState, RefundTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.moves import By, move_refund, open_refund


async def replace_by_parts(
    ctx: Context,
    uow: UnitOfWork,
    refund: Refund,
    amounts: Sequence[Money],
    *,
    grounds: Grounds,
    by: By,
    detail: Mapping[str, Any],
) -> list[Refund]:
    """Cancels a waiting refund and writes one per amount, out of the same payment; as much stays reserved.

    The caller holds the locks of the refund and of its cause. Raises ValueError for amounts that do not add up.
    """
    if sum(amount.minor for amount in amounts) != refund.amount.minor:
        raise ValueError("the parts do not add up to the refund")
    now = ctx.clock.now()
    await move_refund(uow, refund, RefundTrigger.CANCEL, by=by, at=now, detail=detail)
    parts = []
    for amount in amounts:
        part = replace(
            refund,
            id=new_id(),
            key=_key(refund),
            state=RefundState.CREATED,
            amount=amount,
            failure=None,
            provider_reference=None,
            attempts=0,
            next_attempt_at=None,
            created_at=now,
            updated_at=now,
        )
        await uow.refunds.add(part)
        await open_refund(uow, part, by=by)
        await uow.reviews.add(part.id, grounds, at=now)
        parts.append(await move_refund(uow, part, RefundTrigger.HOLD, by=by, at=now))
    return parts


def _key(refund: Refund) -> str:
    """Another key of the same attempt: its number stays the last part."""
    attempt = refund.key.rpartition(":")[2]
    return f"{refund.cause_id}:{refund.payment_id}:{new_id()[:12]}:{attempt}"
