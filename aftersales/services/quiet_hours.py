"""When news are not brought to a customer's phone."""

from __future__ import annotations

from datetime import datetime, timedelta

from aftersales.domain.conversations import WEBSITE, Conversation
from aftersales.domain.preferences import Preferences, quiet_until
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

_AWAKE = timedelta(minutes=15)  # whoever wrote so lately is disturbed by nothing


class NotYet(Exception):
    """It is to be done at `due_at`: nothing failed, the hour is wrong."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__(due_at)
        self.due_at = due_at


async def wait_for_day(ctx: Context, *, conversation_id: str) -> None:
    """Raises NotYet in the quiet hours of a customer in a messaging app who is not just writing, and NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
        if conversation.channel == WEBSITE or await _is_awake(ctx, uow, conversation):
            return
        known = await uow.preferences.get(conversation.customer_id) if conversation.customer_id else None
    until = quiet_until(known or Preferences(customer_id=""), ctx.clock.now(), ctx.zone)
    if until is not None:
        raise NotYet(until)


async def _is_awake(ctx: Context, uow: UnitOfWork, conversation: Conversation) -> bool:
    asked = (await uow.messages.asked_last([conversation.id])).get(conversation.id)
    return asked is not None and ctx.clock.now() - asked.at < _AWAKE
