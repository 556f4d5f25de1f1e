"""Records of a small shop, as an import file has them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from aftersales.stores.shop_files import RawRecord

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


def customer(id: str = "lin", **changes: Any) -> dict[str, Any]:
    return {
        "type": "customer",
        "id": id,
        "name": "林晓雨",
        "email": f"{id}@example.cn",
        "language": "zh",
    } | changes


def product(id: str = "shoe", **changes: Any) -> dict[str, Any]:
    """Variants `<id>-41` at 399.00 and `<id>-42` at 419.00 CNY."""
    variants = [
        {
            "id": f"{id}-{size}",
            "sku": f"{id.upper()}-{size}",
            "options": {"zh": f"{size} 码", "en": f"size {size}"},
            "prices": {"CNY": price, "USD": "59.00"},
            "stock": 5,
        }
        for size, price in ((41, "399.00"), (42, "419.00"))
    ]
    return {
        "type": "product",
        "id": id,
        "category": "shoes",
        "tags": ["hygiene"],
        "title": {"zh": "跑鞋", "en": "Running shoes"},
        "image": f"/media/{id}.svg",
        "variants": variants,
    } | changes


def line(id: str, **changes: Any) -> dict[str, Any]:
    """One delivered pair of shoes."""
    return {"id": id, "variant_id": "shoe-41", "quantity": 1, "fulfilled": 1, "paid": "399.00"} | changes


def order(id: str = "o1", **changes: Any) -> dict[str, Any]:
    """Line `<id>-a` of one unit and line `<id>-b` of three; delivered; paid with payment `<id>-p`, 1009.00 CNY."""
    lines = [line(f"{id}-a"), line(f"{id}-b", variant_id="shoe-42", quantity=3, fulfilled=3, paid="600.00")]
    return {
        "type": "order",
        "id": id,
        "number": f"RD20261118{sum(id.encode()):05d}",
        "customer_id": "lin",
        "placed_at": "2026-11-15T10:00:00+08:00",
        "country": "CN",
        "currency": "CNY",
        "total": "1009.00",
        "shipping_paid": "10.00",
        "address": {"name": "林晓雨", "phone": "+8610000000001", "lines": ["示例路 1 号"], "city": "上海"},
        "lines": lines,
        "fulfilments": [
            {
                "id": f"{id}-f",
                "carrier": "SF Express",
                "tracking_number": "SF0001",
                "shipped_at": "2026-11-16T10:00:00+08:00",
                "delivered_at": "2026-11-18T10:00:00+08:00",
                "lines": [{"line_id": f"{id}-a", "quantity": 1}, {"line_id": f"{id}-b", "quantity": 3}],
            }
        ],
        "payments": [{"id": f"{id}-p", "provider": "wechat_pay", "captured": "1009.00"}],
    } | changes


def raw(records: Iterable[dict[str, Any]]) -> list[RawRecord]:
    """The records as the lines of a file."""
    return [RawRecord(f"line {n}", json.dumps(record).encode()) for n, record in enumerate(records, 1)]
