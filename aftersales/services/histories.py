"""What one customer said on all channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aftersales.domain.conversations import Conversation, Message
from aftersales.services.context import Context


async def read_earlier(
    ctx: Context, conversation: Conversation, *, before: datetime, limit: int
) -> Sequence[tuple[Message, Conversation]]:
    """From the customer's other talks, newest first; nothing for a guest.

    A talk counts only while it is the customer's: what was said before they had proven who they are is in it.
    """
    if conversation.customer_id is None:
        return ()
    async with ctx.unit_of_work(read_only=True) as uow:
        found = await uow.messages.of_customer(
            conversation.customer_id, but=conversation.id, before=before, limit=limit
        )
        talks = await uow.conversations.by_ids({message.conversation_id for message in found})
    return [(message, talks[message.conversation_id]) for message in found]
