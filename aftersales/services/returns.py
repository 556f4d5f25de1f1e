"""Returns from the question what is allowed to the parcel's way back; receipt and refund are in return_receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aftersales.domain.errors import Conflict, Invalid, NotFound, Refused
from aftersales.domain.ids import dated_number, new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy import Quote
from aftersales.domain.policy_evaluate import evaluate_return
from aftersales.domain.reasons import Reason
from aftersales.domain.returns import Return, ReturnLine, ReturnState, ReturnTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.cases import close_case_of
from aftersales.services.context import Context
from aftersales.services.conversations import clean_text
from aftersales.services.moves import By, move_return, open_return
from aftersales.services.news import tell_later
from aftersales.services.return_confirmation import (
    add_return_case,
    approval_key,
    confirm_with_shop,
    continue_requested,
    try_release,
    withdraw,
)
from aftersales.services.return_receipt import close_return, continue_received, receive_return
from aftersales.services.return_units import (
    access_standing,
    check_units_left,
    count_units,
    with_held,
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
    "quote_return",
    "receive_return",
    "reject_return",
    "request_return",
    "ship_return",
]

LONGEST_COMMENT = 1000
MOST_ATTACHMENTS = 10
_LONGEST_KEY = 200
_LONGEST_PARCEL_WORD = 60
_TRIES = 20  # five random digits a day: a clash is drawn again


async def quote_return(ctx: Context, *, order: Order, items: Sequence[tuple[str, int]], reason: Reason) -> Quote:
    """What the policy says today about returning (line id, units) of an order that the caller may see.

    Units held by returns that the shop does not know of yet count as requested.
    Raises NotFound for no such line, and Invalid when `items` is empty.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        ours = await uow.returns.of_order(order.id)
    return _quote(ctx, with_held(order, ours), items, reason)


async def request_return(
    ctx: Context,
    *,
    customer_id: str | None,
    order_number: str,
    items: Sequence[tuple[str, int]],
    reason: Reason,
    comment: str = "",
    attachment_ids: Sequence[str] = (),
    conversation_id: str | None = None,
    channel: str,
    key: str,
    agreed: Money | None = None,
) -> Return:
    """Files a return; the same key again gives the same return.

    `agreed` is the amount that the customer said yes to: any other by now is Conflict("amount_changed").

    The order's lock is held while units are counted. Approved at once, unless the policy wants a person or a
    photo is missing that it asks for: then it waits with a case. When the shop cannot be reached it stays
    requested and the worker carries on. `comment` is cut at 1000 characters.
    Raises NotFound (order, line or attachment missing or another's), Refused, Conflict (units taken meanwhile,
    key of another customer, "key_used" for other goods), Invalid (items, quantity, key, attachment_ids),
    Unavailable.
    """
    if not 0 < len(key) <= _LONGEST_KEY:
        raise Invalid("key")
    if len(attachment_ids) > MOST_ATTACHMENTS:
        raise Invalid("attachment_ids")
    wanted = count_units(items)
    standing = await access_standing(ctx, customer_id=customer_id, number=order_number)
    by = By(f"customer:{customer_id}", channel)
    async with ctx.unit_of_work() as uow:
        await uow.returns.lock_order(standing.order.id)
        known = await uow.returns.by_key(key)
        if known is not None:
            return _same(known, customer_id=customer_id, order_id=standing.order.id, wanted=wanted)
        await _check_attachments(uow, attachment_ids, conversation_id=conversation_id)
        order = with_held(standing.order, await uow.returns.of_order(standing.order.id), filed=standing.filed)
        check_units_left(order, wanted)
        quote = _quote(ctx, order, list(wanted.items()), reason)
        if not quote.decision.allowed:
            raise Refused(quote.decision)
        if agreed is not None and quote.decision.amount != agreed:
            raise Conflict("amount_changed")
        draft = _draft(ctx, order, quote, key=key, reason=reason, photos=tuple(attachment_ids))
        draft = replace(draft, comment=clean_text(comment)[:LONGEST_COMMENT], conversation_id=conversation_id)
        item = await _add(ctx, uow, draft, by=by)
    return item if item.needs_human else await confirm_with_shop(ctx, item, by=by, tell=False)


async def approve_return(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Return:
    """A person lets a requested return go ahead; the shop is told only now, and then the customer.

    Raises NotFound, and Conflict when it is not requested any more.
    """
    by = By(actor, channel)
    async with ctx.unit_of_work() as uow:
        item = await _locked(uow, number)
        item = await move_return(uow, item, ReturnTrigger.APPROVE, by=by, at=ctx.clock.now())
        await close_case_of(ctx, uow, key=approval_key(item.id), by=by)
    return await confirm_with_shop(ctx, item, by=by, tell=True)


async def reject_return(ctx: Context, *, number: str, actor: str, reason: str, channel: str = "desk") -> Return:
    """A person turns a requested return down; `reason` is for the journal. Raises NotFound, Conflict."""
    async with ctx.unit_of_work() as uow:
        item = await _locked(uow, number)
        why = clean_text(reason)[:LONGEST_COMMENT]
        item = await withdraw(ctx, uow, item, ReturnTrigger.REJECT, by=By(actor, channel), reason=why)
        await tell_later(ctx, uow, item, "utter_returns_rejected", key=f"return-rejected:{item.id}")
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


def _quote(ctx: Context, order: Order, items: Sequence[tuple[str, int]], reason: Reason) -> Quote:
    return evaluate_return(ctx.policy, order=order, items=items, reason=reason, today=ctx.today(), zone=ctx.zone)


def _same(known: Return, *, customer_id: str | None, order_id: str, wanted: Mapping[str, int]) -> Return:
    if known.customer_id != customer_id:
        raise Conflict("key of another customer")
    if known.order_id != order_id or {line.line_id: line.quantity for line in known.lines} != wanted:
        raise Conflict("key_used")
    return known


async def _locked(uow: UnitOfWork, number: str) -> Return:
    return await uow.returns.lock((await uow.returns.by_number(number)).id)


async def _check_attachments(
    uow: UnitOfWork, attachment_ids: Sequence[str], *, conversation_id: str | None
) -> None:
    for attachment_id in attachment_ids:
        attachment = await uow.attachments.get(attachment_id)
        if attachment.conversation_id != conversation_id:
            raise NotFound("attachment")


def _draft(
    ctx: Context, order: Order, quote: Quote, *, key: str, reason: Reason, photos: tuple[str, ...]
) -> Return:
    decision, now = quote.decision, ctx.clock.now()
    return Return(
        id=new_id(),
        number="",
        key=key,
        state=ReturnState.REQUESTED,
        order_id=order.id,
        order_number=order.number,
        customer_id=order.customer.id,
        conversation_id=None,
        lines=tuple(
            ReturnLine(line_id=line.line_id, quantity=line.quantity, amount=line.decision.amount)
            for line in quote.lines
        ),
        reason=reason,
        comment="",
        attachment_ids=photos,
        amount=decision.amount,
        fee=decision.fee,
        who_pays_shipping=decision.who_pays_shipping,
        rule_id=decision.rule_id,
        policy_version=decision.version,
        needs_human=decision.needs_human or (decision.photo_required and not photos),
        shop_reference=None,
        created_at=now,
        updated_at=now,
    )


async def _add(ctx: Context, uow: UnitOfWork, draft: Return, *, by: By) -> Return:
    """The return under a free number, with its first entry and, where a person decides, the case."""
    for _ in range(_TRIES):
        item = replace(draft, number=dated_number("RT", ctx.today()))
        try:
            await uow.returns.add(item)
        except Conflict:
            continue
        await open_return(uow, item, by=by)
        if item.needs_human:
            await add_return_case(ctx, uow, item, reason="return_approval", key=approval_key(item.id), by=by)
        return item
    raise Conflict("no free number, or the key is taken")
