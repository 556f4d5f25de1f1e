"""A receiver of pushes that is not ours, to look at what the simulated WeChat sends."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import text

from runtime.front import serve


@dataclass
class Heard:
    """`pushes` are (query, body). `answers` are (status, body) for the next ones; `success` afterwards."""

    url: str = ""
    pushes: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0

    async def _take(self, request: Request, account: str) -> HTTPResponse:
        self.pushes.append(({name: request.args.get(name, "") for name in request.args}, request.body))
        if self.seconds:
            await asyncio.sleep(self.seconds)
        status, body = self.answers.pop(0) if self.answers else (200, "success")
        return text(body, status=status)

    async def _echo(self, request: Request, account: str) -> HTTPResponse:
        return text(request.args.get("echostr", ""))


@asynccontextmanager
async def hearing() -> AsyncIterator[Heard]:
    heard = Heard()
    app: Sanic[Any, Any] = Sanic(f"hearing_{uuid.uuid4().hex}", configure_logging=False)
    app.config.TOUCHUP = False
    app.config.ACCESS_LOG = False
    add: Any = app.add_route
    add(heard._take, "/connect/wechat/<account:str>", methods=["POST"], name="take")
    add(heard._echo, "/connect/wechat/<account:str>", methods=["GET"], name="echo")
    stop, ready = asyncio.Event(), asyncio.Event()

    async def started(_app: Any) -> None:
        ready.set()

    app.after_server_start(started)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        task = asyncio.create_task(serve(app, sock=sock, stop=stop))
        await ready.wait()
        heard.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        try:
            yield heard
        finally:
            stop.set()
            await task
