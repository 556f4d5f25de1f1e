"""Whether and how a customer reads what is written to them: what the person at the desk should know first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aftersales.domain.conversations import Conversation, Message
from aftersales.domain.threads import Delivery, DeliveryState, Thread
from aftersales.ports import UnitOfWork

Arrival = Literal["sent", "arrived", "waits", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """`is_there`: the customer's client is signed in, or they have not left the messaging app.

    `left` messages may still be sent, until `until`; None for as many as one likes.
    """

    is_there: bool
    fetched_seq: int = 0
    left: int | None = None
    until: datetime | None = None
    thread: Thread | None = None
    deliveries: Sequence[Delivery] = ()

    def arrival(self, message: Message) -> Arrival:
        """What became of a message to the customer, as far as is known: an app may tell later that it is lost."""
        if self.thread is None:
            return "arrived" if message.seq <= self.fetched_seq else "sent"
        if message.seq > self.thread.sent_seq:
            return "waits"
        carrying = [delivery for delivery in self.deliveries if delivery.last_seq >= message.seq]
        first = min((delivery.last_seq for delivery in carrying), default=None)
        states = {delivery.state for delivery in carrying if delivery.last_seq == first}
        if states & {DeliveryState.FAILED, DeliveryState.REFUSED}:
            return "lost"
        return "arrived" if states == {DeliveryState.DELIVERED} else "sent"


async def reach_of(uow: UnitOfWork, conversation: Conversation, *, now: datetime, since: int = 0) -> Reach:
    """`since` numbers the first message of which it will be asked whether it arrived."""
    thread = await uow.threads.of_conversation(conversation.id)
    if thread is None:
        return Reach(
            is_there=await uow.sessions.is_open(conversation.id, now=now),
            fetched_seq=(await uow.talk_signs.of(conversation.id)).fetched_seq,
        )
    return Reach(
        is_there=not thread.gone,
        left=thread.allowance.at(now),
        until=thread.allowance.until,
        thread=thread,
        deliveries=await uow.deliveries.since(thread.id, since),
    )
