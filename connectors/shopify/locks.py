"""One change of an order at a time in this process, so that ours need not stumble over each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class OrderLocks:
    """Shared by the shop and its payments; `order_gid` is Shopify's id of the order."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, order_gid: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(order_gid, asyncio.Lock())
        async with lock:
            yield
