"""What customers want to be told, where and when: read, chosen, unsubscribed from."""

from __future__ import annotations

from dataclasses import replace

from aftersales.domain.journal import Entry
from aftersales.domain.preferences import Preferences
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context


async def preferences_of(uow: UnitOfWork, customer_id: str) -> Preferences:
    """Those that the customer has chosen; all is wanted where nothing was."""
    return await uow.preferences.get(customer_id) or Preferences(customer_id=customer_id)


async def read_preferences(ctx: Context, *, customer_id: str) -> Preferences:
    """As preferences_of, in a transaction of its own."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await preferences_of(uow, customer_id)


async def set_preferences(ctx: Context, wanted: Preferences, *, channel: str) -> None:
    """Writes what the customer has chosen; the same again changes nothing."""
    async with ctx.unit_of_work() as uow:
        await _change(ctx, uow, wanted, channel=channel)


async def unsubscribe(ctx: Context, *, customer_id: str, channel: str) -> None:
    """No news by mail from now on, and all else as it was. Harmless when there was none."""
    async with ctx.unit_of_work() as uow:
        known = await preferences_of(uow, customer_id)
        await _change(ctx, uow, replace(known, email=False), channel=channel)


async def _change(ctx: Context, uow: UnitOfWork, wanted: Preferences, *, channel: str) -> None:
    before, now = await preferences_of(uow, wanted.customer_id), ctx.clock.now()
    if wanted == before:
        return
    await uow.preferences.save(wanted, at=now)
    entry = Entry(
        subject="preferences",
        subject_id=wanted.customer_id,
        actor=f"customer:{wanted.customer_id}",
        channel=channel,
        trigger="choose",
        from_state=before.ways,
        to_state=wanted.ways,
        at=now,
        detail={
            "quiet": f"{wanted.quiet_from:%H:%M}-{wanted.quiet_to:%H:%M}",
            "language": wanted.language,
        },
    )
    await uow.journal.add(entry)
