"""What a change of an order comes to before it is made: whether it is possible, and what is paid back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aftersales.domain.changes import Rewrite, Units, Version
from aftersales.domain.money import Money, share
from aftersales.domain.orders import Order, OrderLine, Variant


class Obstacle(StrEnum):
    """Why an order cannot be changed as wished; `SENT` and `CANCELLED` are about all that is wished for."""

    SENT = "sent"
    CANCELLED = "cancelled"
    BY_PERSON = "by_person"
    TOO_MANY = "too_many"
    OUT_OF_STOCK = "out_of_stock"
    DEARER = "dearer"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuote:
    """`amount` is paid back; `postage` is the part of it for the outbound postage.

    `whole`: nothing is left of the order. `rewrite` is None where there is an obstacle.
    """

    obstacle: Obstacle | None
    rewrite: Rewrite | None
    amount: Money
    postage: Money
    whole: bool


def obstacle_to_any(order: Order) -> Obstacle | None:
    """Why nothing of the order can be changed any more."""
    if order.is_cancelled:
        return Obstacle.CANCELLED
    return None if any(line.unsent for line in order.lines) else Obstacle.SENT


def quote_fewer(order: Order, units: Mapping[str, int], *, by_person: frozenset[str]) -> ChangeQuote:
    """What taking these units out of the order comes to.

    Each unit is worth its share of what was paid for its line; with the last of an order of which nothing was
    sent, the postage goes back too. Never more than is left of the payments. `by_person` are traits of goods
    that only a person takes out. Raises KeyError for no such line.
    """
    lines = {line_id: order.line(line_id) for line_id in units}
    zero = Money.zero(order.currency)
    obstacle = obstacle_to_any(order) or _obstacle(lines, units, by_person=by_person)
    if obstacle is not None:
        return ChangeQuote(obstacle=obstacle, rewrite=None, amount=zero, postage=zero, whole=False)
    worth = sum((_worth(line, units[line.id]) for line in lines.values()), zero)
    whole = all(line.unsent - units.get(line.id, 0) == 0 for line in order.lines)
    untouched = not any(line.fulfilled for line in order.lines)
    left = sum((payment.refundable for payment in order.payments), zero)
    postage = min(order.shipping_paid, max(left - worth, zero)) if whole and untouched else zero
    before = tuple((line.id, line.unsent) for line in order.lines)
    after = tuple((line_id, count - units.get(line_id, 0)) for line_id, count in before)
    return ChangeQuote(
        obstacle=None,
        rewrite=Rewrite(Units(before), Units(after)),
        amount=min(worth + postage, left),
        postage=postage,
        whole=whole,
    )


def quote_variant(order: Order, line_id: str, variant: Variant, variants: Sequence[Variant]) -> ChangeQuote:
    """What making a line another variant of its product comes to.

    The line keeps the discount that it was bought with: a variant at half the price leaves half of what was paid.
    Raises KeyError for no such line.
    """
    line, zero = order.line(line_id), Money.zero(order.currency)
    old = next((known for known in variants if known.id == line.variant_id), None)
    obstacle = obstacle_to_any(order) or _obstacle_to_variant(line, old, variant, order.currency)
    if obstacle is not None or old is None:
        return ChangeQuote(obstacle=obstacle, rewrite=None, amount=zero, postage=zero, whole=False)
    paid = _at_price(line.paid, old.price, variant.price)
    left = sum((payment.refundable for payment in order.payments), zero)
    before = Version(line.id, line.quantity, line.variant_id, line.paid)
    after = Version(line.id, line.quantity, variant.id, paid)
    return ChangeQuote(
        obstacle=None,
        rewrite=Rewrite(before, after),
        amount=min(line.paid - paid, left),
        postage=zero,
        whole=False,
    )


def _obstacle(
    lines: Mapping[str, OrderLine], units: Mapping[str, int], *, by_person: frozenset[str]
) -> Obstacle | None:
    if not any(line.unsent for line in lines.values()):
        gone = all(line.cancelled >= line.quantity for line in lines.values())
        return Obstacle.CANCELLED if gone else Obstacle.SENT
    if any(units[line.id] > line.unsent for line in lines.values()):
        return Obstacle.TOO_MANY
    return Obstacle.BY_PERSON if any(line.tags & by_person for line in lines.values()) else None


def _obstacle_to_variant(line: OrderLine, old: Variant | None, new: Variant, currency: str) -> Obstacle | None:
    if line.unsent == 0:
        return Obstacle.SENT
    if new.id == line.variant_id:
        return Obstacle.SAME
    untold = old is None or {old.price.currency, new.price.currency} != {currency}
    if untold or line.unsent != line.quantity:
        return Obstacle.BY_PERSON
    if new.stock < line.quantity:
        return Obstacle.OUT_OF_STOCK
    return Obstacle.DEARER if old is not None and new.price > old.price else None


def _worth(line: OrderLine, units: int) -> Money:
    taken = line.cancelled + line.return_requested + line.returned + line.dismissed
    return share(line.paid, of=line.quantity, taken=taken, take=units)


def _at_price(paid: Money, old: Money, new: Money) -> Money:
    """What was paid at the old list price, at the new one; rounded half up."""
    if old.minor == 0:
        return paid
    return Money((2 * paid.minor * new.minor + old.minor) // (2 * old.minor), paid.currency)
