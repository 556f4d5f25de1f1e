"""What others than the customer do while a dialogue is played: the shop, its people, and failing machines."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from tests.e2e.stock import import_records
from tests.services_at_work import Service

WELL_SECONDS = 90.0
_one_pause = Lock()


def decide(service: Service, number: str, decision: str) -> None:
    """The shop's own system does something with the return of this number."""
    answer = httpx.post(
        f"{service.url}/api/merchant/returns/{number}/{decision}",
        headers={"Authorization": f"Bearer {service.merchant_key}"},
        json={"reason": "seen"} if decision == "reject" else None,
        timeout=20,
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text


def pay(service: Service, said: str) -> None:
    """The customer follows the last payment link that was told."""
    link = re.findall(rf"{service.url}/demo/pay/[\w-]+", said)[-1]
    assert httpx.get(link, timeout=20, trust_env=False).status_code == 200
    paid = httpx.post(link, follow_redirects=True, timeout=20, trust_env=False)
    assert "Paid" in paid.raise_for_status().text


def reply(service: Service, case: str, words: str) -> None:
    """A person at the desk writes into the chat that the case belongs to."""
    with httpx.Client(base_url=service.url, timeout=20, follow_redirects=True, trust_env=False) as desk:
        form = desk.get("/desk/sign-in").text
        account = {"name": "owner", "key": service.merchant_key}
        desk.post("/desk/sign-in", data={"form_token": _field(form, "form_token"), **account})
        page = desk.get(f"/desk/cases/{case}").text
        written = {name: _field(page, name) for name in ("form_token", "reply_id")}
        desk.post(f"/desk/cases/{case}/reply", data={**written, "text": words}).raise_for_status()


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def renew_order(service: Service, order: dict[str, Any]) -> None:
    """The shop tells anew what became of an order."""
    import_records(service, Path(service.data.parent / f"{order['id']}.jsonl"), [order])


def kill(service: Service, process: str) -> None:
    """Ends one process the hard way; the service starts it anew."""
    os.kill(service.pids[process], signal.SIGKILL)


@contextmanager
def bot_paused(service: Service) -> Iterator[None]:
    """Nothing is answered while it lasts, so what is sent meanwhile crosses on any machine."""
    with _one_pause:
        pid = service.pids["bot"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


def until_well(service: Service) -> None:
    end = time.monotonic() + WELL_SECONDS
    while not service.is_well():
        assert time.monotonic() < end, service.said
        time.sleep(0.2)


def mailed_code(service: Service, *, contacts: set[str], place: int, seconds: float) -> str:
    """The code in the first (1), second … mail with one to these contacts, once the demo shop has it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        mails = httpx.get(f"{service.url}/demo/api/mails", timeout=20, trust_env=False).raise_for_status().json()
        ours = sorted((mail for mail in mails if mail["to"] in contacts), key=lambda mail: int(mail["id"]))
        codes = [found.group() for mail in ours if (found := re.search(r"\b\d{6}\b", mail["text"]))]
        if len(codes) >= place:
            return codes[place - 1]
        time.sleep(0.3)
    raise AssertionError("no mail with a code came")
