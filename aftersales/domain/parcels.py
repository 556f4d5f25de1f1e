"""Where a parcel stands, from what the shop knows of it, against the times that the shop has set itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aftersales.domain.case_rules import ParcelTimes
from aftersales.domain.orders import Fulfilment, Order


class ParcelState(StrEnum):
    """`late`: past the usual time; `overdue`: so long past that it counts as lost; `delivered`: so marked."""

    UNPAID = "unpaid"
    CANCELLED = "cancelled"
    PREPARING = "preparing"
    HELD_UP = "held_up"
    MOVING = "moving"
    LATE = "late"
    OVERDUE = "overdue"
    DELIVERED = "delivered"


# States in which something has gone wrong if the customer says that nothing came.
CLAIMABLE = frozenset({ParcelState.HELD_UP, ParcelState.LATE, ParcelState.OVERDUE, ParcelState.DELIVERED})


@dataclass(frozen=True, slots=True)
class Standing:
    """`due` is when it should be sent (preparing, held_up) or there (moving, late, overdue); aware UTC.

    `parcel` is the one that the customer is likely to miss; None before anything was sent.
    """

    state: ParcelState
    parcel: Fulfilment | None
    due: datetime | None


def order_standing(order: Order, *, times: ParcelTimes, now: datetime) -> Standing:
    """Of the parcel that matters: one on its way before those delivered, the longest on its way first."""
    if order.cancelled_at is not None:
        return Standing(ParcelState.CANCELLED, None, None)
    if order.status == "unpaid":
        return Standing(ParcelState.UNPAID, None, None)
    moving = [(p.shipped_at, p) for p in order.fulfilments if p.shipped_at and p.delivered_at is None]
    if moving:
        return _on_its_way(*min(moving, key=_time), times=times, now=now)
    unsent = any(line.fulfilled < line.quantity for line in order.lines)
    delivered = [(p.delivered_at, p) for p in order.fulfilments if p.delivered_at]
    if delivered and not unsent:
        return Standing(ParcelState.DELIVERED, max(delivered, key=_time)[1], None)
    due = order.placed_at + timedelta(hours=times.dispatch_hours)
    return Standing(ParcelState.HELD_UP if now > due else ParcelState.PREPARING, None, due)


def _on_its_way(shipped: datetime, parcel: Fulfilment, *, times: ParcelTimes, now: datetime) -> Standing:
    due = shipped + timedelta(days=times.usual_days)
    if now >= shipped + timedelta(days=times.overdue_days):
        return Standing(ParcelState.OVERDUE, parcel, due)
    return Standing(ParcelState.LATE if now > due else ParcelState.MOVING, parcel, due)


def _time(timed: tuple[datetime, Fulfilment]) -> datetime:
    return timed[0]
