"""What every websocket of the front does: both ends run until one is over, and it is closed once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from sanic.exceptions import WebsocketClosed
from sanic.server.websockets.impl import WebsocketImplProtocol


async def both(push: Any, listen: Any) -> None:
    """Until one of the two ends; then the other is ended too."""
    tasks = {asyncio.ensure_future(push), asyncio.ensure_future(listen)}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def close(socket: WebsocketImplProtocol, code: int) -> None:
    """Harmless when it is closed already."""
    with suppress(WebsocketClosed):
        await socket.close(code)
