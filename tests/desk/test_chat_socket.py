"""The live desk's websocket: the same page for everybody at once, and what closes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from aftersales.domain.accounts import Role
from aftersales.services.accounts import disable_account
from connectors.web.chat import Sockets
from desk.chat_regions import REGIONS
from runtime.buckets import Buckets
from tests.desk.agents import CLI, Agent, agent, wants_a_person
from tests.fronts import Front, Visitor, open_front


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


@asynccontextmanager
async def watching(agent: Agent, chat: str = "", *, origin: str | None = None) -> AsyncIterator[ClientConnection]:
    """An open socket as the page opens it, with the session's cookie."""
    address = f"{agent.front.url.replace('http', 'ws')}/desk/chats/socket?lang=en&chat={chat}"
    cookies = "; ".join(f"{name}={value}" for name, value in agent.client.cookies.items())
    headers = {"Cookie": cookies, "Origin": origin or agent.front.url}
    async with connect(address, additional_headers=headers) as socket:
        yield socket


async def until(socket: ClientConnection, region: str, words: str) -> str:
    """The HTML of the region, as soon as it holds these words."""
    async with asyncio.timeout(10):
        while True:
            frame = json.loads(await socket.recv())
            if frame["region"] == region and words in frame["html"]:
                return str(frame["html"])


async def close_code(socket: ClientConnection) -> int:
    try:
        async with asyncio.timeout(15):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


async def test_a_new_socket_brings_everything_and_later_only_what_changed(front: Front) -> None:
    async with agent(front) as wei, watching(wei) as socket:
        async with asyncio.timeout(10):
            frames = [json.loads(await socket.recv()) for _ in REGIONS]
        assert {frame["region"] for frame in frames} == set(REGIONS)
        await wants_a_person(front, text="hello there")
        async with asyncio.timeout(10):
            assert json.loads(await socket.recv())["region"] == "queue"


async def test_a_claim_a_word_and_a_note_are_seen_by_other_agents_at_once(front: Front) -> None:
    async with agent(front) as wei, agent(front, "li") as li:
        visitor, chat = await wants_a_person(front)
        async with watching(li, chat) as socket:
            await until(socket, "state", "Waiting for a person")
            await wei.do(f"{chat}/claim")
            await until(socket, "state", "Wei &lt;i&gt; has this chat")
            await wei.do(f"{chat}/write", reply="Good morning", key="k1")
            await until(socket, "talk", "Good morning")
            await wei.do(f"{chat}/note", note="tricky one", key="n1")
            await until(socket, "talk", "tricky one")
            await visitor.say("thanks", id="m2")
            await until(socket, "talk", "thanks")
            await wei.do(f"{chat}/close", reason="solved")
            await until(socket, "state", "Closed")


async def test_customer_and_agent_see_each_other_typing_and_what_has_arrived(front: Front) -> None:
    async with agent(front) as wei:
        visitor, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        async with customers_socket(visitor) as customer, watching(wei, chat) as desk:
            await desk.send(json.dumps({"type": "typing"}))
            await told(customer, lambda frame: bool(frame["typing"]))
            await customer.send(json.dumps({"type": "typing"}))
            await until(desk, "state", "The customer is typing")
            await wei.do(f"{chat}/write", reply="Good morning", key="k1")
            await told(customer, lambda frame: any("Good morning" in m["text"] for m in frame["messages"]))
            await until(desk, "talk", "Delivered")


@asynccontextmanager
async def customers_socket(visitor: Visitor) -> AsyncIterator[ClientConnection]:
    """As the widget opens it."""
    async with connect(f"{visitor.front.url.replace('http', 'ws')}/api/chat/socket") as socket:
        await socket.send(json.dumps({"type": "hello", "token": visitor.token, "after": 0}))
        yield socket


async def told(socket: ClientConnection, seen: Callable[[dict[str, Any]], bool]) -> None:
    """Waits for an update of this kind."""
    async with asyncio.timeout(10):
        while True:
            frame = json.loads(await socket.recv())
            if frame["type"] == "update" and seen(frame):
                return


async def test_a_page_of_another_site_cannot_open_the_socket(front: Front) -> None:
    async with agent(front) as wei:
        with pytest.raises(InvalidStatus) as refused:
            async with watching(wei, origin="https://evil.example"):
                pass
        assert refused.value.response.status_code == 403


async def test_without_a_session_or_for_an_unknown_chat_the_socket_is_closed(front: Front) -> None:
    async with agent(front) as wei:
        async with watching(wei, "nowhere") as socket:
            assert await close_code(socket) == 4400
        async with watching(wei, "a%20b") as socket:
            assert await close_code(socket) == 4400
        wei.client.cookies.clear()
        async with watching(wei) as socket:
            assert await close_code(socket) == 4401


async def test_an_agent_who_is_removed_loses_the_socket(front: Front) -> None:
    front.app.ctx.desk = replace(front.app.ctx.desk, recheck_seconds=0.2)
    async with agent(front) as wei, watching(wei) as socket:
        await until(socket, "seat", "You take new chats")
        await disable_account(front.goods.ctx, name="wei", by=CLI)
        assert await close_code(socket) == 4401


async def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(front: Front) -> None:
    front.app.ctx.desk = replace(front.app.ctx.desk, recheck_seconds=0.1)
    async with agent(front) as wei, watching(wei) as socket:
        front.goods.clock.advance(minutes=40)
        await socket.send(json.dumps({"type": "here", "active": False}))
        await asyncio.sleep(0.5)
        front.goods.clock.advance(minutes=21)
        assert await close_code(socket) == 4401


async def test_somebody_who_types_stays_signed_in_and_is_seen_at_the_desk(front: Front) -> None:
    async with agent(front) as wei, watching(wei) as socket:
        for _ in range(3):
            front.goods.clock.advance(minutes=40)
            await socket.send(json.dumps({"type": "here", "active": True}))
            await until_seen(front, wei)
        await until(socket, "seat", "You take new chats")


async def until_seen(front: Front, agent: Agent) -> None:
    async with asyncio.timeout(10):
        while True:
            async with front.goods.ctx.unit_of_work() as uow:
                seat = await uow.seats.get(agent.account.id)
            if seat is not None and seat.is_there(front.goods.clock.now()):
                return
            await asyncio.sleep(0.05)


async def test_too_many_sockets_and_too_many_frames_are_closed(front: Front) -> None:
    front.app.ctx.desk = replace(front.app.ctx.desk, sockets=Sockets(most=1), frames=Buckets(2, seconds=60))
    async with agent(front, "boss", Role.SUPERVISOR) as boss, watching(boss) as first:
        async with watching(boss) as second:
            assert await close_code(second) == 4429
        for _ in range(3):
            await first.send(json.dumps({"type": "here"}))
        assert await close_code(first) == 4429


async def test_what_is_no_json_closes_the_socket(front: Front) -> None:
    async with agent(front) as wei, watching(wei) as socket:
        await socket.send("[[[")
        assert await close_code(socket) == 4400
