"""Where parcels are and by when the next thing happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from aftersales.domain.deliveries import DeliveryStage, is_awaited, most_urgent, parcels, working_days_after
from aftersales.domain.orders import Fulfilment, Order
from aftersales.domain.shop_facts import Delivery, Zone
from aftersales.domain.texts import Text
from tests.actions.orders import SHIRTS, SHOES, make_order

ZONE = ZoneInfo("Asia/Shanghai")
NAME = Text("配送", "delivery")


def zone(zone_id: str, countries: set[str], days: tuple[int, int]) -> Zone:
    return Zone(id=zone_id, name=NAME, countries=frozenset(countries), days=days, fee={}, free_from={})


DELIVERY = Delivery(name=NAME, dispatch_days=2, zones=(zone("home", {"CN"}, (2, 5)), zone("far", {"*"}, (6, 14))))


def sent(lines: tuple[tuple[str, int], ...], *, delivered: datetime | None = None) -> Fulfilment:
    at = datetime(2026, 11, 10, 4, tzinfo=UTC)
    return Fulfilment(
        id="f", carrier="SF", tracking_number="1", shipped_at=at, delivered_at=delivered, lines=lines
    )


def order(*fulfilments: Fulfilment, country: str = "CN", units: int = 3) -> Order:
    lines = (SHOES, replace(SHIRTS, quantity=3, fulfilled=units))
    return replace(make_order("RD1", *lines), fulfilments=fulfilments, country=country)


def look(item: Order, day: int) -> list[tuple[DeliveryStage, date]]:
    found = parcels(item, delivery=DELIVERY, today=date(2026, 11, day), zone=ZONE)
    return [(parcel.stage, parcel.due) for parcel in found]


@pytest.mark.parametrize(
    ("country", "day", "stage", "due"),
    [
        ("CN", 15, DeliveryStage.ON_THE_WAY, date(2026, 11, 15)),
        ("CN", 16, DeliveryStage.LATE, date(2026, 11, 15)),
        ("GB", 16, DeliveryStage.ON_THE_WAY, date(2026, 11, 24)),
        ("GB", 25, DeliveryStage.LATE, date(2026, 11, 24)),
    ],
)
def test_a_parcel_is_late_from_the_day_after_the_last_one_of_its_zone(
    country: str, day: int, stage: DeliveryStage, due: date
) -> None:
    assert look(order(sent((("shoes", 1), ("shirts", 3))), country=country), day) == [(stage, due)]


@pytest.mark.parametrize(("day", "stage"), [(12, DeliveryStage.NOT_SENT), (13, DeliveryStage.NOT_SENT_LATE)])
def test_what_is_left_to_send_is_due_so_many_days_after_the_order(day: int, stage: DeliveryStage) -> None:
    assert look(order(units=0), day) == [(stage, date(2026, 11, 12))]


def test_a_partly_sent_order_has_its_parcel_and_the_rest() -> None:
    item = order(sent((("shoes", 1),)), units=0)
    found = parcels(item, delivery=DELIVERY, today=date(2026, 11, 11), zone=ZONE)
    assert [parcel.stage for parcel in found] == [DeliveryStage.ON_THE_WAY, DeliveryStage.NOT_SENT]
    assert found[1].lines == (("shirts", 3),)


def test_a_delivered_parcel_tells_the_day_in_the_shops_zone_and_is_not_awaited() -> None:
    late_evening = datetime(2026, 11, 11, 17, tzinfo=UTC)
    item = order(sent((("shoes", 1), ("shirts", 3)), delivered=late_evening))
    assert look(item, 20) == [(DeliveryStage.DELIVERED, date(2026, 11, 12))]
    assert not is_awaited(item)


def test_nothing_comes_of_a_cancelled_order() -> None:
    item = replace(order(units=0), cancelled_at=datetime(2026, 11, 11, tzinfo=UTC))
    assert look(item, 20) == []
    assert not is_awaited(item)


def test_what_is_late_comes_before_what_is_on_its_way() -> None:
    item = order(sent((("shoes", 1),)), units=0)
    found = parcels(item, delivery=DELIVERY, today=date(2026, 11, 14), zone=ZONE)
    assert most_urgent(found).stage is DeliveryStage.NOT_SENT_LATE


@pytest.mark.parametrize(
    ("day", "count", "later"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 18), 3, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, date(2026, 11, 21)),
    ],
)
def test_working_days_leave_out_weekends(day: date, count: int, later: date) -> None:
    assert working_days_after(day, count) == later
