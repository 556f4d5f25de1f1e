"""What the shop sees of an order's money: what was charged, what went back, and whether it was too much."""

from __future__ import annotations

from dataclasses import dataclass

from aftersales.domain.money import Money
from aftersales.domain.orders import Order


@dataclass(frozen=True, slots=True)
class Charges:
    """All in the order's currency. `excess` is what is left of the charges above the order's total."""

    captured: Money
    refunded: Money
    excess: Money
    twice: bool


def order_charges(order: Order) -> Charges:
    """`twice`: two charges of the same sum, together more than the order costs."""
    zero = Money.zero(order.currency)
    captured = sum((payment.captured for payment in order.payments), zero)
    refunded = sum((payment.refunded for payment in order.payments), zero)
    left = captured - refunded
    excess = left - order.total if left > order.total else zero
    sums = [payment.captured.minor for payment in order.payments if payment.captured]
    twice = captured > order.total and len(set(sums)) < len(sums)
    return Charges(captured, refunded, excess, twice)
