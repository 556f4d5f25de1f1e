"""Cases about a return: what a person has to decide or to put right."""

from __future__ import annotations

from aftersales.domain.cases import CaseKind
from aftersales.domain.returns import Return
from aftersales.ports import UnitOfWork
from aftersales.services.cases import add_case
from aftersales.services.context import Context
from aftersales.services.moves import WORKER, By


async def file_return_case(ctx: Context, item: Return, *, reason: str) -> None:
    """A case about a return that only a person can put right; once per return and reason."""
    async with ctx.unit_of_work() as uow:
        await add_return_case(ctx, uow, item, reason=reason, key=f"{reason}:{item.id}")


async def add_return_case(
    ctx: Context, uow: UnitOfWork, item: Return, *, reason: str, key: str, by: By = WORKER
) -> None:
    """As file_return_case, inside the caller's transaction and with a key of its own."""
    money = item.to_pay or item.amount
    await add_case(
        ctx,
        uow,
        conversation_id=item.conversation_id or "",
        customer_id=item.customer_id,
        kind=CaseKind.APPROVAL,
        reason=reason,
        summary=f"{item.number} {money.decimal()} {money.currency}",
        key=key,
        promise=ctx.promise,
        by=by,
        order_number=item.order_number,
        return_number=item.number,
    )


def approval_key(return_id: str) -> str:
    """The key of the case in which a person decides on a return."""
    return f"approve-return:{return_id}"


def payment_key(return_id: str) -> str:
    """The key of the case in which a person has a difference paid that no provider could ask for."""
    return f"exchange-payment:{return_id}"
