"""The websocket: the same as long polling, pushed; and what closes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from aftersales.services.conversations import write_as_agent
from aftersales.services.sessions import close_session, resume_session
from connectors.web.limits import Limits
from runtime.buckets import Buckets
from tests.fronts import ORIGIN, Front, Visitor, open_front


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


def address(front: Front) -> str:
    return front.url.replace("http", "ws") + "/api/chat/socket"


async def told(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        frame: dict[str, Any] = json.loads(await socket.recv())
        return frame


async def tell(socket: ClientConnection, **frame: Any) -> None:
    await socket.send(json.dumps(frame))


@asynccontextmanager
async def talking(visitor: Visitor, *, after: int = 0) -> AsyncIterator[ClientConnection]:
    """An open socket that has had its first update."""
    async with connect(address(visitor.front)) as socket:
        await tell(socket, type="hello", token=visitor.token, after=after)
        assert (await told(socket))["type"] == "update"
        yield socket


async def close_code(socket: ClientConnection) -> int:
    try:
        async with asyncio.timeout(15):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


async def test_a_message_is_acknowledged_and_answered(front: Front) -> None:
    async with talking(await front.chat()) as socket:
        await tell(socket, type="message", client_message_id="m1", text="hi")
        frames = [await told(socket)]
        while sum(len(frame.get("messages", ())) for frame in frames) < 2:
            frames.append(await told(socket))
    assert {"type": "ack", "client_message_id": "m1", "seq": 1} in frames
    said = [message["text"] for frame in frames for message in frame.get("messages", ())]
    assert said == ["hi", "text: hi"]


async def test_the_socket_tells_the_same_as_long_polling(front: Front) -> None:
    visitor = await front.chat()
    await visitor.say("one", id="m1")
    polled = await visitor.until(2)
    async with connect(address(front)) as socket:
        await tell(socket, type="hello", token=visitor.token, after=0)
        update = await told(socket)
        assert update == {"type": "update", **await visitor.messages()}
        assert update["messages"] == polled
        await visitor.say("two", id="m2")
        pushed: list[dict[str, Any]] = []
        while len(pushed) < 2:
            pushed += (await told(socket)).get("messages", ())
        assert pushed == (await visitor.messages(2))["messages"]


async def test_the_cursor_of_the_hello_is_respected(front: Front) -> None:
    visitor = await front.chat()
    await visitor.say("one")
    await visitor.until(2)
    async with connect(address(front)) as socket:
        await tell(socket, type="hello", token=visitor.token, after=1)
        assert [message["seq"] for message in (await told(socket))["messages"]] == [2]


async def test_a_ping_is_answered(front: Front) -> None:
    async with talking(await front.chat()) as socket:
        await tell(socket, type="ping")
        assert await told(socket) == {"type": "pong"}


async def test_what_cannot_be_said_is_an_error_frame_and_the_socket_stays(front: Front) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"type": "message", "client_message_id": "m1", "text": " "}, "empty_message"),
        ({"type": "message", "client_message_id": "m1", "text": "x" * 5000}, "message_too_long"),
        ({"type": "message", "client_message_id": "m1", "choice": "nothing"}, "unknown_choice"),
        ({"type": "message", "client_message_id": "m1"}, "bad_request"),
        ({"type": "message", "client_message_id": "m1", "text": 5}, "bad_request"),
        ({"type": "nothing", "client_message_id": "m1"}, "bad_request"),
    ]
    async with talking(await front.chat(language="en")) as socket:
        for frame, code in cases:
            await tell(socket, **frame)
            answer = await told(socket)
            assert (answer["type"], answer["client_message_id"], answer["code"]) == ("error", "m1", code)
            assert answer["detail"].isascii()
        for raw in ("{", "[]", "\x00", b"\xff\xfe"):
            await socket.send(raw)
            assert (await told(socket))["code"] == "bad_request"
        await tell(socket, type="ping")
        assert await told(socket) == {"type": "pong"}


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ('{"type": "hello", "token": "wrong-wrong-wrong-wrong", "after": 0}', 4401),
        ('{"type": "hello", "token": "", "after": 0}', 4401),
        ('{"type": "hello", "after": 0}', 4400),
        ('{"type": "hello", "token": 5}', 4400),
        ('{"type": "ping"}', 4400),
        ("{", 4400),
    ],
)
async def test_a_hello_that_proves_nothing_closes_the_socket(front: Front, hello: str, code: int) -> None:
    async with connect(address(front)) as socket:
        await socket.send(hello)
        assert await close_code(socket) == code


async def test_a_hello_with_an_impossible_cursor_closes_the_socket(front: Front) -> None:
    visitor = await front.chat()
    for after in (-1, 2**31, 10**30, "1", None):
        async with connect(address(front)) as socket:
            await tell(socket, type="hello", token=visitor.token, after=after)
            assert await close_code(socket) == 4400


async def test_without_a_hello_the_socket_is_closed(front: Front) -> None:
    front.app.ctx.chat = replace(front.app.ctx.chat, hello_seconds=0.3)
    async with connect(address(front)) as socket:
        assert await close_code(socket) == 4400


async def test_signing_out_closes_the_sockets_of_the_session(front: Front) -> None:
    visitor = await front.chat()
    async with talking(visitor) as one, talking(visitor) as two:
        await front.client.delete("/api/chat/sessions", headers=visitor.headers)
        assert [await close_code(one), await close_code(two)] == [4401, 4401]


async def test_a_session_that_was_closed_elsewhere_can_say_nothing_more(front: Front) -> None:
    visitor = await front.chat()
    async with talking(visitor) as socket:
        await close_session(front.goods.ctx, token=visitor.token)
        await tell(socket, type="message", client_message_id="m1", text="hi")
        assert await close_code(socket) == 4401


async def test_a_session_that_was_closed_elsewhere_reads_no_more_while_news_keeps_coming(front: Front) -> None:
    front.app.ctx.chat = replace(front.app.ctx.chat, recheck_seconds=0.6)
    visitor = await front.chat()
    conversation = await resume_session(front.goods.ctx, token=visitor.token)
    async with talking(visitor) as socket:
        await close_session(front.goods.ctx, token=visitor.token)
        for n in range(20):
            await write_as_agent(front.goods.ctx, conversation_id=conversation.id, text="news", key=f"k{n}")
            front.app.ctx.chat.live.wake(conversation.id)
            await asyncio.sleep(0.1)
        assert socket.close_code == 4401


async def test_a_page_of_another_site_gets_no_socket(front: Front) -> None:
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            await connect(address(front), additional_headers={"Origin": origin})
        assert refused.value.response.status_code == 403
    for origin in (ORIGIN, front.url):
        async with connect(address(front), additional_headers={"Origin": origin}) as socket:
            await tell(socket, type="ping")
            assert await close_code(socket) == 4400


async def test_a_frame_above_16_kb_closes_the_socket(front: Front) -> None:
    async with talking(await front.chat()) as socket:
        await tell(socket, type="message", client_message_id="m1", text="x" * 20_000)
        assert await close_code(socket) == 1009


async def test_a_session_has_twenty_sockets_at_most(front: Front) -> None:
    visitor = await front.chat()
    sockets = [await connect(address(front)) for _ in range(21)]
    try:
        for socket in sockets[:20]:
            await tell(socket, type="hello", token=visitor.token, after=0)
            await told(socket)
        await tell(sockets[20], type="hello", token=visitor.token, after=0)
        assert await close_code(sockets[20]) == 4429
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))


async def test_too_many_messages_are_refused_and_too_many_frames_close(front: Front) -> None:
    limits = Limits(messages=Buckets(1, seconds=60), frames=Buckets(3, seconds=60))
    front.app.ctx.chat = replace(front.app.ctx.chat, limits=limits)
    async with talking(await front.chat()) as socket:
        for n in range(2):
            await tell(socket, type="message", client_message_id=f"m{n}", text="hi")
        codes: list[str] = []
        while not codes:
            codes += [frame["code"] for frame in [await told(socket)] if frame["type"] == "error"]
        assert codes == ["rate_limited"]
        await tell(socket, type="ping")
        await tell(socket, type="ping")
        assert await close_code(socket) == 4429


async def test_a_plain_request_to_the_socket_is_refused(front: Front) -> None:
    response = await front.client.get("/api/chat/socket")
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


async def test_sockets_and_waiting_clients_are_let_go_when_the_front_ends(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        visitor = await front.chat()
        socket = await connect(address(front))
        await tell(socket, type="hello", token=visitor.token, after=0)
        await told(socket)
        waiting = asyncio.create_task(visitor.messages(0, wait=20))
        await asyncio.sleep(0.3)
        front.app.ctx.chat.live.close()
        assert (await asyncio.wait_for(waiting, 3))["messages"] == []
        assert await close_code(socket) == 1001
