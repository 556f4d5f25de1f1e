"""How often somebody may do something: token buckets in the memory of this process.

With several fronts each counts for itself, so the true limit is up to that many times higher.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from time import monotonic

_MOST_KEYS = 20_000


class TooMany(Exception):
    """The bucket is empty; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class Buckets:
    """One bucket of `size` tokens per key, refilled evenly within `seconds`."""

    def __init__(self, size: int, *, seconds: float, now: Callable[[], float] = monotonic) -> None:
        self._size = size
        self._seconds = seconds
        self._now = now
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> None:
        """Takes a token. Raises TooMany with the seconds until there is one."""
        now = self._now()
        level = self._level(key, now)
        if level < 1:
            raise TooMany(math.ceil((1 - level) * self._seconds / self._size))
        if key not in self._levels and len(self._levels) >= _MOST_KEYS:
            self._drop_full(now)
        self._levels[key] = (level - 1, now)

    def _level(self, key: str, now: float) -> float:
        level, at = self._levels.get(key, (float(self._size), now))
        return min(float(self._size), level + (now - at) * self._size / self._seconds)

    def _drop_full(self, now: float) -> None:
        self._levels = {key: entry for key, entry in self._levels.items() if self._level(key, now) < self._size}
