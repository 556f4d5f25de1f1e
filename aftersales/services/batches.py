"""Doing the same to many things, so that one that fails holds up none of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def for_each(items: Iterable[T], step: Callable[[T], Awaitable[object]], *, at_once: int = 1) -> int:
    """Runs the step on every item, `at_once` of them side by side; returns how many.

    Raises the first exception of a step after all have had their turn.
    """
    places = asyncio.Semaphore(at_once)

    async def take(item: T) -> None:
        async with places:
            await step(item)

    done = await asyncio.gather(*map(take, items), return_exceptions=True)
    for outcome in done:
        if isinstance(outcome, BaseException):
            raise outcome
    return len(done)
