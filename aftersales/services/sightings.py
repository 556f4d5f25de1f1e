"""Who has looked at what: noted in the journal beside what was done, once an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from aftersales.domain.accounts import Account
from aftersales.domain.journal import Entry
from aftersales.services.context import Context

AGAIN_AFTER = timedelta(hours=1)
CHANNEL = "desk"

Sight = Literal["conversation", "case", "order", "search"]


async def note_sighting(ctx: Context, account: Account, kind: Sight, name: str) -> None:
    """`name` is the id of a conversation, the number of a case or an order; nothing of what was searched for.

    The subject is `sighting`, so that it stays out of the history of what was looked at.
    """
    subject_id, now = f"{kind}:{name}"[:64], ctx.clock.now()
    async with ctx.unit_of_work(read_only=True) as uow:
        earlier = await uow.journal.of("sighting", subject_id)
    if any(entry.actor == account.actor and now - entry.at < AGAIN_AFTER for entry in earlier):
        return
    entry = Entry(
        subject="sighting",
        subject_id=subject_id,
        actor=account.actor,
        channel=CHANNEL,
        trigger="look",
        from_state=None,
        to_state="seen",
        at=now,
    )
    async with ctx.unit_of_work() as uow:
        await uow.journal.add(entry)
