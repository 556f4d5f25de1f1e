"""A front on a real port, over a real database, with a bot of ours."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from aftersales.ports import Bot
from aftersales.services.context import Context
from runtime.front import App, create_front, serve
from runtime.settings import Settings
from tests.fakes import FakeBot
from tests.goods import Goods, open_goods

SITE_KEY = "site-key-of-the-tests-0123456789abcdef"
MERCHANT_KEY = "merchant-key-of-the-tests-0123456789"
ACCOUNT_KEY = "account-key-of-the-tests-0123456789"
ORIGIN = "https://shop.example"


@dataclass(frozen=True, slots=True)
class Front:
    """`client` has no session; `chat` makes one that has."""

    url: str
    app: App
    goods: Goods
    bot: FakeBot
    client: httpx.AsyncClient
    settings: Settings

    async def chat(self, **wishes: Any) -> Visitor:
        response = await self.client.post("/api/chat/sessions", json=wishes)
        assert response.status_code == 201, response.text
        return Visitor(self, response.json()["session_token"])


@dataclass(frozen=True, slots=True)
class Visitor:
    front: Front
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.front.client.get(f"/api/chat/{path}", headers=self.headers, timeout=40, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        if "json" in options:  # ASCII escapes, so that a lone surrogate can be sent as well
            options["content"] = json.dumps(options.pop("json"))
        return await self.front.client.post(f"/api/chat/{path}", headers=headers, **options)

    async def say(self, text: str, *, id: str = "m1") -> httpx.Response:
        return await self.post("messages", json={"client_message_id": id, "text": text})

    async def messages(self, after: int = 0, *, wait: int = 0) -> dict[str, Any]:
        response = await self.get("messages", params={"after": after, "wait": wait})
        assert response.status_code == 200, response.text
        update: dict[str, Any] = response.json()
        return update

    async def until(self, count: int) -> list[dict[str, Any]]:
        """The first `count` messages, as soon as there are so many."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            found += (await self.messages(found[-1]["seq"] if found else 0, wait=5))["messages"]
        return found


@asynccontextmanager
async def open_front(folder: Path, *, kind: str = "sqlite", **changes: Any) -> AsyncIterator[Front]:
    """`changes` are settings, `clock` to put in place of the frozen one, and `desk` for people elsewhere."""
    async with open_goods(kind, folder) as goods:
        context = replace(goods.ctx, clock=changes.pop("clock", goods.clock), desk=changes.pop("desk", None))
        settings = Settings(
            _env_file=None,
            data=folder,
            database_url=goods.engine.url.render_as_string(hide_password=False),
            merchant_key=SecretStr(MERCHANT_KEY),
            account_key=SecretStr(ACCOUNT_KEY),
            site_token_key=SecretStr(changes.pop("site_token_key", SITE_KEY)),
            allowed_origins=[ORIGIN],
            **changes,
        )
        bot = FakeBot()
        async with (
            serving(settings, context, bot) as (url, app),
            httpx.AsyncClient(base_url=url, verify=False) as client,  # there is no TLS: no certificates are read
        ):
            yield Front(url, app, goods, bot, client, settings)


@asynccontextmanager
async def serving(
    settings: Settings, context: Context, bot: Bot, *, port: int = 0
) -> AsyncIterator[tuple[str, App]]:
    """A running front and its address, at any port for 0; ends as the process would on SIGTERM."""

    @asynccontextmanager
    async def given(_settings: Settings) -> AsyncIterator[Context]:
        yield context

    app = create_front(settings, open_context=given, make_bot=lambda _settings: bot)
    stop, ready = asyncio.Event(), asyncio.Event()

    async def started(_app: App) -> None:
        ready.set()

    app.after_server_start(started)
    with socket.create_server(("127.0.0.1", port)) as sock:
        task = asyncio.create_task(serve(app, sock=sock, stop=stop))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            if task.done():
                await task
            yield f"http://127.0.0.1:{sock.getsockname()[1]}", app
        finally:
            stop.set()
            await task
