"""Paying the difference back when the shop's own price has fallen: looked up at the shop, once per line."""

from __future__ import annotations

from collections.abc import Sequence

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.price_drops import PriceDrop, price_drops
from aftersales.domain.refunds import CauseKind
from aftersales.ports import UnitOfWork
from aftersales.services.adjustments import grant_adjustment
from aftersales.services.context import Context
from aftersales.services.external_refunds import read_funds
from aftersales.services.moves import By
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
        owed = sum((drop.amount for drop in drops), Money.zero(funds.order.currency))
        if not drops or owed != agreed:
            raise Conflict("amount_changed")
        return [
            await grant_adjustment(
                ctx,
                uow,
                kind=CauseKind.PRICE_PROTECTION,
                case=case,
                amount=drop.amount,
                funds=funds,
                key=f"price:{funds.order.id}:{drop.line_id}"[:200],
                by=by,
                line=(drop.line_id, drop.units),
            )
            for drop in drops
        ]


async def _prices(ctx: Context, order: Order) -> dict[str, Money]:
    found = [
        await ctx.shop.list_variants(product_id, currency=order.currency)
        for product_id in dict.fromkeys(line.product_id for line in order.lines)
    ]
    return {variant.id: variant.price for variants in found for variant in variants}


async def _drops(ctx: Context, uow: UnitOfWork, order: Order, prices: dict[str, Money]) -> Sequence[PriceDrop]:
    given = {item.line_id for item in await uow.adjustments.of_order(order.id) if item.line_id is not None}
    held = with_held(order, await uow.returns.of_order(order.id))
    rules = ctx.policy_for(order).refunds.price_protection
    return price_drops(held, prices, rules, given=given, today=ctx.today(), zone=ctx.zone)
