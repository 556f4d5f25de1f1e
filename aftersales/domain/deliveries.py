"""Where an order's parcels are, and by when the next thing happens. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from aftersales.domain.orders import Fulfilment, Order
from aftersales.domain.shop_facts import Delivery

_NOTHING_COMES = frozenset({"cancelled", "unpaid", "refunded"})


class DeliveryStage(StrEnum):
    NOT_SENT = "not_sent"
    NOT_SENT_LATE = "not_sent_late"
    ON_THE_WAY = "on_the_way"
    LATE = "late"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One parcel, or what is left to send (`fulfilment` None).

    `due` is the last day (shop's zone) on which it is to be sent or to arrive; once delivered, the day it was.
    `lines` are (line id, units).
    """

    order: Order
    fulfilment: Fulfilment | None
    stage: DeliveryStage
    due: date
    lines: tuple[tuple[str, int], ...]


def is_awaited(order: Order) -> bool:
    """Whether something of the order is still to come."""
    return (
        order.status not in _NOTHING_COMES and any(line.fulfilled < line.quantity for line in order.lines)
    ) or any(parcel.delivered_at is None for parcel in order.fulfilments)


def parcels(order: Order, *, delivery: Delivery, today: date, zone: ZoneInfo) -> tuple[Parcel, ...]:
    """The order's parcels in the order in which they were made, then what is left to send.

    Days are calendar days in the shop's zone; the last one still counts as in time.
    """
    if order.status in _NOTHING_COMES and not order.fulfilments:
        return ()
    known = [_sent(order, parcel, delivery, today, zone) for parcel in order.fulfilments]
    held = {line.id: 0 for line in order.lines}
    for parcel in order.fulfilments:
        for line, units in parcel.lines:
            held[line] = held.get(line, 0) + units
    left = tuple((line.id, line.quantity - held[line.id]) for line in order.lines if line.quantity > held[line.id])
    if not left or order.status in _NOTHING_COMES:
        return tuple(known)
    return (*known, _unsent(order, None, left, delivery, today, zone))


def _sent(order: Order, parcel: Fulfilment, delivery: Delivery, today: date, zone: ZoneInfo) -> Parcel:
    if parcel.shipped_at is None and parcel.delivered_at is None:
        return _unsent(order, parcel, parcel.lines, delivery, today, zone)
    if parcel.delivered_at is not None:
        stage, due = DeliveryStage.DELIVERED, parcel.delivered_at.astimezone(zone).date()
    else:
        shipped = (parcel.shipped_at or order.placed_at).astimezone(zone).date()
        due = delivery.arrives_by(shipped, country=order.country)
        stage = DeliveryStage.LATE if today > due else DeliveryStage.ON_THE_WAY
    return Parcel(order=order, fulfilment=parcel, stage=stage, due=due, lines=parcel.lines)


def _unsent(
    order: Order,
    parcel: Fulfilment | None,
    lines: tuple[tuple[str, int], ...],
    delivery: Delivery,
    today: date,
    zone: ZoneInfo,
) -> Parcel:
    due = delivery.sent_by(order.placed_at.astimezone(zone).date())
    stage = DeliveryStage.NOT_SENT_LATE if today > due else DeliveryStage.NOT_SENT
    return Parcel(order=order, fulfilment=parcel, stage=stage, due=due, lines=lines)


def working_days_after(day: date, count: int) -> date:
    """The day that is so many working days (Monday to Friday) later, as banks count."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def most_urgent(found: Sequence[Parcel]) -> Parcel:
    """The parcel that asks for something to be done, else the first that is awaited, else the first."""
    order = [
        DeliveryStage.LATE,
        DeliveryStage.NOT_SENT_LATE,
        DeliveryStage.ON_THE_WAY,
        DeliveryStage.NOT_SENT,
        DeliveryStage.DELIVERED,
    ]
    return min(found, key=lambda parcel: order.index(parcel.stage))
