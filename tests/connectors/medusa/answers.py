"""A server of planned answers, and answers recorded from Medusa 2.21.2, cleaned of who did what."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from connectors.medusa.client import MedusaClient, MedusaSettings

Respond = Callable[[httpx.Request], httpx.Response]
FIXTURES = Path(__file__).parent / "fixtures"


def recorded(name: str) -> Any:
    """As the client reads it."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf8"), parse_float=Decimal)


def said(name: str) -> Respond:
    """Answers with what was recorded, as it was."""
    content = (FIXTURES / f"{name}.json").read_bytes()
    return lambda _request: httpx.Response(200, content=content)


class Server:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self, *responses: Respond) -> None:
        self.requests: list[httpx.Request] = []
        self._responses = list(responses)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        respond = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        return respond(request)

    @property
    def client(self) -> MedusaClient:
        transport = httpx.MockTransport(self)
        return MedusaClient(MedusaSettings(url="http://shop.example/", secret_key="sk_1", transport=transport))


def says(status: int, body: object = None) -> Respond:
    return lambda _request: httpx.Response(status, json=body if body is not None else {})


def fails(error: type[httpx.TransportError]) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        raise error("planned", request=request)

    return respond
