"""The owner at the live desk of a running service, by the forms of its pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from types import TracebackType
from typing import Self

import httpx

from runtime.places import ROOT
from tests.services_at_work import Service

PASSWORD = "correct horse battery"


def add_agent(service: Service, name: str, role: str, *more: str) -> None:
    """An account at the desk with PASSWORD; `more` are further words of the command."""
    subprocess.run(
        [sys.executable, "-m", "runtime.cli", "agent", "add", name, "--role", role, *more],
        input=f"{PASSWORD}\n",
        env={**os.environ, "RETURNDESK_DATA": str(service.data), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        text=True,
        check=True,
        timeout=60,
    )


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


def _field(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found, page
    return found.group(1)
