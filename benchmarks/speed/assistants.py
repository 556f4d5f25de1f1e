"""The two assistants, spoken to over HTTP as their channels are: our internal channel, and Rasa's REST channel."""

from __future__ import annotations

import uuid
from typing import Any, Protocol

import httpx


class Assistant(Protocol):
    """`say` returns the texts that came back and the payloads of the buttons."""

    name: str

    async def begin(self, session: str, language: str) -> None: ...
    async def say(self, session: str, text: str, *, tapped: bool) -> tuple[str, list[str]]: ...


class ReturnDesk:
    name = "ReturnDesk"

    def __init__(self, url: str, *, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )
        self._languages: dict[str, str] = {}

    async def begin(self, session: str, language: str) -> None:
        self._languages[session] = language

    async def say(self, session: str, text: str, *, tapped: bool) -> tuple[str, list[str]]:
        turn = {
            "session": session,
            "message_id": uuid.uuid4().hex,
            "kind": "choice" if tapped else "text",
            "text": text,
            "language": self._languages[session],
            "language_fixed": True,
        }
        answer = (await self._client.post("/webhooks/returndesk/webhook", json=turn)).raise_for_status().json()
        replies: list[dict[str, Any]] = answer["replies"]
        return _texts(replies), [choice["value"] for reply in replies for choice in reply["choices"]]


class Stock:
    name = "stock Rasa"

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)

    async def begin(self, session: str, language: str) -> None:
        """The texts hang on the slot `language`, which our own pipeline sets and the stock one does not.

        A slot that is set before the session has begun would be forgotten when it begins.
        """
        events: list[dict[str, Any]] = [
            {"event": "action", "name": "action_session_start"},
            {"event": "session_started"},
            {"event": "action", "name": "action_listen"},
            {"event": "slot", "name": "language", "value": language},
        ]
        path = f"/conversations/{session}/tracker/events"
        (await self._client.post(path, json=events)).raise_for_status()

    async def say(self, session: str, text: str, *, tapped: bool) -> tuple[str, list[str]]:
        message = {"sender": session, "message": text}
        replies = (await self._client.post("/webhooks/rest/webhook", json=message)).raise_for_status().json()
        return _texts(replies), [b["payload"] for reply in replies for b in reply.get("buttons") or ()]


def _texts(replies: list[dict[str, Any]]) -> str:
    return "\n".join(str(reply.get("text") or "") for reply in replies)
