"""Rows of the embedded shop as domain objects, a fixed number of queries for any number of orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, CursorResult, RowMapping, Select, Table, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, OrderLine, Payment, Variant
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.texts import Text
from aftersales.stores.schema.shop import (
    shop_customers,
    shop_fulfilment_lines,
    shop_fulfilments,
    shop_order_lines,
    shop_orders,
    shop_payments,
    shop_products,
    shop_variants,
)


async def load_orders(connection: AsyncConnection, column: Column[str], value: str, *, limit: int) -> list[Order]:
    """The orders whose `column` has this value, newest first."""
    found = await connection.execute(_newest(column), {"wanted": value, "most": limit})
    orders = found.mappings().all()
    if not orders:
        return []
    ids = [order["id"] for order in orders]
    customers = await _customers(connection, {order["customer_id"] for order in orders})
    lines = await of_orders(connection, shop_order_lines, ids)
    fulfilments = await of_orders(connection, shop_fulfilments, ids)
    payments = await of_orders(connection, shop_payments, ids)
    held = await held_lines(connection, [row["id"] for rows in fulfilments.values() for row in rows])
    return [
        _order(
            order,
            customer=customers[order["customer_id"]],
            lines=tuple(_line(row, currency=order["currency"]) for row in lines[order["id"]]),
            fulfilments=tuple(_fulfilment(row, held=held[row["id"]]) for row in fulfilments[order["id"]]),
            payments=tuple(_payment(row) for row in payments[order["id"]]),
        )
        for order in orders
    ]


@cache
def _newest(column: Column[str]) -> Select[Any]:
    """Built once: that takes as long as running it."""
    matching = select(shop_orders).where(column == bindparam("wanted"))
    return matching.order_by(shop_orders.c.placed_at.desc(), shop_orders.c.id).limit(bindparam("most"))


async def load_customer(connection: AsyncConnection, customer_id: str) -> Customer | None:
    return (await _customers(connection, {customer_id})).get(customer_id)


async def load_variants(connection: AsyncConnection, product_id: str, *, currency: str | None) -> list[Variant]:
    """The product's variants on sale, priced in `currency` (None: each in its main one); others are left out."""
    query = (
        select(shop_variants, shop_products.c.title_zh, shop_products.c.title_en)
        .join(shop_products)
        .where(shop_variants.c.product_id == product_id, shop_variants.c.active)
        .order_by(shop_variants.c.position, shop_variants.c.id)
    )
    rows = (await connection.execute(query)).mappings().all()
    priced = [(row, price_in(row["prices"], currency)) for row in rows]
    return [_variant(row, price=price) for row, price in priced if price is not None]


def price_in(prices: Sequence[Sequence[Any]], currency: str | None) -> Money | None:
    """The price in `currency`, or the main one for None; None where the variant has no such price."""
    for code, minor in prices:
        if currency in (None, code):
            return Money(minor, code)
    return None


async def of_orders(
    connection: AsyncConnection, table: Table, order_ids: Iterable[str]
) -> dict[str, list[RowMapping]]:
    """Rows of `table` by order id, in their position."""
    rows = await _with_keys(connection, table.c.order_id, order_ids, order=table.c.position)
    return _grouped(rows, lambda row: row["order_id"])


async def held_lines(connection: AsyncConnection, fulfilment_ids: Iterable[str]) -> dict[str, list[RowMapping]]:
    """What each parcel holds, by its id."""
    table = shop_fulfilment_lines
    rows = await _with_keys(connection, table.c.fulfilment_id, fulfilment_ids, order=table.c.line_id)
    return _grouped(rows, lambda row: row["fulfilment_id"])


async def _with_keys(
    connection: AsyncConnection, key: Column[str], wanted: Iterable[str], *, order: Column[Any]
) -> Iterable[RowMapping]:
    """The rows whose `key` is one of those wanted. One alone, the usual case, is no list to be spelt out."""
    keys = list(wanted)
    alone = len(keys) == 1
    query = _with_key(key, order=order) if alone else _with_any_key(key, order=order)
    rows: CursorResult[Any] = await connection.execute(query, {"wanted": keys[0] if alone else keys})
    return rows.mappings()


@cache
def _with_key(key: Column[str], *, order: Column[Any]) -> Select[Any]:
    """Built once: that takes as long as running it."""
    return select(key.table).where(key == bindparam("wanted")).order_by(order)


@cache
def _with_any_key(key: Column[str], *, order: Column[Any]) -> Select[Any]:
    return select(key.table).where(key.in_(bindparam("wanted", expanding=True))).order_by(order)


def _grouped(rows: Iterable[RowMapping], key: Callable[[RowMapping], str]) -> dict[str, list[RowMapping]]:
    groups: dict[str, list[RowMapping]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


async def _customers(connection: AsyncConnection, ids: set[str]) -> dict[str, Customer]:
    rows = await _with_keys(connection, shop_customers.c.id, ids, order=shop_customers.c.id)
    return {row["id"]: _customer(row) for row in rows}


def _customer(row: RowMapping) -> Customer:
    return Customer(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        language=row["language"],
        segments=frozenset(row["segments"]),
    )


def _order(
    row: RowMapping,
    *,
    customer: Customer,
    lines: tuple[OrderLine, ...],
    fulfilments: tuple[Fulfilment, ...],
    payments: tuple[Payment, ...],
) -> Order:
    return Order(
        id=row["id"],
        number=row["number"],
        customer=customer,
        placed_at=row["placed_at"],
        cancelled_at=row["cancelled_at"],
        country=row["country"],
        total=Money(row["total"], row["currency"]),
        shipping_paid=Money(row["shipping_paid"], row["currency"]),
        lines=lines,
        fulfilments=fulfilments,
        payments=payments,
        address=_address(row["address"]),
        channel=row["channel"],
    )


def _address(kept: Mapping[str, Any] | None) -> Address | None:
    return Address(**{**kept, "lines": tuple(kept["lines"])}) if kept else None


def _line(row: RowMapping, *, currency: str) -> OrderLine:
    return OrderLine(
        id=row["id"],
        sku=row["sku"],
        product_id=row["product_id"],
        variant_id=row["variant_id"],
        category=row["category"],
        tags=frozenset(row["tags"]),
        title=Text(zh=row["title_zh"], en=row["title_en"]),
        options=Text(zh=row["options_zh"], en=row["options_en"]),
        image=row["image"],
        quantity=row["quantity"],
        fulfilled=row["fulfilled"],
        return_requested=row["return_requested"],
        returned=row["returned"],
        dismissed=row["dismissed"],
        cancelled=row["cancelled"],
        paid=Money(row["paid"], currency),
    )


def _fulfilment(row: RowMapping, *, held: Sequence[RowMapping]) -> Fulfilment:
    return Fulfilment(
        id=row["id"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        shipped_at=row["shipped_at"],
        delivered_at=row["delivered_at"],
        lines=tuple((item["line_id"], item["quantity"]) for item in held),
    )


def _payment(row: RowMapping) -> Payment:
    return Payment(
        id=row["id"],
        provider=row["provider"],
        captured=Money(row["captured"], row["currency"]),
        refunded=Money(row["refunded"], row["currency"]),
        captured_at=row["captured_at"],
        method=PaymentMethod(row["method"]),
        supports_auto_refund=row["supports_auto_refund"],
        country=row["country"],
    )


def _variant(row: RowMapping, *, price: Money) -> Variant:
    return Variant(
        id=row["id"],
        product_id=row["product_id"],
        sku=row["sku"],
        title=Text(zh=row["title_zh"], en=row["title_en"]),
        options=Text(zh=row["options_zh"], en=row["options_en"]),
        price=price,
        stock=row["stock"],
        image=row["image"],
    )
