"""The goods of a parcel that never came: refunded, sent again, or cancelled where they were never sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aftersales.domain.cases import Case
from aftersales.domain.changes import ChangeKind
from aftersales.domain.errors import Conflict
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Replacement
from aftersales.domain.returns import Return, ReturnLine, ReturnState, ReturnTrigger
from aftersales.ports import UnitOfWork
from aftersales.services.changes import Wish, quote_change, request_change
from aftersales.services.context import Context
from aftersales.services.exchange_choice import list_choices, worth_of
from aftersales.services.moves import By, move_return
from aftersales.services.return_requests import add_return
from aftersales.services.return_units import with_held, with_lower_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedGoods:
    """`units` by line id, as left in `order`. `refund` is what was paid for them, never above what is left."""

    order: Order
    units: Mapping[str, int]
    refund: Money

    async def can_be_sent(self, ctx: Context) -> bool:
        """False where the shop sends nothing again by itself. Raises Conflict("out_of_stock"), Unavailable."""
        if not (await ctx.shop.capabilities()).exchanges:
            return False
        for line_id, count in self.units.items():
            line = self.order.line(line_id)
            choices = await list_choices(ctx, order=self.order, line=line)
            if not any(choice.id == line.variant_id and choice.stock >= count for choice in choices):
                raise Conflict("out_of_stock")
        return True


async def claimed_goods(ctx: Context, case: Case, order: Order) -> ClaimedGoods:
    """What the parcel of the claim held, or all parcels where none is told.

    Units that went back, are on their way back or were dealt with are not claimed once more. The delivery charge
    is part of the refund when nothing else of the order is left.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        held = with_held(order, await uow.returns.of_order(order.id))
        held = await with_lower_prices(uow, held)
    parcels = [parcel for parcel in order.fulfilments if parcel.tracking_number == case.facts.get("tracking")]
    named = {line_id for parcel in parcels for line_id, _ in parcel.lines}
    lines = [line for line in held.lines if line.returnable and (not named or line.id in named)]
    worth = sum((worth_of(line, line.returnable) for line in lines), Money.zero(order.currency))
    whole = sum(line.returnable for line in lines) == sum(line.quantity - line.cancelled for line in order.lines)
    left = sum((payment.refundable for payment in order.payments), Money.zero(order.currency))
    return ClaimedGoods(
        order=held,
        units={line.id: line.returnable for line in lines},
        refund=min(worth + order.shipping_paid if whole else worth, max(left, Money.zero(order.currency))),
    )


async def file_claimed(
    ctx: Context, uow: UnitOfWork, case: Case, goods: ClaimedGoods, *, again: bool, by: By
) -> Return:
    """An approved return of what never came, for money or (`again`) for the same goods; the shop is told next.

    The caller holds the order's lock. Raises Conflict when its units were taken meanwhile.
    """
    order = with_held(goods.order, await uow.returns.of_order(goods.order.id))
    if any(order.line(line_id).returnable < count for line_id, count in goods.units.items()):
        raise Conflict("units are being returned already")
    now, zero = ctx.clock.now(), Money.zero(order.currency)
    draft = Return(
        id=new_id(),
        number="",
        key=f"claim:{case.id}",
        state=ReturnState.REQUESTED,
        order_id=order.id,
        order_number=order.number,
        customer_id=order.customer.id,
        conversation_id=case.conversation_id or None,
        lines=tuple(_line(goods.order.line(item), count, again=again) for item, count in goods.units.items()),
        reason=Reason.MISSING_ITEM,
        comment=case.number,
        attachment_ids=(),
        amount=zero if again else goods.refund,
        fee=zero,
        who_pays_shipping="merchant",
        rule_id="claim",
        policy_version=ctx.policy.version,
        needs_human=False,
        shop_reference=None,
        created_at=now,
        updated_at=now,
        remedy=Remedy.EXCHANGE if again else Remedy.REFUND_ONLY,
    )
    item = await add_return(ctx, uow, draft, by=by)
    return await move_return(uow, item, ReturnTrigger.APPROVE, by=by, at=now)


async def cancel_unsent(ctx: Context, case: Case, order: Order, *, by: By) -> None:
    """Takes what was never sent out of the order, which pays it back; once per case.

    Raises Conflict with the obstacle, also when nothing is left to cancel.
    """
    units = {line.id: line.unsent for line in order.lines if line.unsent}
    if not units:
        raise Conflict("nothing to refund")
    wish = Wish(kind=ChangeKind.CANCEL, units=units)
    quote = await quote_change(ctx, order=order, wish=wish)
    await request_change(
        ctx,
        customer_id=case.customer_id,
        order_number=order.number,
        wish=wish,
        agreed=quote.amount,
        conversation_id=case.conversation_id or None,
        channel=by.channel,
        key=f"claim:{case.id}",
        by=by,
    )


def _line(line: OrderLine, count: int, *, again: bool) -> ReturnLine:
    worth = worth_of(line, count)
    if not again:
        return ReturnLine(line_id=line.id, quantity=count, amount=worth)
    same = Replacement(variant_id=line.variant_id, title=line.title, options=line.options, paid=worth)
    return ReturnLine(line_id=line.id, quantity=count, amount=Money.zero(worth.currency), replacement=same)
