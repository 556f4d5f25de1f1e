"""A customer and an agent on the running service: found by each other, and again after a crash."""

from __future__ import annotations

import os
import re
import signal
import time
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import httpx
import pytest

from tests.e2e.chat import Chat
from tests.services_at_work import Service


class Agent:
    """The owner's account at the live desk, by its forms; at the desk while this is open."""

    def __init__(self, service: Service) -> None:
        self._desk = httpx.Client(
            base_url=f"{service.url}/desk", timeout=20, follow_redirects=True, trust_env=False
        )
        self._key = service.merchant_key
        self._token = ""

    def __enter__(self) -> Self:
        form = self._desk.get("/sign-in?lang=en").text
        account = {"name": "owner", "key": self._key}
        self._desk.post("/sign-in?lang=en", data={"form_token": _field(form), **account}).raise_for_status()
        self._token = _field(self._desk.get("/chats?lang=en").text)
        self.do("seat", open="1")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.do("seat", open="0")
        self._desk.close()

    def do(self, deed: str, **fields: str) -> httpx.Response:
        return self._desk.post(
            f"/chats/{deed}",
            data={"form_token": self._token, **fields},
            headers={"Accept": "application/json"},
        )

    def chats(self) -> set[str]:
        """The ids of all chats that the page leads to."""
        return set(re.findall(r"/desk/chats/([0-9a-f]{32})", self._desk.get("/chats?lang=en").text))

    def page(self, chat: str) -> str:
        return self._desk.get(f"/chats/{chat}?lang=en").text

    def write(self, chat: str, text: str, *, key: str) -> httpx.Response:
        return self.do(f"{chat}/write", reply=text, key=key)


@pytest.fixture
def agent(service: Service) -> Iterator[Agent]:
    with Agent(service) as seated:
        yield seated
    service.until(service.is_well, seconds=90)


def _field(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def connected(service: Service, agent: Agent) -> tuple[Chat, str]:
    """A customer who asked for a person, and the id of the chat that the agent was given."""
    before = agent.chats()
    chat = Chat.open(service.url, language="en")
    chat.patience = 60.0
    chat.say("agent please")
    chat.wait_for("has joined")
    [given] = agent.chats() - before
    return chat, given


def until_written(agent: Agent, chat: str, text: str) -> None:
    """Sends the same words under the same key until they are taken, as the desk's page does."""
    key, end = uuid.uuid4().hex, time.monotonic() + 60
    while time.monotonic() < end:
        try:
            answer = agent.write(chat, text, key=key)
            if answer.status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise AssertionError("never taken")


def test_a_customer_who_asks_gets_the_agent_who_is_there_and_the_assistant_back(
    service: Service, agent: Agent
) -> None:
    chat, given = connected(service, agent)
    agent.write(given, "Hello, how can I help?", key="k1").raise_for_status()
    chat.wait_for("how can I help")
    chat.post(text="my shoes are too small")
    assert "my shoes are too small" in agent.page(given)
    assert chat.fetch()["owner"] == "human"
    agent.do(f"{given}/note", note="nobody may see this", key="n1").raise_for_status()
    agent.do(f"{given}/hand-back", step="return_item").raise_for_status()
    chat.wait_for("handed the chat back")
    assert chat.fetch()["owner"] == "bot"
    chat.choose("Return")
    page = chat.client.get("/api/chat/messages", params={"after": 0}).json()["messages"]
    assert [message["seq"] for message in page] == list(range(1, len(page) + 1))
    assert not any("nobody may see" in str(message) for message in page)
    chat.close()


def test_when_the_front_is_killed_in_mid_chat_both_sides_come_to_the_same_talk(
    service: Service, agent: Agent
) -> None:
    chat, given = connected(service, agent)
    agent.write(given, "before the crash", key="k1").raise_for_status()
    os.kill(service.pids["front"], signal.SIGKILL)
    chat.post(text="said while it was down")
    until_written(agent, given, "written while it was down")
    chat.wait_for("written while it was down", seconds=60)
    talk = [message["text"] for message in chat.log if message["from"] in ("agent", "customer")]
    assert sorted(talk) == sorted(
        ["agent please", "before the crash", "said while it was down", "written while it was down"]
    )
    page = agent.page(given)
    assert all(page.count(text) == 1 for text in ("before the crash", "written while it was down"))
    assert chat.fetch()["owner"] == "human"
    agent.do(f"{given}/close", reason="solved").raise_for_status()
    chat.wait_for("has closed this chat")
    chat.close()
