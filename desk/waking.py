"""Tells the live desk that something about a customer was decided: their open chats are shown anew at once."""

from __future__ import annotations

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import Case
from aftersales.domain.changes import Change
from aftersales.domain.refunds import Refund
from aftersales.domain.returns import Return
from aftersales.services.handoff_views import talks_about
from desk.application import Desk


async def wake_about(desk: Desk, about: object) -> None:
    """Whoever looks at a chat of the customer whose return, refund, change or case it is; nobody for all else.

    Other processes find it within chat_socket.LOOK_SECONDS.
    """
    if isinstance(about, Adjustment | Case | Change | Refund | Return):
        where = about.conversation_id
        for talk in await talks_about(desk.context, customer_id=about.customer_id, conversation_id=where):
            desk.live.wake(talk)
