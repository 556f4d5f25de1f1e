"""What became of messages that a messaging app had taken: taken is not delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aftersales.domain.threads import DeliveryState, Thread
from aftersales.services.arrivals import reach_later, sees_to_itself
from aftersales.services.context import Context

_LONGEST_REASON = 64


async def note_outcome(ctx: Context, thread: Thread, told: Mapping[str, Any]) -> None:
    """Notes whether a message arrived; of one that did not, the customer hears in another way.

    Harmless for a message that is not ours, and when it is told again.
    """
    async with ctx.unit_of_work() as uow:
        delivery = await uow.deliveries.by_reference(thread.id, str(told.get("reference") or ""))
        if delivery is None or delivery.state in (DeliveryState.DELIVERED, DeliveryState.FAILED):
            return
        arrived = told.get("delivered") is True
        state = DeliveryState.DELIVERED if arrived else DeliveryState.FAILED
        reason = "" if arrived else str(told.get("reason") or "")[:_LONGEST_REASON]
        await uow.deliveries.save(replace(delivery, state=state, reason=reason))
        if arrived or thread.conversation_id is None:
            return
        [message] = await uow.messages.after(thread.conversation_id, delivery.last_seq - 1, limit=1)
        if not sees_to_itself(message, now=ctx.clock.now()):
            key = f"failed:{delivery.key}"
            await reach_later(ctx, uow, thread.conversation_id, seq=delivery.last_seq, key=key)
