"""Rows of an imported order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from aftersales.domain.payment_methods import method_of, refunds_itself
from aftersales.stores.shop_import_report import Run
from aftersales.stores.shop_records import (
    FulfilmentRecord,
    LineRecord,
    OrderRecord,
    PaymentRecord,
    TextRecord,
)


def order_row(record: OrderRecord, *, run: Run) -> dict[str, Any]:
    return {
        "id": record.id,
        "number": record.number,
        "customer_id": record.customer_id,
        "placed_at": record.placed_at,
        "cancelled_at": record.cancelled_at,
        "country": record.country,
        "currency": record.currency,
        "total": record.money(record.total).minor,
        "shipping_paid": record.money(record.shipping_paid).minor,
        "address": record.address.model_dump() if record.address else None,
        "channel": record.channel,
        "import_run": run.id,
    }


def line_row(order: OrderRecord, record: LineRecord, position: int, *, variant: RowMapping) -> dict[str, Any]:
    """What the record leaves out is taken from the variant as it is now."""
    return {
        "id": record.id,
        "order_id": order.id,
        "position": position,
        "product_id": variant["product_id"],
        "variant_id": variant["id"],
        "sku": record.sku or variant["sku"],
        "category": record.category or variant["category"],
        "tags": variant["tags"] if record.tags is None else sorted(set(record.tags)),
        **_text("title", record.title, variant=variant),
        **_text("options", record.options, variant=variant),
        "image": record.image or variant["image"],
        "quantity": record.quantity,
        "fulfilled": record.fulfilled,
        "return_requested": record.return_requested,
        "returned": record.returned,
        "dismissed": record.dismissed,
        "cancelled": record.cancelled,
        "paid": order.money(record.paid).minor,
    }


def _text(name: str, given: TextRecord | None, *, variant: RowMapping) -> dict[str, str]:
    if given is None:
        return {f"{name}_zh": variant[f"{name}_zh"], f"{name}_en": variant[f"{name}_en"]}
    return {f"{name}_zh": given.text.zh, f"{name}_en": given.text.en}


def payment_row(order: OrderRecord, record: PaymentRecord, position: int) -> dict[str, Any]:
    method = record.method or method_of(record.provider)
    told = record.supports_auto_refund
    return {
        "id": record.id,
        "order_id": order.id,
        "position": position,
        "provider": record.provider,
        "currency": order.currency,
        "captured": order.money(record.captured).minor,
        "refunded": order.money(record.refunded).minor,
        "captured_at": record.captured_at,
        "method": method.value,
        "supports_auto_refund": refunds_itself(method) if told is None else told,
        "country": record.country,
        "reserved": 0,
    }


def fulfilment_row(order: OrderRecord, record: FulfilmentRecord, position: int) -> dict[str, Any]:
    return {
        "id": record.id,
        "order_id": order.id,
        "position": position,
        "carrier": record.carrier,
        "tracking_number": record.tracking_number,
        "shipped_at": record.shipped_at,
        "delivered_at": record.delivered_at,
    }


def held_rows(record: FulfilmentRecord) -> list[dict[str, Any]]:
    return [
        {"fulfilment_id": record.id, "line_id": held.line_id, "quantity": held.quantity} for held in record.lines
    ]
