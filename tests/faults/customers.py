"""Customers who return one order each by talking, and the warehouse that receives the goods."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import httpx

from tests import shop_data
from tests.e2e.chat import Chat, words
from tests.e2e.stock import import_records
from tests.faults.stage import Stage

_PATIENCE = 600.0  # seconds: a process that was killed often is started again ever later
_OWED = 39900
_SAY = {
    "en": ("I want to return order {order}, the shoes are too small", "yes"),
    "zh": ("订单 {order} 的跑鞋太小了，我要退货", "确认"),
}
_NUMBER = re.compile(r"RT\d{13}")

T = TypeVar("T")


class Customers:
    """`owed`: minor units by order number."""

    def __init__(self, stage: Stage, *, count: int) -> None:
        self._stage = stage
        self._orders = [f"RD{datetime.now(UTC):%Y%m%d}{50_000 + at:05d}" for at in range(count)]
        self._numbers: dict[int, str] = {}
        self._paid: set[str] = set()
        self.owed: Mapping[str, int] = dict.fromkeys(self._orders, _OWED)
        records = [shop_data.product(tags=[])]
        for at, number in enumerate(self._orders):
            records += _records(at, number)
        import_records(stage.service, stage.folder / "orders.jsonl", records)

    def send_back(self, at: int) -> None:
        """The talk of one customer, and the receipt of what came back."""
        chat = self._insist(lambda: self._open(at))
        chat.patience = _PATIENCE
        wish, consent = _SAY["zh" if at % 2 else "en"]
        chat.say(wish.format(order=self._orders[at]))
        found = _NUMBER.search(words(chat.say(consent)))
        chat.close()
        assert found, [message["text"] for message in chat.log]
        self._numbers[at] = found.group()
        self._insist(partial(self._merchant, "POST", f"/returns/{found.group()}/receive"))

    def settle(self) -> int:
        """Asks again for what was refused or never paid; how many returns are paid."""
        for number in self._numbers.values():
            if number in self._paid:
                continue
            item = self._insist(partial(self._merchant, "GET", f"/returns/{number}"))
            states = [refund["status"] for refund in item["refunds"]]
            if item["status"] == "closed":
                self._paid.add(number)
            elif states and set(states) <= {"failed", "cancelled"}:
                self._insist(partial(self._merchant, "POST", f"/returns/{number}/refund-again"))
        return len(self._paid)

    def _open(self, at: int) -> Chat:
        address = f"10.{at // 65536}.{at // 256 % 256}.{at % 256}"
        return Chat.open(self._stage.service.url, customer=_customer(at), headers={"X-Forwarded-For": address})

    def _merchant(self, method: str, path: str) -> dict[str, Any]:
        service = self._stage.service
        key = {"Authorization": f"Bearer {service.merchant_key}"}
        url = f"{service.url}/api/merchant{path}"
        answer = httpx.request(method, url, headers=key, timeout=20, trust_env=False)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def _insist(self, deed: Callable[[], T]) -> T:
        """Again and again while the front is away; all that is asked for here is harmless when repeated."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return deed()
            except (httpx.HTTPError, AssertionError, json.JSONDecodeError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)


def _customer(at: int) -> str:
    return f"cust_fault_{at}"


def _records(at: int, number: str) -> list[dict[str, Any]]:
    sent = datetime.now(UTC) - timedelta(days=3)
    name = f"fault-{at}"
    order = shop_data.order(
        name,
        number=number,
        customer_id=_customer(at),
        placed_at=(sent - timedelta(days=1)).isoformat(),
        total="409.00",
        lines=[shop_data.line(f"{name}-a")],
        fulfilments=[
            {
                "id": f"{name}-f",
                "carrier": "SF Express",
                "tracking_number": f"SF{at:08d}",
                "shipped_at": sent.isoformat(),
                "delivered_at": (sent + timedelta(days=1)).isoformat(),
                "lines": [{"line_id": f"{name}-a", "quantity": 1}],
            }
        ],
        payments=[{"id": f"{name}-p", "provider": "wechat_pay", "captured": "409.00"}],
    )
    return [shop_data.customer(_customer(at), language="zh" if at % 2 else "en"), order]
