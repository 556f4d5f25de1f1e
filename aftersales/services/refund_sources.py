"""What may still be paid back of an order's payments, and how an amount is shared over them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aftersales.domain.errors import NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, Payment
from aftersales.domain.refunds import RESERVING, Refund, RefundState
from aftersales.domain.tender import Source, split_rest
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

_AT_THE_SHOP = frozenset({RefundState.SUCCEEDED, RefundState.EXTERNAL})


@dataclass(frozen=True, slots=True)
class Funds:
    """An order's payments as the shop tells them, and which of our refunds its `refunded` surely includes.

    `orders` are the customer's newest, risk.MOST_ORDERS at most.
    """

    order: Order
    booked: frozenset[str]
    orders: tuple[Order, ...] = ()


async def funds_of(ctx: Context, order: Order) -> Funds:
    """Reads the order again after noting what had settled, so that nothing is counted neither here nor there.

    Raises NotFound and Unavailable. Must not be called inside a transaction.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        booked = await _booked(uow, order)
    return Funds(await ctx.shop.get_order(order.id), booked) if booked else Funds(order, booked)


async def lock_payments(uow: UnitOfWork, payments: Iterable[Payment]) -> None:
    """Each payment's lock until the transaction ends, in the order of ids, so that two cannot deadlock."""
    for payment_id in sorted(payment.id for payment in payments):
        await uow.refunds.lock_payment(payment_id)


async def share_refund(
    ctx: Context, uow: UnitOfWork, amount: Money, funds: Funds, *, earlier: Iterable[Refund] = ()
) -> list[tuple[Payment, Money]]:
    """Which part of the amount goes back to which payment, as the policy's tender rules say.

    `earlier` refunds cover a part of it. The caller holds the payments' locks. Less than the amount in all where
    the payments do not cover it.
    """
    covered: dict[str, Money] = {}
    for refund in earlier:
        covered[refund.payment_id] = covered.get(refund.payment_id, Money.zero(amount.currency)) + refund.amount
    rules, payments = ctx.policy.refunds, {payment.id: payment for payment in funds.order.payments}
    sources = [
        Source(id=payment.id, method=payment.method, free=await free_of(uow, payment, funds=funds), place=place)
        for place, payment in enumerate(funds.order.payments)
    ]
    parts = split_rest(amount, sources, covered=covered, mode=rules.tender, order=rules.tender_order)
    return [(payments[payment_id], part) for payment_id, part in parts]


async def free_of(uow: UnitOfWork, payment: Payment, *, funds: Funds, without: str = "") -> Money:
    """What may still be granted of a payment whose lock the caller holds; `without` is a refund not to count.

    Our settled refunds stand in the shop's `refunded` too and count once; all of ours together never exceed
    what was captured, even when the shop books late.
    """
    ours = await uow.refunds.of_payment(payment.id)
    reserving = [refund for refund in ours if refund.state in RESERVING and refund.id != without]
    currency = payment.captured.currency
    beside = payment.refundable - sum_of((r for r in reserving if r.id not in funds.booked), currency)
    return max(min(beside, payment.captured - sum_of(reserving, currency)), Money.zero(currency))


async def refunds_of(uow: UnitOfWork, payments: Iterable[Payment]) -> list[Refund]:
    """Payment by payment, of each the oldest first."""
    return [refund for payment in payments for refund in await uow.refunds.of_payment(payment.id)]


def payment_of(order: Order, refund: Refund) -> Payment:
    """Raises NotFound when the shop does not know the payment of the refund (any more)."""
    for payment in order.payments:
        if payment.id == refund.payment_id:
            return payment
    raise NotFound("payment")


def sum_of(refunds: Iterable[Refund], currency: str) -> Money:
    return Money(sum(refund.amount.minor for refund in refunds), currency)


async def quote_tender(ctx: Context, order: Order, amount: Money) -> list[tuple[Payment, Money]]:
    """How the amount would be shared today, for a look at it: nothing is locked and nothing is promised."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await share_refund(ctx, uow, amount, Funds(order, await _booked(uow, order)))


async def _booked(uow: UnitOfWork, order: Order) -> frozenset[str]:
    """What a person paid by other means is in no provider's books; the shop may have noted it, or not."""
    ours = await refunds_of(uow, order.payments)
    return frozenset(refund.id for refund in ours if refund.state in _AT_THE_SHOP and not refund.by_hand)
