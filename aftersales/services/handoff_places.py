"""Places in the queue of our own desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aftersales.domain.handovers import Handover, expected_wait
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

USUAL_HANDLING = timedelta(minutes=8)  # until some talks have ended
_LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Place:
    """How many come before, and how long it takes in whole minutes."""

    ahead: int
    minutes: int


async def place_of(ctx: Context, uow: UnitOfWork, handover: Handover) -> Place:
    """From the queue and the seats as they are now."""
    now = ctx.clock.now()
    ahead = await uow.handovers.count_before(handover)
    seats = [seat for seat in await uow.seats.all() if seat.takes_new(now) and seat.can_take(handover)]
    ours = {seat.account_id for seat in seats}
    loads = await uow.handovers.loads()
    capacity = sum(seat.capacity for seat in seats)
    handling = await uow.handovers.handling(since=now - _LATELY) or USUAL_HANDLING
    wait = expected_wait(
        ahead=ahead,
        free=max(0, capacity - sum(load for account, load in loads.items() if account in ours)),
        seats=capacity,
        handling=handling,
    )
    return Place(ahead, wait // timedelta(minutes=1))
