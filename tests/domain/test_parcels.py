from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from aftersales.domain.case_rules import ParcelTimes
from aftersales.domain.charges import order_charges
from aftersales.domain.money import Money
from aftersales.domain.orders import Fulfilment, Order, Payment
from aftersales.domain.parcels import ParcelState, order_standing
from tests.domain.policy_cases import make_line, make_order
from tests.fakes import NOON

TIMES = ParcelTimes(dispatch_hours=48, usual_days=4, overdue_days=10)


def parcel(number: str = "f1", *, ago: float, delivered: float | None = None) -> Fulfilment:
    def at(days: float | None) -> datetime | None:
        return None if days is None else NOON - timedelta(days=days)

    return Fulfilment(
        id=number,
        carrier="SF",
        tracking_number=number,
        shipped_at=at(ago),
        delivered_at=at(delivered),
        lines=(("l1", 1),),
    )


def order(*parcels: Fulfilment, placed: float = 1, **changes: Any) -> Order:
    made = make_order(make_line(fulfilled=1 if parcels else 0))
    return replace(made, placed_at=NOON - timedelta(days=placed), fulfilments=parcels, **changes)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (order(), ParcelState.PREPARING),
        (order(placed=2.1), ParcelState.HELD_UP),
        (order(parcel(ago=1)), ParcelState.MOVING),
        (order(parcel(ago=4)), ParcelState.MOVING),
        (order(parcel(ago=4.1)), ParcelState.LATE),
        (order(parcel(ago=10)), ParcelState.OVERDUE),
        (order(parcel(ago=5, delivered=1)), ParcelState.DELIVERED),
        (order(cancelled_at=NOON), ParcelState.CANCELLED),
        (order(payments=()), ParcelState.UNPAID),
    ],
    ids=lambda value: value.value if isinstance(value, ParcelState) else "",
)
def test_where_a_parcel_stands(told: Order, state: ParcelState) -> None:
    assert order_standing(told, times=TIMES, now=NOON).state is state


def test_the_parcel_longest_on_its_way_is_the_one_that_is_missed() -> None:
    told = order(parcel("a", ago=9, delivered=5), parcel("b", ago=1), parcel("c", ago=6))
    standing = order_standing(told, times=TIMES, now=NOON)
    assert standing.parcel is not None
    assert standing.parcel.id == "c"
    assert standing.due == NOON - timedelta(days=2)


def pay(*minors: int, refunded: int = 0) -> tuple[Payment, ...]:
    return tuple(
        Payment(
            id=f"p{n}", provider="card", captured=Money(minor, "CNY"), refunded=Money(refunded * (n == 0), "CNY")
        )
        for n, minor in enumerate(minors)
    )


@pytest.mark.parametrize(
    ("payments", "twice", "excess"),
    [
        (pay(10_000), False, 0),
        (pay(10_000, 10_000), True, 10_000),
        (pay(10_000, 10_000, refunded=10_000), True, 0),
        (pay(5_000, 5_000), False, 0),
        (pay(10_000, 2_000), False, 2_000),
        ((), False, 0),
    ],
)
def test_what_was_charged_above_the_total_is_seen(payments: tuple[Payment, ...], twice: bool, excess: int) -> None:
    charges = order_charges(replace(make_order(make_line(paid=10_000)), payments=payments))
    assert (charges.twice, charges.excess.minor) == (twice, excess)
