"""Seeing to it that customers hear of what is said to them: put down with the words, looked after a little later.

services.reaching does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aftersales.domain.conversations import WEBSITE, Conversation, Message
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

WAITING = "utter_channel_waiting"  # an answer is there, for whoever writes again
ANSWERED = "utter_channel_answered"  # an answer is there, for whoever comes back to the website
APP_HAS_TIME = timedelta(seconds=15)
WIDGET_HAS_TIME = timedelta(minutes=2)


async def reach_later(
    ctx: Context,
    uow: UnitOfWork,
    conversation_id: str,
    *,
    seq: int,
    key: str,
    response: str = WAITING,
    parameters: Mapping[str, Any] | None = None,
    customer_id: str | None = None,
) -> None:
    """Has it seen to that the customer hears of the message `seq`, once per key (180 characters at most).

    `customer_id` is whom it is about, who need not be known in the talk any more; None for whoever is.
    The talk's own way is given time first: 15 seconds to a messaging app, 2 minutes to the widget.
    """
    conversation = await uow.conversations.get(conversation_id)
    patience = WIDGET_HAS_TIME if conversation.channel == WEBSITE else APP_HAS_TIME
    payload = {
        "conversation_id": conversation_id,
        "seq": seq,
        "response": response,
        "parameters": dict(parameters or {}),
        "customer_id": customer_id,
    }
    await uow.outbox.add(kind="reach", key=f"reach:{key}", payload=payload, due_at=ctx.clock.now() + patience)


async def see_to_it(ctx: Context, told: Mapping[str, Any], *, key: str) -> None:
    """What was told in a talk under this key (services.conversations.tell) shall arrive."""
    conversation_id = told["conversation_id"]
    async with ctx.unit_of_work() as uow:
        message = await uow.messages.by_client_id(conversation_id, f"tell:{key}", author="bot")
        if message is not None:
            await reach_later(
                ctx,
                uow,
                conversation_id,
                seq=message.seq,
                key=key,
                response=told["response"],
                parameters=told["parameters"],
                customer_id=told.get("customer_id"),
            )


def sees_to_itself(message: Message, *, now: datetime) -> bool:
    """Whether it is news of an app's talk that see_to_it will look after in a moment."""
    is_news = message.author == "bot" and message.in_reply_to is None
    return is_news and now - message.at < APP_HAS_TIME


async def reach_customer_later(
    ctx: Context, uow: UnitOfWork, customer_id: str, *, key: str, response: str, parameters: Mapping[str, Any]
) -> None:
    """As reach_later, for news that belongs to no talk."""
    payload = {"customer_id": customer_id, "response": response, "parameters": dict(parameters)}
    await uow.outbox.add(kind="reach", key=f"reach:{key}", payload=payload, due_at=ctx.clock.now())


async def see_to_agents_words(ctx: Context, uow: UnitOfWork, conversation: Conversation) -> None:
    """A customer who has left the website hears that somebody has answered, once for what they asked last.

    In an app the thread itself sees to what could not be sent.
    """
    if conversation.channel == WEBSITE:
        key = f"agent:{conversation.id}:{conversation.asked_seq}"
        await reach_later(ctx, uow, conversation.id, seq=conversation.last_seq, key=key, response=ANSWERED)
