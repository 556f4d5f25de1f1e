"""The action server, with small actions of its own, over HTTP."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from runtime.action_server import create_app

SECRET = "the internal secret"
TRACKER = {"sender_id": "c1.1", "slots": {"language": "zh"}, "latest_message": {}, "events": [], "paused": False}


class Greets(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "action_test_greets"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        dispatcher.utter_message(response="utter_hello")
        return [SlotSet("language", tracker.get_slot("language"))]


class Rejects(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "action_test_rejects"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        raise ActionExecutionRejection(self.name())


class Breaks(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "action_test_breaks"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        raise RuntimeError("what the customer wrote")


@asynccontextmanager
async def action_server() -> AsyncIterator[httpx.AsyncClient]:
    executor = ActionExecutor()
    for action in (Greets, Rejects, Breaks):
        executor.register_action(action)
    app = create_app(executor, secret=SECRET)
    app.config.TOUCHUP = False  # Sanic rewrites its own methods for one application per process
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server: Any = await app.create_server(sock=sock, return_asyncio_server=True, access_log=False)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{sock.getsockname()[1]}") as client:
                yield client
        finally:
            await server.close()
            await server.after_stop()


async def call(action: str, **query: str) -> httpx.Response:
    async with action_server() as client:
        return await client.post("/webhook", params=query, json={"next_action": action, "tracker": TRACKER})


async def test_an_action_is_run_and_its_events_and_messages_come_back() -> None:
    response = await call("action_test_greets", token=SECRET)
    assert response.status_code == 200
    (event,) = response.json()["events"]
    assert (event["name"], event["value"]) == ("language", "zh")
    assert response.json()["responses"][0]["response"] == "utter_hello"


@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "wrong"}])
async def test_nobody_is_served_without_the_secret(query: dict[str, str]) -> None:
    assert (await call("action_test_greets", **query)).status_code == 401


async def test_odd_characters_in_the_secret_are_only_wrong() -> None:
    async with action_server() as client:
        body = {"next_action": "action_test_greets", "tracker": TRACKER}
        for path in ("/webhook?token=%ED%A0%80", "/webhook?token=%FF", "/webhook?token=%E7%8C%9C"):
            assert (await client.post(path, json=body)).status_code == 401
        headers = {b"Authorization": b"Bearer \xff\xfe"}
        assert (await client.post("/webhook", headers=headers, json=body)).status_code == 401


async def test_the_secret_may_come_as_a_bearer_token() -> None:
    async with action_server() as client:
        headers = {"Authorization": f"Bearer {SECRET}"}
        body = {"next_action": "action_test_greets", "tracker": TRACKER}
        assert (await client.post("/webhook", headers=headers, json=body)).status_code == 200


@pytest.mark.parametrize(
    ("action", "status"), [("action_test_rejects", 400), ("action_unknown", 404), ("action_test_breaks", 500)]
)
async def test_what_goes_wrong_has_the_status_that_rasa_knows(action: str, status: int) -> None:
    assert (await call(action, token=SECRET)).status_code == status


async def test_an_error_does_not_repeat_what_the_customer_wrote() -> None:
    response = await call("action_test_breaks", token=SECRET)
    assert response.json() == {"error": "RuntimeError"}


async def test_a_call_without_an_action_is_refused() -> None:
    async with action_server() as client:
        bodies: list[Any] = [{}, [], {"next_action": ""}]
        for body in bodies:
            response = await client.post("/webhook", params={"token": SECRET}, json=body)
            assert response.status_code == 422


async def test_health_needs_no_secret() -> None:
    async with action_server() as client:
        assert (await client.get("/health")).json()["status"] == "ok"


def test_an_action_server_without_a_secret_is_not_made() -> None:
    with pytest.raises(ValueError, match="needs the internal secret"):
        create_app(ActionExecutor(), secret="")
