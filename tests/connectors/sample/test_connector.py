"""The connector that docs/connectors/your-own.md shows: that it works, and that the pages show this very one."""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import HTTPResponse, Request
from sanic.response import empty

from aftersales.ports import Channel
from aftersales.services.channel_inbox import SETTLE
from aftersales.services.channel_sending import Outlet
from aftersales.services.channel_talks import carry_channels
from connectors.web.problems import ProblemTexts
from runtime import requests
from tests.connectors.sample.connector import BellCalls, BellChannel, bell_blueprint
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.simulators import hang_up, listening, simulator_app
from tests.talks import World, open_world

ROOT = Path(__file__).resolve().parents[3]
SECRET = "secret-between-bell-and-us-0123456789"
SAID = {"id": "m1", "customer": "li", "text": "我要退货", "at": int(NOON.timestamp())}


@dataclass
class Bell:
    """The app's side: `texts` by key are what customers have read; `lost` is how many answers get lost."""

    world: World
    client: httpx.AsyncClient
    folder: Path
    texts: dict[str, str] = field(default_factory=dict)
    lost: int = 0

    async def take(self, request: Request) -> HTTPResponse:
        told: Any = request.json
        self.texts.setdefault(told["key"], told["text"])
        if self.lost:
            self.lost -= 1
            return hang_up(request)
        return empty()

    async def tell(self, front: str, told: object = SAID, *, secret: str = SECRET) -> int:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        signature = hmac.new(secret.encode(), body, sha256).hexdigest()
        answer = await self.client.post(
            f"{front}/connect/bell", content=body, headers={"X-Bell-Signature": signature}
        )
        return answer.status_code

    async def work(self, channel: Channel) -> list[str]:
        outlet = Outlet(channel, lambda message, _: message.text, self.folder)
        self.world.clock.advance(seconds=SETTLE.total_seconds())
        await carry_channels(self.world.ctx, {"bell": outlet}, self.world.bot)
        return list(self.texts.values())


@asynccontextmanager
async def serving_front(world: World) -> AsyncIterator[str]:
    """The connector's part of a front."""
    app = simulator_app("front")
    app.ctx.problem_texts = ProblemTexts.load()
    app.ctx.bell_calls = BellCalls(world.ctx, SECRET)
    requests.install(app)
    app.blueprint(bell_blueprint())
    async with listening(app) as url:
        yield url


@dataclass(frozen=True, slots=True)
class Both:
    bell: Bell
    front: str
    channel: BellChannel


@pytest.fixture(params=DATABASES)
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Both]:
    async with open_world(request.param, tmp_path) as world, httpx.AsyncClient() as client:
        bell = Bell(world, client, tmp_path)
        app = simulator_app("bell")
        add: Any = app.add_route
        add(bell.take, "/messages", methods=["POST"], name="take")
        async with listening(app) as url, serving_front(world) as front, httpx.AsyncClient(base_url=url) as there:
            yield Both(bell, front, BellChannel(there))


async def test_a_customer_is_answered_once(both: Both) -> None:
    assert [await both.bell.tell(both.front) for _ in range(2)] == [204, 204]
    assert await both.bell.work(both.channel) == ["text: 我要退货"]
    assert await both.bell.work(both.channel) == ["text: 我要退货"]


async def test_an_answer_that_got_lost_arrives_once(both: Both) -> None:
    both.bell.lost = 1
    await both.bell.tell(both.front)
    await both.bell.work(both.channel)
    both.bell.world.clock.advance(minutes=5)
    assert await both.bell.work(both.channel) == ["text: 我要退货"]


async def test_what_is_not_signed_or_no_message_is_refused(both: Both) -> None:
    assert await both.bell.tell(both.front, secret="guess") == 401
    for told in (b"", b"[]", {}, {**SAID, "at": -1}, {**SAID, "customer": "l i"}):
        assert await both.bell.tell(both.front, told) == 400


@pytest.mark.parametrize("page", ["docs/connectors/your-own.md", "docs/zh/connectors/your-own.md"])
def test_the_page_shows_this_very_connector(page: str) -> None:
    code = (ROOT / "tests/connectors/sample/connector.py").read_text(encoding="utf8")
    assert f"```python\n{code}```\n" in (ROOT / page).read_text(encoding="utf8")
