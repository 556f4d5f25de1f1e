"""The orders of all other customers: every state and every age, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from runtime.demo_data.catalogue import Buyer, Catalogue
from runtime.demo_data.plans import Item, Parcel, Plan

_DAY = timedelta(days=1)
# On both sides of every window that a policy is likely to have.
_AGES = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    13,
    14,
    15,
    16,
    20,
    25,
    29,
    30,
    31,
    45,
    60,
    89,
    90,
    91,
    120,
    180,
    270,
    365,
    400,
)


def crowd_plans(
    buyers: Sequence[Buyer],
    catalogue: Catalogue,
    *,
    count: int,
    first_tail: int,
    now: datetime,
    dice: random.Random,
) -> Iterator[Plan]:
    """`count` plans with consecutive tails, the buyers and the kinds of history in turn."""
    for index in range(count):
        buyer = buyers[index % len(buyers)]
        draft = Plan(
            tail=first_tail + index,
            buyer=buyer,
            placed_at=now,
            items=_items(catalogue, dice),
            coupon=dice.choice((0, 0, 0, 5, 10, 15)),
            gift_card=dice.random() < 0.15,
        )
        history = _HISTORIES[index % len(_HISTORIES)]
        yield _digital_apart(history(draft, now, index, dice), catalogue)


def _items(catalogue: Catalogue, dice: random.Random) -> tuple[Item, ...]:
    """One to four things, now and then with a gift."""
    goods = [product for product in catalogue.products if "gift" not in product.tags]
    chosen = dice.sample(goods, dice.choice((1, 1, 2, 2, 3, 4)))
    items = [Item(dice.choice(product.variants).id, dice.choice((1, 1, 1, 2, 3))) for product in chosen]
    if dice.random() < 0.12:
        items.append(Item("sample-set-coral"))
    return tuple(items)


def _unpaid(draft: Plan, now: datetime, _index: int, dice: random.Random) -> Plan:
    return replace(draft, placed_at=now - dice.randint(1, 50) * timedelta(hours=1), paid=False)


def _paid(draft: Plan, now: datetime, _index: int, dice: random.Random) -> Plan:
    return replace(draft, placed_at=now - dice.randint(1, 40) * timedelta(hours=1))


def _partly_shipped(draft: Plan, now: datetime, _index: int, dice: random.Random) -> Plan:
    items = draft.items if len(draft.items) > 1 else (*draft.items, Item("bath-towel-grey", 2))
    sent = Parcel((0,), now - _DAY, None, _carrier(draft, dice))
    return replace(draft, placed_at=now - 2 * _DAY, items=items, parcels=(sent,))


def _shipped(draft: Plan, now: datetime, _index: int, dice: random.Random) -> Plan:
    ago = dice.randint(1, 4)
    parcel = Parcel(_all(draft), now - ago * _DAY, None, _carrier(draft, dice))
    return replace(draft, placed_at=now - (ago + 1) * _DAY, parcels=(parcel,))


def _delivered(draft: Plan, now: datetime, index: int, dice: random.Random) -> Plan:
    delivered = now - _AGES[index % len(_AGES)] * _DAY - dice.randint(1, 50) * timedelta(minutes=1)
    parcel = Parcel(_all(draft), delivered - dice.randint(1, 3) * _DAY, delivered, _carrier(draft, dice))
    return replace(
        draft, placed_at=parcel.shipped_at - dice.randint(2, 30) * timedelta(hours=1), parcels=(parcel,)
    )


def _split(draft: Plan, now: datetime, index: int, dice: random.Random) -> Plan:
    """Two parcels; the second came three days later, or is still on its way."""
    items = draft.items if len(draft.items) > 1 else (*draft.items, Item("sport-socks-black", 3))
    first = _delivered(replace(draft, items=items), now, index, dice)
    one = replace(first.parcels[0], items=(0,))
    later = (one.delivered_at or one.shipped_at) + 3 * _DAY
    two = replace(
        one,
        items=tuple(range(1, len(items))),
        shipped_at=one.shipped_at + _DAY,
        delivered_at=later if later < now else None,
    )
    return replace(first, parcels=(one, two))


def _cancelled_unpaid(draft: Plan, now: datetime, _index: int, dice: random.Random) -> Plan:
    placed = now - dice.randint(2, 200) * _DAY
    return replace(draft, placed_at=placed, cancelled_at=placed + _DAY, paid=False)


def _cancelled_paid(draft: Plan, now: datetime, index: int, dice: random.Random) -> Plan:
    return replace(_cancelled_unpaid(draft, now, index, dice), paid=True, refund="everything")


def _refunded(draft: Plan, now: datetime, index: int, dice: random.Random) -> Plan:
    back = tuple(replace(item, returned=item.quantity) for item in draft.items)
    return replace(_delivered(draft, now, index + 10, dice), items=back, refund="everything")


def _partly_refunded(draft: Plan, now: datetime, index: int, dice: random.Random) -> Plan:
    first = draft.items[0]
    items = (replace(first, quantity=max(2, first.quantity), returned=1), *draft.items[1:])
    return replace(_delivered(draft, now, index + 10, dice), items=items, refund="returned")


def _refund_to_come(draft: Plan, now: datetime, index: int, dice: random.Random) -> Plan:
    """Goods are back, the money is not."""
    return replace(_partly_refunded(draft, now, index, dice), refund="nothing")


_History = Callable[[Plan, datetime, int, random.Random], Plan]
_HISTORIES: tuple[_History, ...] = (
    _delivered,
    _shipped,
    _delivered,
    _unpaid,
    _delivered,
    _split,
    _delivered,
    _partly_refunded,
    _paid,
    _delivered,
    _partly_shipped,
    _delivered,
    _cancelled_paid,
    _delivered,
    _refunded,
    _delivered,
    _cancelled_unpaid,
    _delivered,
    _refund_to_come,
)


def _digital_apart(plan: Plan, catalogue: Catalogue) -> Plan:
    """Digital goods of a paid order come at once, by a delivery of their own."""
    digital = tuple(i for i, item in enumerate(plan.items) if "digital" in catalogue.tags(item.variant_id))
    if not digital or not plan.paid or plan.cancelled_at:
        return plan
    rest = [replace(parcel, items=tuple(set(parcel.items) - set(digital))) for parcel in plan.parcels]
    sent = plan.placed_at + timedelta(minutes=3)
    download = Parcel(digital, sent, sent, "download")
    return replace(plan, parcels=(download, *(parcel for parcel in rest if parcel.items)))


def _all(plan: Plan) -> tuple[int, ...]:
    return tuple(range(len(plan.items)))


def _carrier(plan: Plan, dice: random.Random) -> str:
    return dice.choice(
        ("SF Express", "YTO Express", "ZTO Express") if plan.buyer.country == "CN" else ("DHL", "UPS")
    )
