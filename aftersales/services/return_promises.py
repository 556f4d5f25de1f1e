"""What customers are promised about a return or a change of an order, by the rules under which it was agreed."""

from __future__ import annotations

from aftersales.domain.changes import Change
from aftersales.domain.promises import Subject
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return, ReturnState
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.promises import Promised, promise_parcel, promise_refund


async def promise_for_return(ctx: Context, uow: UnitOfWork, item: Return) -> None:
    """Called when its refund is granted, or the new goods are to be sent: the days count from today.

    The same days as services.return_views tells.
    """
    policy = ctx.policy_named(item.policy_version)
    about = Promised(
        subject=Subject.RETURN,
        id=item.id,
        number=item.number,
        conversation_id=item.conversation_id,
        customer_id=item.customer_id,
    )
    if item.state is ReturnState.REPLACING:
        await promise_parcel(ctx, uow, about, days=policy.remedies.exchange.dispatch.days)
    by_rule = policy.remedies.refund_only.refund if item.remedy is Remedy.REFUND_ONLY else policy.refund
    await promise_refund(ctx, uow, about, days=by_rule.days, amount=item.amount)


async def promise_for_change(ctx: Context, uow: UnitOfWork, change: Change) -> None:
    """Called when what is paid back for it is granted."""
    about = Promised(
        subject=Subject.CHANGE,
        id=change.id,
        number=change.number,
        conversation_id=change.conversation_id,
        customer_id=change.customer_id,
    )
    await promise_refund(ctx, uow, about, days=ctx.policy.orders.cancel.days, amount=change.amount)
