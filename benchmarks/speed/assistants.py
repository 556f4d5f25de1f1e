"""The two assistants, spoken to over HTTP as their channels are: our internal channel, and Rasa's REST channel."""

from __future__ import annotations

import json
import threading
import uuid
from http.client import HTTPConnection
from typing import Any, Protocol
from urllib.parse import urlsplit


class Assistant(Protocol):
    """`say` returns the texts that came back and the payloads of the buttons. Threads may speak at once."""

    name: str

    def begin(self, session: str, language: str) -> None: ...
    def say(self, session: str, text: str, *, tapped: bool) -> tuple[str, list[str]]: ...


class Wire:
    """JSON there and back, each thread over a kept connection: the load shall cost little next to an answer."""

    def __init__(self, url: str, *, token: str = "") -> None:
        self._host = urlsplit(url).netloc
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._own = threading.local()

    def post(self, path: str, body: object) -> Any:
        """Raises RuntimeError for an answer that is no success."""
        connection: HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = HTTPConnection(self._host, timeout=60)
        connection.request("POST", path, json.dumps(body).encode(), self._headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:500]!r}")
        return json.loads(content)


class ReturnDesk:
    name = "ReturnDesk"

    def __init__(self, url: str, *, token: str) -> None:
        self._wire = Wire(url, token=token)
        self._languages: dict[str, str] = {}

    def begin(self, session: str, language: str) -> None:
        self._languages[session] = language

    def say(self, session: str, text: str, *, tapped: bool) -> tuple[str, list[str]]:
        turn = {
            "session": session,
            "message_id": uuid.uuid4().hex,
            "kind": "choice" if tapped else "text",
            "text": text,
            "language": self._languages[session],
            "language_fixed": True,
        }
        replies: list[dict[str, Any]] = self._wire.post("/webhooks/returndesk/webhook", turn)["replies"]
        return _texts(replies), [choice["value"] for reply in replies for choice in reply["choices"]]


class Stock:
    name = "stock Rasa"

    def __init__(self, url: str) -> None:
        self._wire = Wire(url)

    def begin(self, session: str, language: str) -> None:
        """The texts hang on the slot `language`, which our own pipeline sets and the stock one does not.

        A slot that is set before the session has begun would be forgotten when it begins.
        """
        events: list[dict[str, Any]] = [
            {"event": "action", "name": "action_session_start"},
            {"event": "session_started"},
            {"event": "action", "name": "action_listen"},
            {"event": "slot", "name": "language", "value": language},
        ]
        self._wire.post(f"/conversations/{session}/tracker/events", events)

    def say(self, session: str, text: str, *, tapped: bool) -> tuple[str, list[str]]:
        replies = self._wire.post("/webhooks/rest/webhook", {"sender": session, "message": text})
        return _texts(replies), [b["payload"] for reply in replies for b in reply.get("buttons") or ()]


def _texts(replies: list[dict[str, Any]]) -> str:
    return "\n".join(str(reply.get("text") or "") for reply in replies)
