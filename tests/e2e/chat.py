"""A customer of the running service, by the public chat API alone."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

PATIENCE = 30.0


def client_of(base_url: str, *, headers: Mapping[str, str] | None = None) -> httpx.Client:
    """Leaves the environment alone, which pytest writes into while dialogues open clients in other threads."""
    return httpx.Client(base_url=base_url, timeout=40.0, headers=headers, trust_env=False)


@dataclass
class Chat:
    """One chat session. `say` returns what came back to that message."""

    client: httpx.Client
    seq: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    patience: float = PATIENCE

    @classmethod
    def open(
        cls,
        base_url: str,
        *,
        customer: str | None = None,
        language: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A new session; `customer` signs in at the demo shop first."""
        client = client_of(base_url, headers=headers)
        body: dict[str, str] = {"language": language} if language else {}
        if customer:
            signed = client.post("/demo/api/sign-in", json={"customer_id": customer}).raise_for_status().json()
            body["site_token"] = signed["site_token"]
        opened = client.post("/api/chat/sessions", json=body)
        assert opened.status_code == 201, opened.text
        client.headers["Authorization"] = f"Bearer {opened.json()['session_token']}"
        return cls(client)

    def close(self) -> None:
        self.client.close()

    def post(self, **message: str) -> int:
        """Sends one message under a new client message id, again and again until it is acknowledged."""
        body = {"client_message_id": uuid.uuid4().hex, **message}
        end = time.monotonic() + self.patience
        while True:
            try:
                answer = self.client.post("/api/chat/messages", json=body)
                if answer.status_code == 202:
                    return int(answer.json()["seq"])
                assert answer.status_code in (502, 503), answer.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, "never acknowledged"
            time.sleep(0.2)

    def say(self, text: str) -> list[dict[str, Any]]:
        return self.replies_after(self.post(text=text))

    def choose(self, title: str) -> list[dict[str, Any]]:
        """Taps a choice of the newest offers by (a part of) its title."""
        for message in reversed(self.log):
            for choice in message["choices"]:
                if title in choice["title"]:
                    return self.replies_after(self.post(choice=choice["value"]))
        raise AssertionError(f"no choice {title!r} in {self.log[-1:]}")

    def send_photo(self, content: bytes, name: str = "photo.png") -> list[dict[str, Any]]:
        answer = self.client.post("/api/chat/attachments", files={"file": (name, content)})
        assert answer.status_code == 201, answer.text
        return self.replies_after(int(answer.json()["seq"]))

    def replies_after(self, seq: int) -> list[dict[str, Any]]:
        """Waits until the bot has answered the message with this number and is silent."""
        end = time.monotonic() + self.patience
        new: list[dict[str, Any]] = []
        while time.monotonic() < end:
            page = self.fetch(wait=2)
            new += page["messages"]
            if not page["typing"] and any(m["from"] != "customer" and m["seq"] > seq for m in new):
                return [m for m in new if m["from"] != "customer"]
        raise AssertionError(f"no answer within {self.patience} s; so far {new}")

    def fetch(self, *, wait: int = 0) -> dict[str, Any]:
        try:
            answer = self.client.get("/api/chat/messages", params={"after": self.seq, "wait": wait})
            page: dict[str, Any] = answer.raise_for_status().json()
        except httpx.HTTPError:
            time.sleep(0.3)
            return {"messages": [], "typing": True, "owner": "bot"}
        if page["messages"]:
            self.seq = page["messages"][-1]["seq"]
            self.log += page["messages"]
        return page

    def wait_for(self, pattern: str, *, seconds: float = PATIENCE) -> str:
        """Waits for a message that was not asked for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in self.log:
                if message["from"] != "customer" and re.search(pattern, message["text"]):
                    return str(message["text"])
            self.fetch(wait=2)
        raise AssertionError(f"{pattern!r} never came; {[m['text'] for m in self.log][-4:]}")

    def returns(self) -> list[dict[str, Any]]:
        body = self.client.get("/api/chat/returns").raise_for_status().json()
        return list(body["returns"])


def words(messages: list[dict[str, Any]]) -> str:
    """All that was said, with the titles of the choices."""
    return "\n".join(m["text"] + "".join(f" [{choice['title']}]" for choice in m["choices"]) for m in messages)
