"""Decisions on returns that were asked for, and the parcel's way back; asking is in return_requests."""

from __future__ import annotations

from aftersales.domain.accounts import Right
from aftersales.domain.approvals import FiledByApprover
from aftersales.domain.errors import Invalid
from aftersales.domain.returns import Return, ReturnState, ReturnTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.cases import close_case_of
from aftersales.services.context import Context
from aftersales.services.conversations import clean_text
from aftersales.services.moves import By, move_return
from aftersales.services.remedy_news import tell_rejected
from aftersales.services.return_cases import approval_key
from aftersales.services.return_confirmation import confirm_with_shop, continue_requested, try_release, withdraw
from aftersales.services.return_receipt import close_return, continue_received, receive_return
from aftersales.services.return_requests import (
    LONGEST_COMMENT,
    MOST_ATTACHMENTS,
    possible_remedies_of,
    quote_return,
    request_return,
)
from aftersales.services.return_views import (
    ReturnStep,
    ReturnView,
    access_return,
    find_filed,
    list_returns,
    own_return,
)

__all__ = [
    "MOST_ATTACHMENTS",
    "ReturnStep",
    "ReturnView",
    "access_return",
    "approve_return",
    "cancel_return",
    "close_return",
    "continue_received",
    "continue_requested",
    "find_filed",
    "list_returns",
    "possible_remedies_of",
    "quote_return",
    "receive_return",
    "reject_return",
    "request_return",
    "ship_return",
]

_LONGEST_PARCEL_WORD = 60


async def approve_return(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Return:
    """A person lets a requested return go ahead; the shop is told only now, and then the customer.

    Raises NotFound, Conflict when it is not requested any more, and FiledByApprover where the same person filed it
    for the customer while somebody else could decide.
    """
    by = By(actor, channel)
    async with ctx.unit_of_work() as uow:
        item = await _locked(uow, number)
        await _check_filer(uow, item, actor=actor)
        item = await move_return(uow, item, ReturnTrigger.APPROVE, by=by, at=ctx.clock.now())
        await close_case_of(ctx, uow, key=approval_key(item.id), by=by)
    return await confirm_with_shop(ctx, item, by=by, tell=True)


async def reject_return(ctx: Context, *, number: str, actor: str, reason: str, channel: str = "desk") -> Return:
    """A person turns a requested return down; `reason` is for the journal. Raises NotFound, Conflict."""
    async with ctx.unit_of_work() as uow:
        item = await _locked(uow, number)
        why = clean_text(reason)[:LONGEST_COMMENT]
        item = await withdraw(ctx, uow, item, ReturnTrigger.REJECT, by=By(actor, channel), reason=why)
        await tell_rejected(ctx, uow, item)
    await try_release(ctx, item.id)
    return item


async def cancel_return(ctx: Context, *, customer_id: str | None, number: str, actor: str, channel: str) -> Return:
    """Takes a return back; the shop gives the units free, now or as soon as it can be reached.

    Harmless when it is cancelled already. Raises NotFound (also for another's), and Conflict once the parcel is
    on its way.
    """
    async with ctx.unit_of_work() as uow:
        seen = await own_return(uow, customer_id=customer_id, number=number)
        item = await uow.returns.lock(seen.id)
        if item.state is ReturnState.CANCELLED:
            return item
        item = await withdraw(ctx, uow, item, ReturnTrigger.CANCEL, by=By(actor, channel))
    await try_release(ctx, item.id)
    return item


async def ship_return(
    ctx: Context,
    *,
    customer_id: str | None,
    number: str,
    tracking_number: str,
    carrier: str = "",
    channel: str = "web",
) -> Return:
    """Notes that the customer has sent the parcel; carrier and tracking number stand in the journal.

    The same tracking number again is harmless. Raises NotFound, Invalid, and Conflict in any other state than
    awaiting_parcel.
    """
    detail = {"carrier": clean_text(carrier), "tracking_number": clean_text(tracking_number)}
    if not detail["tracking_number"]:
        raise Invalid("tracking_number")
    for field, value in detail.items():
        if len(value) > _LONGEST_PARCEL_WORD:
            raise Invalid(field)
    by = By(f"customer:{customer_id}", channel)
    async with ctx.unit_of_work() as uow:
        seen = await own_return(uow, customer_id=customer_id, number=number)
        item = await uow.returns.lock(seen.id)
        if item.state is ReturnState.IN_TRANSIT:
            last = (await uow.journal.of("return", item.id))[-1]
            if last.detail.get("tracking_number") == detail["tracking_number"]:
                return item
        return await move_return(uow, item, ReturnTrigger.SHIP, by=by, at=ctx.clock.now(), detail=detail)


async def _check_filer(uow: UnitOfWork, item: Return, *, actor: str) -> None:
    """Four eyes; whoever works alone decides alone."""
    filed = (await uow.journal.of("return", item.id))[0]
    if filed.actor != actor or not actor.startswith("agent:"):
        return
    if any(one.may(Right.HANDLE_RETURNS) for one in await uow.accounts.all() if one.actor != actor):
        raise FiledByApprover


async def _locked(uow: UnitOfWork, number: str) -> Return:
    return await uow.returns.lock((await uow.returns.by_number(number)).id)
