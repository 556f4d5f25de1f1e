"""How a refund is shared over what an order was paid with. Pure, exact to the minor unit in every currency.

Between kinds of means (card, points, coupon …) it goes in the policy's order or in proportion to what is left of
each; within one kind always in the order in which the shop lists the payments, so that two charges of one card
need no two refunds. In proportion is also how WeChat Pay refunds an order that was partly paid by voucher
(merchant documentation, refunds, 3.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from aftersales.domain.money import Money
from aftersales.domain.payment_methods import PaymentMethod


class TenderMode(StrEnum):
    IN_ORDER = "in_order"
    PROPORTIONAL = "proportional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A payment: `free` is what may still be taken of it (not negative), `place` where the shop lists it."""

    id: str
    method: PaymentMethod
    free: Money
    place: int


def split_tender(
    amount: Money, sources: Iterable[Source], *, mode: TenderMode, order: Sequence[PaymentMethod]
) -> list[tuple[str, Money]]:
    """(payment id, part) for every part above zero, in the order of the policy.

    The parts add up to `amount`, or to all that is free where that is less; none is above what is free of its
    payment. The order in which `sources` come does not matter. Methods that `order` leaves out come last.
    """
    known = sorted(sources, key=lambda source: (_rank(source.method, order), source.place, source.id))
    kinds: dict[PaymentMethod, list[Source]] = {}
    for source in known:
        kinds.setdefault(source.method, []).append(source)
    wanted = min(amount.minor, sum(source.free.minor for source in known))
    if mode is TenderMode.PROPORTIONAL:
        free = {method: sum(source.free.minor for source in held) for method, held in kinds.items()}
        shares = _in_proportion(wanted, free)
        parts = [part for method, held in kinds.items() for part in _in_order(shares[method], held)]
    else:
        parts = _in_order(wanted, known)
    return [(source_id, Money(minor, amount.currency)) for source_id, minor in parts if minor > 0]


def split_rest(
    amount: Money,
    sources: Sequence[Source],
    *,
    covered: Mapping[str, Money],
    mode: TenderMode,
    order: Sequence[PaymentMethod],
) -> list[tuple[str, Money]]:
    """As split_tender, for what `covered` (payment id -> part) has left of the amount.

    A part that failed comes again from the payment that it was to come from: while that one can, no other bears
    more for it.
    """
    zero = Money.zero(amount.currency)
    missing = max(amount - sum(covered.values(), zero), zero)
    before = [replace(source, free=source.free + covered.get(source.id, zero)) for source in sources]
    whole = dict(split_tender(amount, before, mode=mode, order=order))
    owing = [
        replace(
            source, free=min(source.free, max(whole.get(source.id, zero) - covered.get(source.id, zero), zero))
        )
        for source in sources
    ]
    parts = dict(split_tender(missing, owing, mode=mode, order=order))
    others = [replace(source, free=source.free - parts.get(source.id, zero)) for source in sources]
    for source_id, part in split_tender(missing - sum(parts.values(), zero), others, mode=mode, order=order):
        parts[source_id] = parts.get(source_id, zero) + part
    places = {source.id: (_rank(source.method, order), source.place, source.id) for source in sources}
    return sorted(parts.items(), key=lambda part: places[part[0]])


def _rank(method: PaymentMethod, order: Sequence[PaymentMethod]) -> int:
    return order.index(method) if method in order else len(order)


def _in_order(wanted: int, sources: Iterable[Source]) -> list[tuple[str, int]]:
    parts = []
    for source in sources:
        part = min(wanted, source.free.minor)
        parts.append((source.id, part))
        wanted -= part
    return parts


def _in_proportion(wanted: int, free: Mapping[PaymentMethod, int]) -> dict[PaymentMethod, int]:
    """Largest remainder, ties to the first. With what is left as weight no part can be above what is left."""
    whole = sum(free.values())
    if whole == 0:
        return dict.fromkeys(free, 0)
    parts = {method: wanted * minor // whole for method, minor in free.items()}
    by_remainder = sorted(free, key=lambda method: -(wanted * free[method] % whole))
    for method in by_remainder[: wanted - sum(parts.values())]:
        parts[method] += 1
    return parts
