"""A real OpenID provider in a process of its own, and a desk that signs people in there."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import httpx
from pydantic import SecretStr

from tests.fronts import Front


@contextmanager
def identity_provider() -> Iterator[str]:
    """Its issuer, which is another site than the front: the one is localhost, the other 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://localhost:{port}"
        for _ in range(200):
            with suppress(httpx.HTTPError):
                httpx.get(f"{address}/.well-known/openid-configuration")
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


async def provide(issuer: str, subject: str, **claims: object) -> None:
    """What the provider knows of somebody."""
    async with httpx.AsyncClient() as client:
        answer = await client.put(f"{issuer}/users/{subject}", json=claims)
        assert answer.status_code == 204, answer.text


def settings(issuer: str, **changes: Any) -> dict[str, Any]:
    return {
        "oidc_issuer": issuer,
        "oidc_client_id": "desk",
        "oidc_client_secret": SecretStr("secret"),
        "oidc_label": "Foothill ID",
        **changes,
    }


def at_its_address(front: Front) -> Front:
    """The desk names its own address to the provider, which is known once it listens."""
    desk = front.app.ctx.desk
    front.app.ctx.desk = replace(desk, context=replace(desk.context, front_url=front.url))
    return front
