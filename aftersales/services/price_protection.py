"""Paying the difference back when the shop's own price has fallen: looked up at the shop, once per line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.price_drops import Nothing, PriceDrop, last_day, price_drops, why_nothing
from aftersales.domain.promises import Subject
from aftersales.domain.refund_rules import PriceProtection
from aftersales.domain.refunds import CauseKind, RefundState
from aftersales.ports import UnitOfWork
from aftersales.services.access import access_order
from aftersales.services.adjustments import grant_adjustment
from aftersales.services.context import Context
from aftersales.services.external_refunds import read_funds
from aftersales.services.moves import By
from aftersales.services.promises import Promised, promise_refund
from aftersales.services.refund_sources import Funds
from aftersales.services.return_units import with_held


async def quote_price_drops(ctx: Context, case: Case) -> Sequence[PriceDrop]:
    """What is owed for a complaint because its order's goods cost less by now. Raises NotFound, Unavailable."""
    if case.kind is not CaseKind.COMPLAINT or case.order_number is None:
        return ()
    order = await ctx.shop.find_order(case.order_number)
    prices = await _prices(ctx, order)
    async with ctx.unit_of_work(read_only=True) as uow:
        return await _drops(ctx, uow, order, prices)


async def refund_price_drops(
    ctx: Context, *, number: str, agreed: Money, actor: str, channel: str = "desk"
) -> Sequence[Adjustment]:
    """Pays back for a complaint by how much its order's goods cost less by now; each line once, for ever.

    `agreed` is the sum that the person saw: any other by now is Conflict("amount_changed"). Prices come from the
    shop alone. Raises NotFound, Unavailable, Conflict also when nothing is owed or the payments do not cover it.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        seen = await uow.cases.by_number(number)
    if seen.kind is not CaseKind.COMPLAINT or seen.order_number is None:
        raise Conflict("no complaint about an order")
    funds = await read_funds(ctx, (await ctx.shop.find_order(seen.order_number)).id)
    prices, by = await _prices(ctx, funds.order), By(actor, channel)
    async with ctx.unit_of_work() as uow:
        await uow.returns.lock_order(funds.order.id)
        case = await uow.cases.lock(number)
        if case.customer_id != funds.order.customer.id:
            raise NotFound("order")
        drops = await _drops(ctx, uow, funds.order, prices)
        if not drops or _total(drops, funds.order) != agreed:
            raise Conflict("amount_changed")
        return await _grant(ctx, uow, drops, funds=funds, by=by, case=case)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCheck:
    """What an order's customer is owed because prices fell, or why nothing is; `rules` are those of its own day.

    `last_day` is the last one on which a lower price counts.
    """

    order: Order
    drops: Sequence[PriceDrop]
    nothing: Nothing | None
    rules: PriceProtection
    last_day: date

    @property
    def owed(self) -> Money:
        return _total(self.drops, self.order)


async def check_price_drops(ctx: Context, *, customer_id: str, order_number: str) -> PriceCheck:
    """For the customer's own order, by the shop's own prices. Raises NotFound (also "not yours"), Unavailable."""
    order = await access_order(ctx, customer_id=customer_id, number=order_number)
    prices, rules = await _prices(ctx, order), ctx.policy_for(order).refunds.price_protection
    async with ctx.unit_of_work(read_only=True) as uow:
        held, given = await _standing(uow, order)
    drops = price_drops(held, prices, rules, given=given, today=ctx.today(), zone=ctx.zone)
    why = None if drops else why_nothing(held, rules, given=given, today=ctx.today(), zone=ctx.zone)
    last = last_day(order, rules, zone=ctx.zone)
    return PriceCheck(order=order, drops=drops, nothing=why, rules=rules, last_day=last)


async def claim_price_drops(
    ctx: Context, *, customer_id: str, order_number: str, agreed: Money, conversation_id: str, channel: str
) -> Sequence[Adjustment]:
    """The customer's own claim, filed with its refunds and the promise of their day; each line once, for ever.

    `agreed` is the sum that was shown. Asked again for what this conversation was given already, that is told.
    Above the automatic limit, or with signs of risk, people agree first, as to any refund. Raises NotFound,
    Unavailable, and Conflict when any other sum is owed by now or the payments do not cover it.
    """
    seen = await access_order(ctx, customer_id=customer_id, number=order_number)
    funds = await read_funds(ctx, seen.id)
    prices, by = await _prices(ctx, funds.order), By(f"customer:{customer_id}", channel)
    async with ctx.unit_of_work() as uow:
        await uow.returns.lock_order(funds.order.id)
        drops = await _drops(ctx, uow, funds.order, prices)
        if not drops:
            return await _told_again(uow, funds.order, agreed=agreed, conversation_id=conversation_id)
        if _total(drops, funds.order) != agreed:
            raise Conflict("amount_changed")
        granted = await _grant(ctx, uow, drops, funds=funds, by=by, conversation_id=conversation_id)
        days = ctx.policy_for(funds.order).refunds.price_protection.refund_days
        for item in granted:
            await promise_refund(ctx, uow, _promised(item), days=days, amount=item.amount)
        return granted


async def waits_for_people(ctx: Context, items: Sequence[Adjustment]) -> bool:
    """Whether people have to agree before one of them is paid."""
    async with ctx.unit_of_work(read_only=True) as uow:
        refunds = [refund for item in items for refund in await uow.refunds.of_cause(item.id)]
    return any(refund.state is RefundState.AWAITING_APPROVAL for refund in refunds)


async def _grant(
    ctx: Context,
    uow: UnitOfWork,
    drops: Sequence[PriceDrop],
    *,
    funds: Funds,
    by: By,
    case: Case | None = None,
    conversation_id: str | None = None,
) -> Sequence[Adjustment]:
    """An adjustment for each; the caller holds the order's lock."""
    return [
        await grant_adjustment(
            ctx,
            uow,
            kind=CauseKind.PRICE_PROTECTION,
            case=case,
            amount=drop.amount,
            funds=funds,
            key=_key(funds.order, drop),
            by=by,
            line=(drop.line_id, drop.units),
            conversation_id=conversation_id,
        )
        for drop in drops
    ]


async def _told_again(
    uow: UnitOfWork, order: Order, *, agreed: Money, conversation_id: str
) -> Sequence[Adjustment]:
    """What the conversation was given before, if it comes to this sum. Raises Conflict."""
    given = [item for item in await _given(uow, order) if item.conversation_id == conversation_id]
    if not given or sum((item.amount for item in given), Money.zero(order.currency)) != agreed:
        raise Conflict("amount_changed")
    return given


async def _given(uow: UnitOfWork, order: Order) -> Sequence[Adjustment]:
    return [item for item in await uow.adjustments.of_order(order.id) if item.line_id is not None]


def _promised(item: Adjustment) -> Promised:
    return Promised(
        subject=Subject.ADJUSTMENT,
        id=item.id,
        number=item.number,
        conversation_id=item.conversation_id,
        customer_id=item.customer_id,
    )


def _key(order: Order, drop: PriceDrop) -> str:
    return f"price:{order.id}:{drop.line_id}"[:200]


async def _prices(ctx: Context, order: Order) -> dict[str, Money]:
    found = [
        await ctx.shop.list_variants(product_id, currency=order.currency)
        for product_id in dict.fromkeys(line.product_id for line in order.lines)
    ]
    return {variant.id: variant.price for variants in found for variant in variants}


async def _drops(ctx: Context, uow: UnitOfWork, order: Order, prices: dict[str, Money]) -> Sequence[PriceDrop]:
    held, given = await _standing(uow, order)
    rules = ctx.policy_for(order).refunds.price_protection
    return price_drops(held, prices, rules, given=given, today=ctx.today(), zone=ctx.zone)


async def _standing(uow: UnitOfWork, order: Order) -> tuple[Order, set[str]]:
    """The order with what its returns hold, and the lines whose difference was paid."""
    given = {item.line_id for item in await _given(uow, order) if item.line_id is not None}
    return with_held(order, await uow.returns.of_order(order.id)), given


def _total(drops: Sequence[PriceDrop], order: Order) -> Money:
    return sum((drop.amount for drop in drops), Money.zero(order.currency))
