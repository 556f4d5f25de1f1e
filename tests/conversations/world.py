"""The customers of the scripted dialogues, with their orders of the demo shop's goods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zlib import crc32

from runtime.demo_data.catalogue import Catalogue, load_catalogue
from tests.conversations.script import Script

STRANGER = {"number": "RD2026010177777", "email": "noor.visser@example.com"}
_PLACES = {
    "zh": {"country": "CN", "currency": "CNY"},
    "en": {"country": "GB", "currency": "USD"},
}


def order_number(script: Script, tail: str, *, serial: int) -> str:
    """Fifteen digits that end with the tail; `serial` is the script's place among all."""
    return f"RD{20260000 + serial:08d}{int(tail):05d}"


def contact(serial: int) -> dict[str, str]:
    return {"email": f"script{serial}@example.com", "phone": f"+86138{serial:08d}"}


def stranger() -> list[dict[str, Any]]:
    """Somebody else, whose order is nobody's business."""
    order = {"tail": "1", "delivered": 2, "goods": ["camera-black"]}
    who = {
        "type": "customer",
        "id": "stranger",
        "name": "Noor Visser",
        "language": "en",
        "email": STRANGER["email"],
    }
    told = _order("stranger", STRANGER["number"], _PLACES["en"], order)
    return [who, told]


def records(script: Script, *, serial: int) -> Iterable[dict[str, Any]]:
    """The customer and his orders, as an import file has them."""
    yield {
        "type": "customer",
        "id": script.id,
        "name": "林晓雨" if script.language == "zh" else "Emma Clarke",
        "language": script.language,
        **contact(serial),
    }
    for order in script.orders:
        yield order_record(script, order, serial=serial)


def order_record(script: Script, told: Mapping[str, Any], *, serial: int) -> dict[str, Any]:
    number = order_number(script, told["tail"], serial=serial)
    order = _order(script.id, number, _PLACES[script.language], told)
    address = {"name": "林晓雨", "phone": contact(serial)["phone"], "lines": ["示例路 1 号"], "city": "上海"}
    return order | {"address": address}


def _order(customer: str, number: str, place: Mapping[str, str], told: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{customer}-{told['tail']}"
    lines = [_line(f"{name}-{n}", text, told, place["currency"]) for n, text in enumerate(told["goods"])]
    sum_paid = sum((Decimal(line["paid"]) for line in lines), Decimal(0))
    shipping = Decimal(str(told.get("shipping", "0.00")))
    captures = told.get("paid") or [str(sum_paid + shipping)]
    days = max(told.get(kind, 0) for kind in ("delivered", "shipped", "placed"))
    placed = datetime.now(UTC) - timedelta(days=days + (0 if "placed" in told else 3), hours=1)
    return {
        "type": "order",
        "id": name,
        "number": number,
        "customer_id": customer,
        "placed_at": placed.isoformat(),
        "country": place["country"],
        "currency": place["currency"],
        "total": str(sum_paid + shipping),
        "shipping_paid": str(shipping),
        "lines": lines,
        "fulfilments": _parcels(name, told, lines),
        "payments": [
            {"id": f"{name}-p{n}", "provider": "card", "captured": str(amount)}
            for n, amount in enumerate(captures)
        ],
    }


def _line(line_id: str, text: str, told: Mapping[str, Any], currency: str) -> dict[str, Any]:
    variant, _, count = text.partition(" x")
    quantity = int(count or 1)
    price = Decimal(_catalogue().price(variant, currency).decimal()) + Decimal(str(told.get("above", "0")))
    sent = quantity if {"delivered", "shipped"} & told.keys() else 0
    return {
        "id": line_id,
        "variant_id": variant,
        "quantity": quantity,
        "fulfilled": sent,
        "paid": str(price * quantity),
    }


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()


def _parcels(name: str, told: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not {"delivered", "shipped"} & told.keys():
        return []
    now = datetime.now(UTC)
    delivered = now - timedelta(days=told["delivered"]) if "delivered" in told else None
    shipped = (delivered or now) - timedelta(days=1 if delivered else told["shipped"])
    parcel = {
        "id": f"{name}-f",
        "carrier": "SF Express",
        "tracking_number": f"SF{crc32(name.encode()):010d}",
        "shipped_at": shipped.isoformat(),
        "lines": [{"line_id": line["id"], "quantity": line["quantity"]} for line in lines],
    }
    return [parcel | ({"delivered_at": delivered.isoformat()} if delivered else {})]
