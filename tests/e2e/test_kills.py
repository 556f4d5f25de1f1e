"""A process is killed in the middle of a return: nothing is lost and nothing is doubled."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.e2e.chat import Chat, words
from tests.e2e.stock import give_order, give_unsent_order
from tests.services_at_work import PROCESSES, Service


@pytest.fixture(autouse=True)
def well_afterwards(service: Service) -> Iterator[None]:
    yield
    service.until(service.is_well, seconds=90)


def kill(service: Service, name: str) -> None:
    os.kill(service.pids[name], signal.SIGKILL)


def told_once(chat: Chat) -> None:
    """Sequence numbers without gaps, and no answer stored twice."""
    page = chat.client.get("/api/chat/messages", params={"after": 0}).raise_for_status().json()
    assert [m["seq"] for m in page["messages"]] == list(range(1, len(page["messages"]) + 1))
    assert sum("Your return is filed" in m["text"] for m in page["messages"]) == 1


@pytest.mark.parametrize(("name", "tail"), list(zip(PROCESSES, range(90001, 90005), strict=True)))
def test_a_process_killed_at_the_confirmation_files_one_return_and_pays_once(
    service: Service, tmp_path: Path, name: str, tail: int
) -> None:
    customer = f"cust_kill_{name}"
    order = give_order(service, tmp_path, customer=customer, tail=tail)
    chat = Chat.open(service.url, customer=customer)
    chat.patience = 90.0
    verdict = words(chat.say(f"I want to return order {order}, the shoes are too small"))
    assert "Shall I file it?" in verdict
    seq = chat.post(text="yes")
    kill(service, name)
    said = words(chat.replies_after(seq))
    number = re.search(r"RT\d{13}", said)
    assert number, said
    assert [item["number"] for item in chat.returns()] == [number.group()]
    told_once(chat)
    chat.close()


@pytest.mark.parametrize(("name", "tail"), list(zip(PROCESSES, range(90021, 90025), strict=True)))
def test_a_process_killed_between_consent_and_result_cancels_and_pays_once(
    service: Service, tmp_path: Path, name: str, tail: int
) -> None:
    customer = f"cust_cancel_{name}"
    order = give_unsent_order(service, tmp_path, customer=customer, tail=tail)
    chat = Chat.open(service.url, customer=customer)
    chat.patience = 90.0
    assert "409.00" in words(chat.say(f"please cancel my order {order}"))
    seq = chat.post(text="yes")
    kill(service, name)
    said = words(chat.replies_after(seq))
    assert re.search(r"CH\d{13}", said), said
    chat.wait_for("Your refund of", seconds=60)
    assert sum("Your refund of" in m["text"] for m in chat.log) == 1
    with closing(sqlite3.connect(service.data / "returndesk.sqlite3")) as database:
        made = database.execute("SELECT state FROM changes WHERE customer_id = ?", [customer]).fetchall()
        paid = database.execute(
            "SELECT p.refunded, p.reserved FROM shop_payments p JOIN shop_orders o ON o.id = p.order_id "
            "WHERE o.number = ?",
            [order],
        ).fetchall()
    assert (made, paid) == ([("applied",)], [(40900, 0)])
    chat.close()


def test_a_worker_killed_while_it_pays_pays_once(service: Service, tmp_path: Path) -> None:
    order = give_order(service, tmp_path, customer="cust_kill_pay", tail=90011)
    chat = Chat.open(service.url, customer="cust_kill_pay")
    chat.patience = 90.0
    chat.say(f"I want to return order {order}, the shoes are too small")
    chat.say("yes")
    number = chat.returns()[0]["number"]
    key = {"Authorization": f"Bearer {service.merchant_key}"}
    received = httpx.post(f"{service.url}/api/merchant/returns/{number}/receive", headers=key, timeout=20)
    assert received.status_code == 200, received.text
    for _ in range(3):
        kill(service, "worker")
        time.sleep(1.5)
    chat.wait_for("Your refund of", seconds=60)
    item = chat.returns()[0]
    assert [refund["status"] for refund in item["refunds"]] == ["succeeded"]
    assert item["status"] == "closed"
    assert sum("Your refund of" in m["text"] for m in chat.log) == 1
    chat.close()


def test_a_front_killed_while_a_message_is_sent_again_keeps_one_message(service: Service) -> None:
    chat = Chat.open(service.url, customer="cust_emma")
    chat.patience = 90.0
    body = {"client_message_id": "one-and-only", "text": "hello"}
    assert chat.client.post("/api/chat/messages", json=body).status_code == 202
    kill(service, "front")
    seqs = set()
    for _ in range(3):
        seqs.add(chat.post(text="hello", client_message_id="one-and-only"))
    chat.replies_after(seqs.copy().pop())
    assert seqs == {1}
    page = chat.client.get("/api/chat/messages", params={"after": 0}).json()
    assert [m["from"] for m in page["messages"]] == ["customer", "bot"]
    chat.close()
