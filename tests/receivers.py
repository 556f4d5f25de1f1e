"""A merchant's system that is told of changes: an HTTP server on a real port, which checks what it gets."""

from __future__ import annotations

import asyncio
import json
import ssl
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import new as hmac_of
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def type(self) -> str:
        return str(self.event["type"])

    def is_signed_with(self, secret: str) -> bool:
        """As the reference implementation of Standard Webhooks verifies it."""
        key = b64decode(secret.removeprefix("whsec_"))
        content = f"{self.id}.{self.headers['webhook-timestamp']}.{self.body.decode()}"
        expected = b64encode(hmac_of(key, content.encode(), sha256).digest()).decode()
        versioned = [part.split(",", 1) for part in self.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and signature == expected for version, signature in versioned)


@dataclass
class Receiver:
    """`answers` are raw HTTP answers for the next requests, then all are answered 204; None: none is given.

    With `moods` every third or so of those is answered 500 instead.
    """

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: deque[bytes | None] = field(default_factory=deque)
    moods: Random | None = None

    @property
    def types(self) -> list[str]:
        return [one.type for one in self.got]

    def fail(self, status: int, *, times: int = 1) -> None:
        self.answers.extend([f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n".encode()] * times)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
            headers = {name.lower(): value for name, _, value in lines}
            body = await reader.readexactly(int(headers["content-length"]))
            self.got.append(Got(headers, body))
            if self.moods is not None and self.moods.random() < 0.3:
                self.fail(500)
            answer = self.answers.popleft() if self.answers else b"HTTP/1.1 204 Yes\r\n\r\n"
            if answer is None:
                await reader.read()  # until the other side has had enough
                return
            writer.write(answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def open_receiver(certificate: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=certificate)
    receiver.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    async with server:
        yield receiver
