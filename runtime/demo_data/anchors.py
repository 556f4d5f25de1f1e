"""The orders of the two customers whom the guides and tests speak of; see the tails in `seeder`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from runtime.demo_data.catalogue import Buyer
from runtime.demo_data.plans import Item, Parcel, Plan

_DAY = timedelta(days=1)


def anchor_plans(buyer: Buyer, *, first_tail: int, now: datetime) -> Iterator[Plan]:
    """Twelve orders with the tails `first_tail` + 1 … + 9 and + 11 … + 13."""
    shoes, tees = Item("running-shoes-navy-2"), Item("cotton-tee-blue-2", 3)
    yield _delivered(buyer, first_tail + 1, now=now, ago=3, items=(shoes, tees))
    old = (Item("headphones-black"), Item("coffee-mug-yellow", 2))
    yield _delivered(buyer, first_tail + 2, now=now, ago=40, items=old)
    warm = (Item("wool-sweater-red-3"), Item("sunglasses-brown"))
    yield _shipped(buyer, first_tail + 3, now=now, ago=1, items=warm)
    special = (Item("peaches-coral-1"), Item("engraved-necklace-pink"))
    yield _delivered(buyer, first_tail + 4, now=now, ago=1, items=special)
    yield Plan(
        tail=first_tail + 5, buyer=buyer, placed_at=now - timedelta(hours=5), items=(Item("yoga-mat-teal"),)
    )
    once = (Item("zip-hoodie-teal-2", 2, returned=1), Item("baseball-cap-navy"))
    yield _delivered(buyer, first_tail + 6, now=now, ago=60, items=once, returned=True)
    dear = (Item("camera-black"), Item("sample-set-coral"))
    yield _delivered(buyer, first_tail + 7, now=now, ago=2, items=dear)
    open_ones = (Item("straight-jeans-navy-2", 2), Item("cashmere-scarf-red"))
    yield Plan(tail=first_tail + 8, buyer=buyer, placed_at=now - _DAY, items=open_ones)
    lamp = (Item("desk-lamp-teal"),)
    yield Plan(tail=first_tail + 9, buyer=buyer, placed_at=now - 3 * _DAY, items=lamp, paid=False)
    yield _shipped(buyer, first_tail + 11, now=now, ago=16, items=(Item("desk-lamp-teal"),))
    twice = _delivered(buyer, first_tail + 12, now=now, ago=12, items=(Item("daypack-teal"),))
    yield replace(twice, charged_twice=True)
    yield _shipped(buyer, first_tail + 13, now=now, ago=7, items=(Item("speaker-navy"),))


def _delivered(
    buyer: Buyer, tail: int, *, now: datetime, ago: int, items: tuple[Item, ...], returned: bool = False
) -> Plan:
    delivered = now - ago * _DAY
    parcel = Parcel(tuple(range(len(items))), delivered - 2 * _DAY, delivered, _carrier(buyer))
    return Plan(
        tail=tail,
        buyer=buyer,
        placed_at=delivered - 3 * _DAY,
        items=items,
        parcels=(parcel,),
        refund="returned" if returned else "nothing",
    )


def _shipped(buyer: Buyer, tail: int, *, now: datetime, ago: int, items: tuple[Item, ...]) -> Plan:
    parcel = Parcel(tuple(range(len(items))), now - ago * _DAY, None, _carrier(buyer))
    return Plan(tail=tail, buyer=buyer, placed_at=now - (ago + 1) * _DAY, items=items, parcels=(parcel,))


def _carrier(buyer: Buyer) -> str:
    return "SF Express" if buyer.country == "CN" else "DHL"
