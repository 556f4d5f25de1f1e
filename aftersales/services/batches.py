"""Doing the same to many things, so that one that fails holds up none of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def for_each(items: Iterable[T], step: Callable[[T], Awaitable[object]]) -> int:
    """Runs the step on every item, one after the other; returns how many.

    Raises the first exception of a step after all have had their turn.
    """
    count, first = 0, None
    for item in items:
        count += 1
        try:
            await step(item)
        except Exception as error:
            first = first or error
    if first is not None:
        raise first
    return count
