"""Exports the embedded shop in the form that the import reads, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from pydantic import BaseModel
from sqlalchemy import RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from aftersales.domain.money import Money
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.stores.embedded_shop_rows import held_lines, of_orders
from aftersales.stores.schema.shop import (
    shop_customers,
    shop_fulfilments,
    shop_order_lines,
    shop_orders,
    shop_payments,
    shop_products,
    shop_variants,
)
from aftersales.stores.shop_records import (
    AddressRecord,
    CustomerRecord,
    FulfilledRecord,
    FulfilmentRecord,
    LineRecord,
    OrderRecord,
    PaymentRecord,
    ProductRecord,
    TextRecord,
    VariantRecord,
)
from aftersales.stores.transactions import reading

_PAGE = 500


async def export_records(engine: AsyncEngine) -> AsyncIterator[tuple[str, str]]:
    """(kind, JSON object) of all customers, then products, then orders, each by id. Raises Unavailable."""
    async with reading(engine) as connection:
        async for page in _pages(connection, shop_customers):
            for row in page:
                yield "customer", _json(_customer(row))
        async for page in _pages(connection, shop_products):
            for product in await _products(connection, page):
                yield "product", _json(product)
        async for page in _pages(connection, shop_orders):
            for order in await _orders(connection, page):
                yield "order", _json(order)


def _json(record: BaseModel) -> str:
    return record.model_dump_json(exclude_none=True)


async def _pages(connection: AsyncConnection, table: Table) -> AsyncIterator[Sequence[RowMapping]]:
    last = ""
    query = select(table).order_by(table.c.id).limit(_PAGE)
    while page := (await connection.execute(query.where(table.c.id > last))).mappings().all():
        yield page
        last = page[-1]["id"]


def _customer(row: RowMapping) -> CustomerRecord:
    return CustomerRecord(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        language=row["language"],
        segments=row["segments"],
    )


def _text(row: RowMapping, name: str) -> TextRecord:
    return TextRecord(zh=row[f"{name}_zh"], en=row[f"{name}_en"])


async def _products(connection: AsyncConnection, page: Sequence[RowMapping]) -> list[ProductRecord]:
    table = shop_variants.c
    query = select(shop_variants).where(table.product_id.in_([row["id"] for row in page]))
    variants: dict[str, list[VariantRecord]] = {row["id"]: [] for row in page}
    for row in (await connection.execute(query.order_by(table.position, table.id))).mappings():
        variants[row["product_id"]].append(_variant(row))
    return [
        ProductRecord(
            id=row["id"],
            category=row["category"],
            tags=row["tags"],
            title=_text(row, "title"),
            image=row["image"],
            variants=variants[row["id"]],
        )
        for row in page
    ]


def _variant(row: RowMapping) -> VariantRecord:
    return VariantRecord(
        id=row["id"],
        sku=row["sku"],
        options=_text(row, "options"),
        prices={code: Money(minor, code).decimal() for code, minor in row["prices"]},
        stock=row["stock"],
        image=row["image"],
        active=row["active"],
    )


async def _orders(connection: AsyncConnection, page: Sequence[RowMapping]) -> list[OrderRecord]:
    ids = [row["id"] for row in page]
    lines = await of_orders(connection, shop_order_lines, ids)
    payments = await of_orders(connection, shop_payments, ids)
    parcels = await of_orders(connection, shop_fulfilments, ids)
    held = await held_lines(connection, [row["id"] for rows in parcels.values() for row in rows])
    return [
        OrderRecord(
            id=row["id"],
            number=row["number"],
            customer_id=row["customer_id"],
            placed_at=row["placed_at"],
            cancelled_at=row["cancelled_at"],
            country=row["country"],
            currency=row["currency"],
            total=Money(row["total"], row["currency"]).decimal(),
            shipping_paid=Money(row["shipping_paid"], row["currency"]).decimal(),
            address=AddressRecord(**row["address"]) if row["address"] else None,
            channel=row["channel"],
            lines=[_line(line, currency=row["currency"]) for line in lines[row["id"]]],
            fulfilments=[_fulfilment(parcel, held=held[parcel["id"]]) for parcel in parcels[row["id"]]],
            payments=[_payment(payment) for payment in payments[row["id"]]],
        )
        for row in page
    ]


def _line(row: RowMapping, *, currency: str) -> LineRecord:
    return LineRecord(
        id=row["id"],
        variant_id=row["variant_id"],
        sku=row["sku"],
        title=_text(row, "title"),
        options=_text(row, "options"),
        image=row["image"],
        category=row["category"],
        tags=row["tags"],
        quantity=row["quantity"],
        fulfilled=row["fulfilled"],
        return_requested=row["return_requested"],
        returned=row["returned"],
        dismissed=row["dismissed"],
        cancelled=row["cancelled"],
        paid=Money(row["paid"], currency).decimal(),
    )


def _fulfilment(row: RowMapping, *, held: Sequence[RowMapping]) -> FulfilmentRecord:
    return FulfilmentRecord(
        id=row["id"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        shipped_at=row["shipped_at"],
        delivered_at=row["delivered_at"],
        lines=[FulfilledRecord(line_id=item["line_id"], quantity=item["quantity"]) for item in held],
    )


def _payment(row: RowMapping) -> PaymentRecord:
    return PaymentRecord(
        id=row["id"],
        provider=row["provider"],
        captured=Money(row["captured"], row["currency"]).decimal(),
        refunded=Money(row["refunded"], row["currency"]).decimal(),
        captured_at=row["captured_at"],
        method=PaymentMethod(row["method"]),
        supports_auto_refund=row["supports_auto_refund"],
        country=row["country"],
    )
