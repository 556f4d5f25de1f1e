"""What messaging apps tell: stored before it is acknowledged, and each thing once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aftersales.domain.channels import Push
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context

SETTLE = timedelta(
    milliseconds=300
)  # what is on its way beside it is let in first, so that it can be put in order
_KEPT = timedelta(days=7)  # longer than any app repeats itself; WeCom's history goes back three days


async def note_pushes(ctx: Context, pushes: Sequence[Push]) -> int:
    """Stores what was told, in one transaction, and has the worker take it in; how many of it were new.

    A push whose key was stored before for the same account is a repetition and changes nothing.
    """
    async with ctx.unit_of_work() as uow:
        return await add_pushes(ctx, uow, pushes)


async def add_pushes(ctx: Context, uow: UnitOfWork, pushes: Sequence[Push]) -> int:
    """As note_pushes, in the caller's transaction."""
    now = ctx.clock.now()
    new = [push for push in pushes if await uow.pushes.add(push, at=now)]
    for sender in dict.fromkeys(push.sender for push in new):
        await uow.threads.open(sender, due_at=now + SETTLE)
    return len(new)


async def forget_done_pushes(ctx: Context) -> None:
    """Removes what was dealt with long ago; for the worker, now and then."""
    async with ctx.unit_of_work() as uow:
        await uow.pushes.forget(done_before=ctx.clock.now() - _KEPT)
