"""The access token of an account at WeChat or WeCom: one for all processes, and one at a time fetches it.

Processes that each fetch their own make each other's useless, and fetch again without an end; and a server that
refuses every token would be asked for one at each call. So a token is kept in the TokenStore, is fetched under a
lease, and one that was refused is replaced once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aftersales.domain.errors import Unavailable
from aftersales.ports import ChannelToken, Clock, TokenStore

# Within the last five minutes of a token's time the next one is to be had, and both are valid:
# developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.
_MARGIN = timedelta(minutes=4)
_SHORTEST_USE = timedelta(seconds=30)
_RESTED = timedelta(seconds=10)
_LEASE = timedelta(seconds=30)  # longer than a fetch may take
_PAUSE = 0.1
_TRIES = 150

Fetch = Callable[[], Awaitable[tuple[str, timedelta]]]


class Tokens:
    """`name` is that of the account in the store; `fetch` gives a token and how long it is valid, or raises."""

    def __init__(
        self,
        name: str,
        *,
        store: TokenStore,
        clock: Clock,
        fetch: Fetch,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._name = name
        self._store = store
        self._clock = clock
        self._fetch = fetch
        self._sleep = sleep

    async def current(self) -> ChannelToken:
        """Raises Unavailable, and what `fetch` raises."""
        return await self._one(refused=None)

    async def instead_of(self, refused: ChannelToken) -> ChannelToken:
        """Another one than that which the app did not take; as `current`.

        Where the stored one is another by now, it is that one, and nothing is fetched. Raises Unavailable for one
        that was fetched within the last ten seconds: a newer one would be refused as well.
        """
        return await self._one(refused=refused)

    async def _one(self, *, refused: ChannelToken | None) -> ChannelToken:
        for _ in range(_TRIES):
            now = self._clock.now()
            stored = await self._good(refused, now=now)
            if stored is not None:
                return stored
            if refused is not None and now - refused.fetched_at < _RESTED:
                raise Unavailable("token_refused")
            if await self._store.lease(self._name, now=now, until=now + _LEASE):
                return await self._renew(refused, until=now + _LEASE)
            await self._sleep(_PAUSE)
        raise Unavailable("token_busy")

    async def _good(self, refused: ChannelToken | None, *, now: datetime) -> ChannelToken | None:
        stored = await self._store.get(self._name)
        return stored if stored is not None and stored != refused and now < stored.renew_at else None

    async def _renew(self, refused: ChannelToken | None, *, until: datetime) -> ChannelToken:
        """Under the lease; another process may have renewed it just before."""
        try:
            stored = await self._good(refused, now=self._clock.now())
            if stored is None:
                token, valid = await self._fetch()
        except BaseException:
            await self._store.release(self._name, until=until)
            raise
        if stored is not None:
            await self._store.release(self._name, until=until)
            return stored
        now = self._clock.now()
        fetched = ChannelToken(token=token, fetched_at=now, renew_at=now + max(valid - _MARGIN, _SHORTEST_USE))
        await self._store.save(self._name, fetched, until=until)
        return fetched
