"""Price protection: what is owed because the shop's own price fell since the goods were bought. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.money import Money, share
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.refund_rules import PriceProtection


@dataclass(frozen=True, slots=True)
class PriceDrop:
    """`units` of a line that the customer has or will get, and what is owed for them together."""

    line_id: str
    units: int
    amount: Money


def price_drops(
    order: Order,
    prices: Mapping[str, Money],
    rules: PriceProtection,
    *,
    given: Collection[str],
    today: date,
    zone: ZoneInfo,
) -> tuple[PriceDrop, ...]:
    """The lines that cost less by now; `prices` are the shop's own of today, by variant id.

    The day after payment (the shop's zone) is day 1. What counts is what was paid for the line: who bought with a
    coupon has had that much off already. Units that went back or were cancelled do not count, nor do lines that
    are in `given`, goods with one of the excluded traits, and prices in another currency.
    """
    captured = [payment.captured_at for payment in order.payments if payment.captured_at]
    paid_on = max(captured, default=order.placed_at).astimezone(zone).date()
    if order.is_cancelled or today > paid_on + timedelta(days=rules.days):
        return ()
    open_lines = [line for line in order.lines if line.id not in given and not line.tags & rules.excluded]
    found = (_drop(line, prices.get(line.variant_id), rules) for line in open_lines)
    return tuple(drop for drop in found if drop is not None)


def _drop(line: OrderLine, price: Money | None, rules: PriceProtection) -> PriceDrop | None:
    gone = line.cancelled + line.returned + line.return_requested + line.dismissed
    kept = line.quantity - gone
    if price is None or price.currency != line.paid.currency or kept < 1:
        return None
    paid = share(line.paid, of=line.quantity, taken=gone, take=kept)
    owed = paid - Money(price.minor * kept, price.currency)
    most = rules.most.get(owed.currency, owed)
    return PriceDrop(line.id, kept, min(owed, most)) if owed.minor > 0 and most.minor > 0 else None


def lowered(line: OrderLine, *, amount: Money, units: int) -> OrderLine:
    """The line as if it had cost less: each of the `units` that a price difference was paid for is worth less.

    Rounded up, so that the units together are never worth more than what was paid less the difference.
    """
    off = -(-amount.minor * line.quantity // units) if units else 0
    return replace(line, paid=Money(max(0, line.paid.minor - off), line.paid.currency))
