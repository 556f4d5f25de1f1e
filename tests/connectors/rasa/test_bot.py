"""The Bot port over HTTP, against a small real server that speaks as bot/channel.py does."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json, text

from aftersales.domain.conversations import Answer, Choice, Reply, Turn
from aftersales.domain.errors import Unavailable
from aftersales.domain.handovers import HandoverReason, HandoverWish
from connectors.rasa.bot import RasaBot

TOKEN = "the internal secret"
TURN = Turn(session="c1.1", message_id="m1", kind="text", text="我要退货", language="zh", language_fixed=False)
ANSWER = {
    "replies": [
        {
            "text": "好的",
            "choices": [{"title": "是", "value": "/affirm"}],
            "cards": [{"type": "order", "number": "A1"}],
        },
        {"text": "", "choices": [], "cards": [{"type": "quote"}]},
    ],
    "language": "en",
    "language_fixed": True,
    "matter_done": True,
    "wish": {"reason": "anger", "topic": "returns", "vip": True, "about": {"asked": "returns_items"}},
}

Respond = Callable[[Request], HTTPResponse]


@asynccontextmanager
async def bot_server(respond: Respond) -> AsyncIterator[str]:
    app: Sanic[Any, Any] = Sanic(f"fake_rasa_{uuid4().hex}", configure_logging=False)
    app.config.TOUCHUP = False  # Sanic rewrites its own methods for one application per process

    @app.post("/webhooks/returndesk/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        return respond(request)

    @app.get("/webhooks/returndesk/health")
    async def health(request: Request) -> HTTPResponse:
        return respond(request)

    with socket.create_server(("127.0.0.1", 0)) as sock:
        server: Any = await app.create_server(sock=sock, return_asyncio_server=True, access_log=False)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            await server.close()
            await server.after_stop()


async def ask(respond: Respond, *, timeout: float = 5, token: str = TOKEN) -> Answer:
    async with bot_server(respond) as url, RasaBot(url=url, token=token, timeout=timeout) as bot:
        return await bot.answer(TURN)


async def test_a_turn_becomes_an_answer_with_choices_and_cards() -> None:
    seen: list[Any] = []

    def respond(request: Request) -> HTTPResponse:
        seen.append((request.headers["authorization"], request.json))
        return json(ANSWER)

    assert await ask(respond) == Answer(
        replies=(
            Reply(text="好的", choices=(Choice("是", "/affirm"),), cards=({"type": "order", "number": "A1"},)),
            Reply(text="", cards=({"type": "quote"},)),
        ),
        language="en",
        language_fixed=True,
        matter_done=True,
        wish=HandoverWish(HandoverReason.ANGER, topic="returns", vip=True, about={"asked": "returns_items"}),
    )
    assert seen == [
        (
            f"Bearer {TOKEN}",
            {
                "session": "c1.1",
                "message_id": "m1",
                "kind": "text",
                "text": "我要退货",
                "language": "zh",
                "language_fixed": False,
            },
        )
    ]


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500, 503])
async def test_any_other_status_is_unavailable(status: int) -> None:
    with pytest.raises(Unavailable):
        await ask(lambda _request: json({}, status=status))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        '{"replies": []}',
        '{"replies": [], "language": "fr", "language_fixed": false, "matter_done": false, "wish": null}',
        '{"replies": [{"text": null, "choices": [], "cards": []}], "language": "zh", "language_fixed": false, '
        '"matter_done": false, "wish": null}',
        '{"replies": [], "language": "zh", "language_fixed": false, "matter_done": false, '
        '"wish": {"reason": "boredom", "topic": "", "vip": false, "about": {}}}',
    ],
)
async def test_an_answer_of_another_shape_is_unavailable(body: str) -> None:
    with pytest.raises(Unavailable):
        await ask(lambda _request: text(body))


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with RasaBot(url="http://127.0.0.1:9", token=TOKEN, timeout=1) as bot:
        with pytest.raises(Unavailable):
            await bot.answer(TURN)
        with pytest.raises(Unavailable):
            await bot.health()


async def test_a_server_that_takes_too_long_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as never_accepts:
        url = f"http://127.0.0.1:{never_accepts.getsockname()[1]}"
        async with RasaBot(url=url, token=TOKEN, timeout=0.3) as bot:
            with pytest.raises(Unavailable):
                await bot.answer(TURN)


async def test_health_is_quiet_while_a_model_is_loaded_and_unavailable_without_one() -> None:
    loaded = True
    async with (
        bot_server(lambda _request: json({}, status=200 if loaded else 503)) as url,
        RasaBot(url=url, token=TOKEN, timeout=5) as bot,
    ):
        await bot.health()
        loaded = False
        with pytest.raises(Unavailable):
            await bot.health()
