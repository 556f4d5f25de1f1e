"""What messaging apps tell: stored before it is acknowledged, and each thing once."""

from __future__ import annotations

from collections.abc import Sequence

from aftersales.domain.channels import Push
from aftersales.services.context import Context


async def note_pushes(ctx: Context, pushes: Sequence[Push]) -> int:
    """Stores what was told, in one transaction, and has the worker take it in; how many of it were new.

    A push whose key was stored before for the same account is a repetition and changes nothing.
    """
    async with ctx.unit_of_work() as uow:
        return sum([await uow.pushes.add(push, at=ctx.clock.now()) for push in pushes])
