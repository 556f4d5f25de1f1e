"""Price protection: what is owed because the shop's own price fell since the goods were bought. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from aftersales.domain.money import Money, share
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.refund_rules import PriceProtection


@dataclass(frozen=True, slots=True)
class PriceDrop:
    """`units` of a line that the customer has or will get: what was paid for them together, what they cost at the
    shop now, and what is owed.
    """

    line_id: str
    units: int
    amount: Money
    paid: Money
    now: Money


class Nothing(StrEnum):
    """Why nothing is owed for an order."""

    TOO_LATE = "too_late"
    GONE = "gone"
    GIVEN = "given"
    EXCLUDED = "excluded"
    NOT_LOWER = "not_lower"


def last_day(order: Order, rules: PriceProtection, *, zone: ZoneInfo) -> date:
    """The last day on which a lower price counts; the day after payment (the shop's zone) is day 1."""
    captured = [payment.captured_at for payment in order.payments if payment.captured_at]
    return max(captured, default=order.placed_at).astimezone(zone).date() + timedelta(days=rules.days)


def why_nothing(
    order: Order, rules: PriceProtection, *, given: Collection[str], today: date, zone: ZoneInfo
) -> Nothing:
    """The reason to tell for an order without price drops; `given` as for price_drops."""
    kept = [line for line in order.lines if _kept(line) > 0]
    if order.is_cancelled or not kept:
        return Nothing.GONE
    if today > last_day(order, rules, zone=zone):
        return Nothing.TOO_LATE
    counting = [line for line in kept if not line.tags & rules.excluded]
    if not counting:
        return Nothing.EXCLUDED
    return Nothing.GIVEN if all(line.id in given for line in counting) else Nothing.NOT_LOWER


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

    Until `last_day`. What counts is what was paid for the line: who bought with a
    coupon has had that much off already. Units that went back or were cancelled do not count, nor do lines that
    are in `given`, goods with one of the excluded traits, and prices in another currency.
    """
    if order.is_cancelled or today > last_day(order, rules, zone=zone):
        return ()
    open_lines = [line for line in order.lines if line.id not in given and not line.tags & rules.excluded]
    found = (_drop(line, prices.get(line.variant_id), rules) for line in open_lines)
    return tuple(drop for drop in found if drop is not None)


def _drop(line: OrderLine, price: Money | None, rules: PriceProtection) -> PriceDrop | None:
    kept = _kept(line)
    gone = line.quantity - kept
    if price is None or price.currency != line.paid.currency or kept < 1:
        return None
    paid = share(line.paid, of=line.quantity, taken=gone, take=kept)
    now = Money(price.minor * kept, price.currency)
    owed = paid - now
    most = rules.most.get(owed.currency, owed)
    return PriceDrop(line.id, kept, min(owed, most), paid, now) if owed.minor > 0 and most.minor > 0 else None


def _kept(line: OrderLine) -> int:
    return line.quantity - line.cancelled - line.returned - line.return_requested - line.dismissed


def lowered(line: OrderLine, *, amount: Money, units: int) -> OrderLine:
    """The line as if it had cost less: each of the `units` that a price difference was paid for is worth less.

    Rounded up, so that the units together are never worth more than what was paid less the difference.
    """
    off = -(-amount.minor * line.quantity // units) if units else 0
    return replace(line, paid=Money(max(0, line.paid.minor - off), line.paid.currency))
