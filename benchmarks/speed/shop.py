"""Customers for the load: each with one delivered order of two line items, brought in by the shop import."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests import shop_data
from tests.e2e.stock import import_records
from tests.services_at_work import Service

_FIRST = 50000  # the orders of the demo shop are numbered below


def open_conversations(service: Service, count: int, *, folder: Path) -> list[str]:
    """Ids of `count` new conversations, each of a customer of its own who is signed in."""
    records: list[dict[str, Any]] = [shop_data.product(tags=[])]
    for number in range(count):
        records += _customer(number)
    import_records(service, folder / "customers.jsonl", records)
    for number in range(count):
        _open(service, f"load{number}", address=f"198.18.{number // 250}.{number % 250}")
    return _conversations(service, [f"load{number}" for number in range(count)])


def _open(service: Service, customer: str, *, address: str) -> None:
    """A chat of the signed-in customer, from an address of its own: one address may open 60 an hour."""
    with httpx.Client(base_url=service.url, headers={"X-Forwarded-For": address}, timeout=40) as client:
        signed = client.post("/demo/api/sign-in", json={"customer_id": customer}).raise_for_status().json()
        client.post("/api/chat/sessions", json={"site_token": signed["site_token"]}).raise_for_status()


def _customer(number: int) -> list[dict[str, Any]]:
    sent = datetime.now(UTC) - timedelta(days=2)
    name = f"load{number}"
    lines = [shop_data.line(f"{name}-a"), shop_data.line(f"{name}-b", variant_id="shoe-42")]
    parcel = {
        "id": f"{name}-f",
        "carrier": "SF Express",
        "tracking_number": f"SF{number:08d}",
        "shipped_at": sent.isoformat(),
        "delivered_at": (sent + timedelta(days=1)).isoformat(),
        "lines": [{"line_id": line["id"], "quantity": 1} for line in lines],
    }
    order = shop_data.order(
        name,
        number=f"RD{sent:%Y%m%d}{_FIRST + number}",
        customer_id=name,
        placed_at=(sent - timedelta(days=1)).isoformat(),
        total="808.00",
        lines=lines,
        fulfilments=[parcel],
        payments=[{"id": f"{name}-p", "provider": "wechat_pay", "captured": "808.00"}],
    )
    return [shop_data.customer(name), order]


def _conversations(service: Service, customers: Sequence[str]) -> list[str]:
    with closing(sqlite3.connect(service.data / "returndesk.sqlite3")) as database:
        rows = database.execute("SELECT customer_id, id FROM conversations").fetchall()
    known = dict(rows)
    return [known[customer] for customer in customers]
