"""What simulators of outside parties share: a server on a port of this machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import empty

from aftersales.domain.ids import new_id
from runtime.front import serve

App = Sanic[Any, Any]


def simulator_app(name: str) -> App:
    app: App = Sanic(f"simulator_of_{name}_{new_id()}", configure_logging=False)
    app.config.TOUCHUP = False
    app.config.ACCESS_LOG = False
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 0.1
    return app


@asynccontextmanager
async def listening(app: App) -> AsyncIterator[str]:
    """The address at which it answers, until the end of the block."""
    stop, ready = asyncio.Event(), asyncio.Event()

    async def started(_app: App) -> None:
        ready.set()

    app.after_server_start(started)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        task = asyncio.create_task(serve(app, sock=sock, stop=stop))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            if task.done():
                await task
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            stop.set()
            await task


def hang_up(request: Request) -> HTTPResponse:
    """Ends the connection without an answer: the caller cannot know what happened. To be returned."""
    transport: Any = request.transport
    transport.abort()
    return empty()
