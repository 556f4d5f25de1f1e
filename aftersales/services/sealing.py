"""Seals the journal, entry by entry, and proves that it is what it was.

Sealing comes after the change itself, by the worker: a chain that every change had to continue would make all of
them wait for each other. What was sealed once cannot be changed unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aftersales.domain.errors import Conflict
from aftersales.domain.seals import NO_SEAL, Fault, Seal, find_fault, make_seal
from aftersales.services.context import Context

_AT_ONCE = 500
_SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """`head` is the newest seal; `late` counts entries that should have been sealed by now.

    `met` tells whether the head that was noted earlier is part of the chain; None when none was given.
    """

    sealed: int
    head: str
    faults: tuple[Fault, ...]
    late: int
    met: bool | None

    @property
    def sound(self) -> bool:
        return not self.faults and not self.late and self.met is not False


async def seal_due(ctx: Context, *, key: bytes) -> int:
    """Seals up to 500 entries; returns how many. Of several workers at once one seals, the others do nothing."""
    try:
        async with ctx.unit_of_work() as uow:
            entries = await uow.seals.unsealed(limit=_AT_ONCE)
            if not entries:
                return 0
            last = await uow.seals.last()
            position, before = (last.position, last.seal) if last else (0, NO_SEAL)
            seals = []
            for entry_id, entry in entries:
                position += 1
                before = make_seal(key, position=position, before=before, entry_id=entry_id, entry=entry)
                seals.append(Seal(position=position, entry_id=entry_id, seal=before))
            await uow.seals.add(seals, at=ctx.clock.now())
            return len(seals)
    except Conflict:
        return 0


async def audit_journal(ctx: Context, *, key: bytes, noted: str = "") -> Audit:
    """Checks every seal. `noted`, a head noted earlier, proves that the end was not cut off or made anew."""
    faults: list[Fault] = []
    last: Seal | None = None
    sealed, met = 0, False
    while True:
        async with ctx.unit_of_work(read_only=True) as uow:
            page = await uow.seals.walk(after=last.position if last else 0, limit=_AT_ONCE)
            if not page:
                late = await uow.seals.count_unsealed(before=ctx.clock.now() - _SOON)
                break
        for seal, entry in page:
            fault = find_fault(key, seal, entry, last=last)
            faults += [fault] if fault else []
            met = met or seal.seal == noted
            last = seal
        sealed += len(page)
    head = last.seal if last else NO_SEAL
    return Audit(sealed=sealed, head=head, faults=tuple(faults), late=late, met=met if noted else None)
