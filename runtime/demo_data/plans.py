"""From what should have happened to an order to its record, with sums exact to the minor unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from aftersales.domain.money import Money, share
from aftersales.stores.shop_records import (
    FulfilledRecord,
    FulfilmentRecord,
    LineRecord,
    OrderRecord,
    PaymentRecord,
)
from runtime.demo_data.catalogue import Buyer, Catalogue

_ZONE = ZoneInfo("Asia/Shanghai")
_TO_PAY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Item:
    """`returned` of its units are back."""

    variant_id: str
    quantity: int = 1
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Parcel:
    """Holds all units of the items at these positions."""

    items: tuple[int, ...]
    shipped_at: datetime
    delivered_at: datetime | None
    carrier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One order. `tail` are the last five digits of its number; `coupon` is percent off the goods.

    `refund`: nothing, everything, or what the returned units were paid with.
    """

    tail: int
    buyer: Buyer
    placed_at: datetime
    items: tuple[Item, ...]
    parcels: tuple[Parcel, ...] = ()
    paid: bool = True
    coupon: int = 0
    gift_card: bool = False
    refund: Literal["nothing", "everything", "returned"] = "nothing"
    cancelled_at: datetime | None = None
    charged_twice: bool = False


def build_order(plan: Plan, catalogue: Catalogue) -> OrderRecord:
    """The record of a plan; its number is RD, the day it was placed in Shanghai, and the tail."""
    currency = plan.buyer.currency
    paid = _paid_by_line(plan, catalogue)
    goods = sum(paid, Money.zero(currency))
    shipping = Money(0 if goods.minor >= 9900 else 1000 if currency == "CNY" else 490, currency)
    total = goods + shipping
    order_id = f"ord_{plan.tail:05d}"
    return OrderRecord(
        id=order_id,
        number=f"RD{plan.placed_at.astimezone(_ZONE):%Y%m%d}{plan.tail:05d}",
        customer_id=plan.buyer.record.id,
        placed_at=plan.placed_at,
        cancelled_at=plan.cancelled_at,
        country=plan.buyer.country,
        currency=currency,
        total=total.decimal(),
        shipping_paid=shipping.decimal(),
        address=plan.buyer.address,
        lines=[_line(plan, order_id, index, paid=amount) for index, amount in enumerate(paid)],
        fulfilments=[_fulfilment(plan, order_id, index) for index in range(len(plan.parcels))],
        payments=_payments(plan, order_id, total=total, back=_refunded(plan, paid=paid, total=total)),
    )


def _paid_by_line(plan: Plan, catalogue: Catalogue) -> list[Money]:
    """Line totals less the coupon, which is spread over the lines by value, to the last minor unit."""
    currency = plan.buyer.currency
    gross = [catalogue.price(item.variant_id, currency).minor * item.quantity for item in plan.items]
    whole = sum(gross)
    paid, before = [], 0
    for minor in gross:
        off = _coupon_upto(plan, before + minor, whole) - _coupon_upto(plan, before, whole)
        paid.append(Money(minor - off, currency))
        before += minor
    return paid


def _coupon_upto(plan: Plan, minor: int, whole: int) -> int:
    discount = whole * plan.coupon // 100
    return discount * minor // whole if whole else 0


def _line(plan: Plan, order_id: str, index: int, *, paid: Money) -> LineRecord:
    item = plan.items[index]
    sent = any(index in parcel.items for parcel in plan.parcels)
    return LineRecord(
        id=f"{order_id}_{index + 1}",
        variant_id=item.variant_id,
        quantity=item.quantity,
        fulfilled=item.quantity if sent else 0,
        returned=item.returned,
        paid=paid.decimal(),
    )


def _fulfilment(plan: Plan, order_id: str, index: int) -> FulfilmentRecord:
    parcel = plan.parcels[index]
    return FulfilmentRecord(
        id=f"{order_id}_parcel{index + 1}",
        carrier=parcel.carrier,
        tracking_number=f"DEMO{plan.tail:05d}{index + 1:03d}",
        shipped_at=parcel.shipped_at,
        delivered_at=parcel.delivered_at,
        lines=[
            FulfilledRecord(line_id=f"{order_id}_{item + 1}", quantity=plan.items[item].quantity)
            for item in parcel.items
        ],
    )


def _refunded(plan: Plan, *, paid: Sequence[Money], total: Money) -> Money:
    zero = Money.zero(total.currency)
    if plan.refund == "nothing":
        return zero
    if plan.refund == "everything":
        return total
    lines = zip(plan.items, paid, strict=True)
    return sum(
        (share(sold, of=item.quantity, taken=0, take=item.returned) for item, sold in lines if item.returned),
        zero,
    )


def _payments(plan: Plan, order_id: str, *, total: Money, back: Money) -> list[PaymentRecord]:
    """A gift card over a third of the total, where there is one, and the rest; refunds fill the rest first."""
    if not plan.paid or not total:
        return []
    card = total.minor // 3 if plan.gift_card else 0
    local = ("wechat_pay", "alipay") if plan.buyer.currency == "CNY" else ("card", "paypal")
    parts = [(local[plan.tail % 2], total.minor - card), *([("gift_card", card)] if card else [])]
    if plan.charged_twice:
        parts = parts * 2
    payments, left = [], back.minor
    for index, (provider, minor) in enumerate(parts, 1):
        refunded = min(left, minor)
        left -= refunded
        payments.append(
            PaymentRecord(
                id=f"{order_id}_pay{index}",
                provider=provider,
                captured=Money(minor, total.currency).decimal(),
                refunded=Money(refunded, total.currency).decimal(),
                captured_at=plan.placed_at + index * _TO_PAY,
            )
        )
    return payments
