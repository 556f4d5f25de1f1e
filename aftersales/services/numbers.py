"""Numbers for people: drawn at random, and drawn again where one is taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Protocol, TypeVar

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import Case
from aftersales.domain.changes import Change
from aftersales.domain.errors import Conflict
from aftersales.domain.ids import dated_number
from aftersales.domain.returns import Return

T = TypeVar("T", Adjustment, Case, Change, Return)

_TRIES = 20  # five random digits a day: a clash is drawn again


class Numbered(Protocol[T]):
    """The repository of one kind."""

    async def add(self, item: T, /) -> None:
        """Raises Conflict when number or key is taken; the transaction stays usable."""

    async def by_key(self, key: str) -> T | None: ...


async def add_numbered(repository: Numbered[T], draft: T, *, prefix: str, day: date) -> T:
    """Adds the draft under a free number, `prefix` + day + five digits, and returns it so.

    Raises Conflict when its key is taken, and when no free number was drawn.
    """
    for _ in range(_TRIES):
        item = replace(draft, number=dated_number(prefix, day))
        try:
            await repository.add(item)
        except Conflict:
            if await repository.by_key(draft.key) is not None:
                raise
        else:
            return item
    raise Conflict("no free number")
