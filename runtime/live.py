"""Fan-out of news: wakes the clients that wait for something new in a conversation.

What this process stores wakes at once; what other processes store is found by one poller, which asks the
database for all waited-for conversations together. Nothing is carried but the wake-up itself: each client
reads from its own cursor, so a lost or doubled wake-up loses and doubles nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

import structlog

INTERVAL = 0.25

Latest = Callable[[Collection[str]], Awaitable[Mapping[str, int]]]


class Watch:
    """One waiting client. `seen` is the conversation's version that it has read; higher ones wake it."""

    def __init__(self) -> None:
        self.seen = -1
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def wait(self, seconds: float) -> bool:
        """Until something is new (True) or the time is over (False)."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


class Live:
    """The waiting clients of this process. `latest` tells the newest version of each of some conversations."""

    def __init__(self, latest: Latest, *, interval: float = INTERVAL) -> None:
        self._latest = latest
        self._interval = interval
        self._watches: dict[str, set[Watch]] = {}
        self._log = structlog.get_logger("returndesk.live")
        self.closing = False

    @contextmanager
    def watch(self, conversation_id: str) -> Iterator[Watch]:
        """A watch on one conversation. Open it before reading, so that nothing falls between."""
        watch = Watch()
        watches = self._watches.setdefault(conversation_id, set())
        watches.add(watch)
        try:
            yield watch
        finally:
            watches.discard(watch)
            if not watches and self._watches.get(conversation_id) is watches:
                del self._watches[conversation_id]

    def wake(self, conversation_id: str) -> None:
        """Something was stored in this process."""
        for watch in self._watches.get(conversation_id, ()):
            watch.wake()

    def close(self) -> None:
        """Wakes everybody for the last time; nobody should wait any more."""
        self.closing = True
        for watches in self._watches.values():
            for watch in watches:
                watch.wake()

    async def run(self) -> None:
        """The poller; ends only by cancellation. A database that is away is asked again at the next turn."""
        while True:
            await asyncio.sleep(self._interval)
            if not self._watches:
                continue
            try:
                await self._look()
            except Exception as error:
                self._log.warning("live_poll_failed", error=type(error).__name__)
                await asyncio.sleep(4 * self._interval)

    async def _look(self) -> None:
        newest = await self._latest(tuple(self._watches))
        for conversation_id, version in newest.items():
            for watch in self._watches.get(conversation_id, ()):
                if version > watch.seen:
                    watch.wake()
