"""Keeping an eye on a parcel for a customer: a word to them when it should have come."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aftersales.domain.case_rules import ParcelTimes
from aftersales.domain.orders import Order
from aftersales.domain.parcels import ParcelState, order_standing
from aftersales.services.complaints import Visitor
from aftersales.services.context import Context
from aftersales.services.conversations import tell

_GRACE = timedelta(hours=12)  # scans reach the shop late


async def watch_parcel(ctx: Context, visitor: Visitor, *, order: Order, due: datetime | None) -> None:
    """Looks again half a day after `due` (at once where it is past, or not known); once per order and due time."""
    now = ctx.clock.now()
    at = max(now, due + _GRACE) if due else now + _GRACE
    payload = {"order_id": order.id, "conversation_id": visitor.conversation_id}
    async with ctx.unit_of_work() as uow:
        await uow.outbox.add(
            kind="watch_parcel",
            key=f"watch:{visitor.conversation_id}:{order.id}:{at:%Y%m%d}",
            payload=payload,
            due_at=at,
        )


def parcel_times(ctx: Context, order: Order) -> ParcelTimes:
    """The times of where the order goes, from the shop's delivery facts, so that every answer names the same day.

    The policy adds how long after the usual time a parcel counts as lost.
    """
    delivery, times = ctx.faq.shop.delivery, ctx.policy.cases.parcels
    usual = delivery.zone(order.country).days[1]
    return replace(
        times,
        dispatch_hours=24 * delivery.dispatch_days,
        usual_days=usual,
        overdue_days=usual + times.overdue_days - times.usual_days,
    )


async def report_parcel(ctx: Context, payload: dict[str, Any], *, key: str) -> None:
    """Tells the customer whether the parcel that they wait for is there; once per key.

    Raises NotFound when the order or the conversation is gone, Unavailable.
    """
    order = await ctx.shop.get_order(payload["order_id"])
    standing = order_standing(order, times=parcel_times(ctx, order), now=ctx.clock.now())
    arrived = standing.state is ParcelState.DELIVERED
    await tell(
        ctx,
        conversation_id=payload["conversation_id"],
        response="utter_complaints_watch_delivered" if arrived else "utter_complaints_watch_late",
        parameters={"order": order.number},
        key=key,
    )
