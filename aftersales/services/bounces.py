"""Mails that came back: an address that was refused for good is sent no more news until it changes."""

from __future__ import annotations

from aftersales.domain.bounces import Bounce, BounceKind, address_hash
from aftersales.domain.errors import AftersalesError
from aftersales.domain.journal import Entry
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context


async def is_given_up(uow: UnitOfWork, address: str) -> bool:
    """Whether news to this address would only come back. Codes are sent all the same: customers ask for them."""
    bounce = await uow.bounces.get(address_hash(address))
    return bounce is not None and bounce.kind is BounceKind.HARD


async def has_bounced(ctx: Context, customer_id: str | None) -> bool:
    """Whether the address that the shop has of a customer is given up; False where it cannot be told just now."""
    try:
        customer = await ctx.shop.get_customer(customer_id) if customer_id else None
    except AftersalesError:
        return False
    if customer is None or not customer.email:
        return False
    async with ctx.unit_of_work(read_only=True) as uow:
        return await is_given_up(uow, customer.email)


async def note_bounce(ctx: Context, *, address: str, kind: BounceKind, channel: str) -> None:
    """Counts a mail that came back; what was once refused for good stays so."""
    name, now = address_hash(address), ctx.clock.now()
    async with ctx.unit_of_work() as uow:
        before = await uow.bounces.lock(name)
        hard = kind is BounceKind.HARD or (before is not None and before.kind is BounceKind.HARD)
        count = 1 if before is None else before.count + 1
        after = Bounce(address_hash=name, kind=BounceKind.HARD if hard else BounceKind.SOFT, count=count, at=now)
        await uow.bounces.save(after)
        await uow.journal.add(_entry(before, after.kind.value, name=name, channel=channel, ctx=ctx, count=count))


async def clear_bounces(ctx: Context, *, address: str, channel: str) -> None:
    """The address takes mails again. Harmless when nothing was known of it."""
    name = address_hash(address)
    async with ctx.unit_of_work() as uow:
        before = await uow.bounces.lock(name)
        if before is not None:
            await uow.bounces.remove(name)
            await uow.journal.add(_entry(before, "cleared", name=name, channel=channel, ctx=ctx, count=0))


def _entry(before: Bounce | None, after: str, *, name: str, channel: str, ctx: Context, count: int) -> Entry:
    return Entry(
        subject="mail_address",
        subject_id=name,
        actor="system",
        channel=channel,
        trigger="clear" if after == "cleared" else "bounce",
        from_state=before.kind.value if before else None,
        to_state=after,
        at=ctx.clock.now(),
        detail={"count": count},
    )
