"""Gathering what is known of a customer and an order, so that the domain can tell the signs of risk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from aftersales.domain.cases import CaseKind
from aftersales.domain.changes import ChangeKind, ChangeState
from aftersales.domain.orders import Order
from aftersales.domain.refunds import Cause
from aftersales.domain.returns import Return
from aftersales.domain.risk import PhotoRule, RiskFacts, Signal, find_signals
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

MOST_ORDERS = 20
_MOST = 50


async def signals_of(
    ctx: Context, uow: UnitOfWork, *, cause: Cause, order: Order, orders: Sequence[Order]
) -> tuple[Signal, ...]:
    """The signs that a refund for this cause shows. `orders` are the customer's newest, MOST_ORDERS at most."""
    rules, now = ctx.policy.approvals.risk, ctx.clock.now()
    returns = await uow.returns.of_customer(cause.customer_id, limit=_MOST)
    facts = RiskFacts(
        returns=tuple(item.created_at for item in returns if item.id != cause.id),
        not_delivered=await _claims(uow, cause),
        first_order_at=_first_order_at(order, orders),
        delivery_country=order.country,
        payment_countries=frozenset(payment.country for payment in order.payments if payment.country),
        address_changed_at=await _address_changed_at(uow, order.id),
        reused_photos=await _reused_photos(uow, cause, rules.reused_photo, returns=returns, now=now),
    )
    return find_signals(facts, rules, now=now)


async def _claims(uow: UnitOfWork, cause: Cause) -> tuple[datetime, ...]:
    """When the customer said that a parcel never came."""
    known = await uow.cases.of(
        conversation_id=cause.conversation_id or "", customer_id=cause.customer_id, limit=_MOST
    )
    return tuple(case.created_at for case in known if case.kind is CaseKind.NOT_DELIVERED)


def _first_order_at(order: Order, orders: Sequence[Order]) -> datetime | None:
    """None where there are more orders than the shop was asked for."""
    if len(orders) >= MOST_ORDERS:
        return None
    return min(known.placed_at for known in (order, *orders))


async def _address_changed_at(uow: UnitOfWork, order_id: str) -> datetime | None:
    """When the order was last sent to another address than it was placed with."""
    changes = await uow.changes.of_order(order_id)
    times = [
        change.updated_at
        for change in changes
        if change.kind is ChangeKind.ADDRESS and change.state is ChangeState.APPLIED
    ]
    return max(times, default=None)


async def _reused_photos(
    uow: UnitOfWork, cause: Cause, rule: PhotoRule | None, *, returns: Sequence[Return], now: datetime
) -> tuple[datetime, ...]:
    """When each picture of this talk came before: from another customer, or from this one with another order."""
    if rule is None or cause.conversation_id is None:
        return ()
    since = now - timedelta(days=rule.days)
    elsewhere = {id for item in returns if item.order_id != cause.order_id for id in item.attachment_ids}
    found = []
    for photo in await uow.photos.of_conversation(cause.conversation_id):
        seen = await uow.photos.like(photo, bits=rule.bits, since=since)
        times = [
            other.at
            for other in seen
            if other.customer_id != cause.customer_id or other.attachment_id in elsewhere
        ]
        found += times[:1]
    return tuple(found)
