"""A network to a real server that fails where it is told to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx


class LossyNetwork(httpx.AsyncBaseTransport):
    """Requests go through, except the write that is planned: its answer is lost, or something happens before it.

    `writes` are the paths of all writes that went through.
    """

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self._lose: int | None = None
        self._before: Callable[[], Awaitable[object]] | None = None
        self.writes: list[str] = []

    def lose_answer(self, write: int = 0) -> None:
        """That of the write that comes after so many others."""
        self._lose = write

    def before_next_write(self, happens: Callable[[], Awaitable[object]]) -> None:
        self._before = happens

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self._inner.handle_async_request(request)
        if self._before is not None:
            happens, self._before = self._before, None
            await happens()
        response = await self._inner.handle_async_request(request)
        self.writes.append(request.url.path)
        if self._lose is None:
            return response
        self._lose -= 1
        if self._lose >= 0:
            return response
        self._lose = None
        await response.aread()
        raise httpx.ReadTimeout("the answer is lost", request=request)

    async def aclose(self) -> None:
        await self._inner.aclose()
