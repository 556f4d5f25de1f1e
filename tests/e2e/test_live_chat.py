"""A customer and an agent on the running service: found by each other, and again after a crash."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.agent import Agent
from tests.e2e.chat import Chat
from tests.services_at_work import Service


@pytest.fixture
def agent(service: Service) -> Iterator[Agent]:
    with Agent(service) as seated:
        yield seated
    service.until(service.is_well, seconds=90)


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
