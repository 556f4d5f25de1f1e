"""Asking for a return, an exchange or a refund without a return: what the rules say, and filing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aftersales.domain.errors import Conflict, Invalid, NotFound, Refused
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy import Quote, QuotedLine
from aftersales.domain.policy_evaluate import Matter
from aftersales.domain.policy_exceptions import Excepted, evaluate_exception
from aftersales.domain.policy_remedies import evaluate, possible_remedies
from aftersales.domain.policy_rules import Policy
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Replacement, Swap, Wish
from aftersales.domain.returns import Return, ReturnLine, ReturnState
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import clean_text
from aftersales.services.exchange_choice import read_swaps, worth_of
from aftersales.services.moves import By, open_return
from aftersales.services.numbers import add_numbered
from aftersales.services.remedy_news import tell_filed
from aftersales.services.return_cases import add_return_case, approval_key
from aftersales.services.return_confirmation import confirm_with_shop
from aftersales.services.return_units import (
    access_standing,
    check_units_left,
    count_units,
    with_held,
    with_lower_prices,
)
from aftersales.services.stand_ins import StandIn, check_stand_in

LONGEST_COMMENT = 1000
MOST_ATTACHMENTS = 10
_LONGEST_KEY = 200
_RETURN = Wish()


async def quote_return(
    ctx: Context, *, order: Order, items: Sequence[tuple[str, int]], reason: Reason, wish: Wish = _RETURN
) -> Quote:
    """What the policy says today about a wish for (line id, units) of an order that the caller may see.

    It is the policy of the day of purchase. Units held by returns that the shop does not know of yet count as
    requested. Raises NotFound for no such line or variant, Invalid when `items` is empty, and Unavailable.
    """
    swaps = await read_swaps(ctx, order=order, items=items, reason=reason, wish=wish)
    matter = _matter(ctx, await _as_held(ctx, order), items, reason)
    quote = evaluate(ctx.policy_for(order), wish=wish, swaps=swaps, **matter)
    return quote if quote.decision.allowed else await _within_reach(ctx, quote)


async def quote_exception(
    ctx: Context, *, order: Order, items: Sequence[tuple[str, int]], reason: Reason, wish: Wish = _RETURN
) -> Excepted | None:
    """What it would come to with the windows that have closed taken as met; see policy_exceptions.

    None where that is not needed or not enough. Raises as quote_return does.
    """
    swaps = await read_swaps(ctx, order=order, items=items, reason=reason, wish=wish)
    policy, matter = ctx.policy_for(order), _matter(ctx, await _as_held(ctx, order), items, reason)
    plain = evaluate(policy, wish=wish, swaps=swaps, **matter)
    return evaluate_exception(policy, plain=plain, wish=wish, swaps=swaps, **matter)


async def _within_reach(ctx: Context, quote: Quote) -> Quote:
    """Without an exchange as alternative where the shop cannot make one."""
    if (await ctx.shop.capabilities()).exchanges:
        return quote
    decision = quote.decision
    kept = tuple(other for other in decision.alternatives if other.remedy is not Remedy.EXCHANGE)
    return replace(quote, decision=replace(decision, alternatives=kept))


async def possible_remedies_of(
    ctx: Context, *, order: Order, items: Sequence[tuple[str, int]], reason: Reason
) -> tuple[Remedy, ...]:
    """What the policy would allow today for these units and this reason. Raises as quote_return does."""
    held = await _as_held(ctx, order)
    able = await ctx.shop.capabilities()
    found = possible_remedies(
        ctx.policy_for(order), order=held, items=items, reason=reason, today=ctx.today(), zone=ctx.zone
    )
    return tuple(remedy for remedy in found if able.exchanges or remedy is not Remedy.EXCHANGE)


async def request_return(
    ctx: Context,
    *,
    customer_id: str | None,
    order_number: str,
    items: Sequence[tuple[str, int]],
    reason: Reason,
    wish: Wish = _RETURN,
    comment: str = "",
    attachment_ids: Sequence[str] = (),
    conversation_id: str | None = None,
    channel: str,
    key: str,
    agreed: Money | None = None,
    agreed_to_pay: Money | None = None,
    stand_in: StandIn | None = None,
) -> Return:
    """Files a return, an exchange or a refund without a return; the same key again gives the same one.

    `agreed` is the amount that the customer said yes to, `agreed_to_pay` what he is to pay in an exchange: any
    other by now is Conflict("amount_changed").

    The order's lock is held while units are counted. Approved at once, unless the policy wants a person or a
    photo is missing that it asks for: then it waits with a case. When the shop cannot be reached it stays
    requested and the worker carries on; goods for an exchange that are gone by then reject it. `comment` is cut at
    1000 characters. With a `stand_in` a person of the shop files it in their own name: the customer, who does not
    wait for an answer here, is told in the conversation, and what was excepted is journalled.

    Raises NotFound (order, line, variant or attachment missing or another's), Refused, Conflict (units taken
    meanwhile, key of another customer, "key_used" for other goods or another remedy), Invalid (items, quantity,
    key, attachment_ids, variants), Unavailable, and as check_stand_in.
    """
    if not 0 < len(key) <= _LONGEST_KEY:
        raise Invalid("key")
    if len(attachment_ids) > MOST_ATTACHMENTS:
        raise Invalid("attachment_ids")
    wanted = count_units(items)
    standing = await access_standing(ctx, customer_id=customer_id, number=order_number)
    swaps = await read_swaps(ctx, order=standing.order, items=items, reason=reason, wish=wish)
    if wish.remedy is Remedy.EXCHANGE and swaps.keys() != wanted.keys():
        raise Invalid("variants")
    by = By(stand_in.account.actor if stand_in else f"customer:{customer_id}", channel)
    async with ctx.unit_of_work() as uow:
        await uow.returns.lock_order(standing.order.id)
        known = await uow.returns.by_key(key)
        if known is not None:
            return _same(known, customer_id=customer_id, order_id=standing.order.id, wanted=wanted, wish=wish)
        if stand_in:
            await check_stand_in(uow, stand_in, conversation_id=conversation_id, customer_id=customer_id)
        await _check_attachments(uow, attachment_ids, conversation_id=conversation_id)
        order = with_held(standing.order, await uow.returns.of_order(standing.order.id), filed=standing.filed)
        order = await with_lower_prices(uow, order)
        check_units_left(order, wanted)
        matter = _matter(ctx, order, list(wanted.items()), reason)
        quote, detail = _decide(ctx.policy_for(order), matter, wish, swaps, stand_in)
        _check_agreed(quote, agreed=agreed, to_pay=agreed_to_pay)
        draft = _draft(ctx, order, quote, key=key, reason=reason, photos=tuple(attachment_ids), swaps=swaps)
        draft = replace(draft, comment=clean_text(comment)[:LONGEST_COMMENT], conversation_id=conversation_id)
        item = await add_return(ctx, uow, draft, by=by, detail=detail)
        if stand_in:
            await tell_filed(ctx, uow, item)
    return item if item.needs_human else await confirm_with_shop(ctx, item, by=by, tell=stand_in is not None)


async def _as_held(ctx: Context, order: Order) -> Order:
    async with ctx.unit_of_work(read_only=True) as uow:
        return await with_lower_prices(uow, with_held(order, await uow.returns.of_order(order.id)))


def _matter(ctx: Context, order: Order, items: Sequence[tuple[str, int]], reason: Reason) -> Matter:
    return Matter(order=order, items=items, reason=reason, today=ctx.today(), zone=ctx.zone)


def _decide(
    policy: Policy, matter: Matter, wish: Wish, swaps: Mapping[str, Swap], stand_in: StandIn | None
) -> tuple[Quote, Mapping[str, Any]]:
    """The decision, and what the journal says of an exception: why, and the ids of the rules that were waived."""
    plain = evaluate(policy, wish=wish, swaps=swaps, **matter)
    if stand_in is None or not stand_in.exception:
        return plain, {}
    excepted = evaluate_exception(policy, plain=plain, wish=wish, swaps=swaps, **matter)
    if excepted is None:
        return plain, {}
    return excepted.quote, {"exception": stand_in.exception, "waived": list(excepted.waived)}


def _check_agreed(quote: Quote, *, agreed: Money | None, to_pay: Money | None) -> None:
    decision = quote.decision
    if not decision.allowed:
        raise Refused(decision)
    if agreed is not None and (decision.amount, decision.to_pay) != (agreed, to_pay):
        raise Conflict("amount_changed")


def _same(
    known: Return, *, customer_id: str | None, order_id: str, wanted: Mapping[str, int], wish: Wish
) -> Return:
    if known.customer_id != customer_id:
        raise Conflict("key of another customer")
    units = {line.line_id: line.quantity for line in known.lines}
    if (known.order_id, known.remedy, units) != (order_id, wish.remedy, wanted):
        raise Conflict("key_used")
    return known


async def _check_attachments(
    uow: UnitOfWork, attachment_ids: Sequence[str], *, conversation_id: str | None
) -> None:
    for attachment_id in attachment_ids:
        attachment = await uow.attachments.get(attachment_id)
        if attachment.conversation_id != conversation_id:
            raise NotFound("attachment")


def _draft(
    ctx: Context,
    order: Order,
    quote: Quote,
    *,
    key: str,
    reason: Reason,
    photos: tuple[str, ...],
    swaps: Mapping[str, Swap],
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
        lines=tuple(_line(order, line, swaps.get(line.line_id)) for line in quote.lines),
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
        remedy=decision.remedy,
        to_pay=decision.to_pay,
    )


def _line(order: Order, quoted: QuotedLine, swap: Swap | None) -> ReturnLine:
    """What comes in exchange was paid with what goes back, more or less the difference."""
    line_id, units, decision = quoted.line_id, quoted.quantity, quoted.decision
    replacement = None
    if swap is not None:
        paid = worth_of(order.line(line_id), units) - decision.amount
        replacement = Replacement(
            variant_id=swap.variant.id,
            title=swap.variant.title,
            options=swap.variant.options,
            paid=paid + decision.to_pay if decision.to_pay else paid,
        )
    return ReturnLine(line_id=line_id, quantity=units, amount=decision.amount, replacement=replacement)


async def add_return(
    ctx: Context, uow: UnitOfWork, draft: Return, *, by: By, detail: Mapping[str, Any] | None = None
) -> Return:
    """The return under a free number, with its first entry and, where a person decides, the case."""
    item = await add_numbered(uow.returns, draft, prefix="RT", day=ctx.today())
    await open_return(uow, item, by=by, detail=detail)
    if item.needs_human:
        await add_return_case(ctx, uow, item, reason="return_approval", key=approval_key(item.id), by=by)
    return item
