"""What the database already holds about a batch of orders, fetched in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, Select, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.stores.schema.shop import (
    shop_customers,
    shop_exchange_lines,
    shop_fulfilments,
    shop_order_lines,
    shop_orders,
    shop_payment_refunds,
    shop_payments,
    shop_products,
    shop_return_lines,
    shop_variants,
)
from aftersales.stores.shop_import_catalogue import ids_of_run
from aftersales.stores.shop_import_report import Run
from aftersales.stores.shop_records import OrderRecord

SECTIONS: dict[str, Table] = {
    "lines": shop_order_lines,
    "payments": shop_payments,
    "fulfilments": shop_fulfilments,
}


@dataclass(slots=True)
class Known:
    """`seen` are the orders that this import has written; `parts` the rows of lines, payments and fulfilments
    by section and order, `owners` their orders by section and id; `bound` the ids of lines with a return and of
    payments with a refund, which must stay."""

    seen: set[str]
    currencies: dict[str, str]
    numbers: dict[str, str]
    customers: set[str]
    variants: dict[str, RowMapping]
    parts: dict[str, dict[str, list[RowMapping]]]
    owners: dict[str, dict[str, str]]
    bound: set[str]

    def remember(self, order: OrderRecord) -> None:
        """Makes the orders that follow in the batch see this one."""
        self.seen.add(order.id)
        self.numbers[order.number] = order.id
        for section in SECTIONS:
            self.owners[section].update(dict.fromkeys(part_ids(order, section), order.id))


def part_ids(order: OrderRecord, section: str) -> list[str]:
    """The ids of an order's lines, payments or fulfilments."""
    return [part.id for part in getattr(order, section)]


async def load_known(connection: AsyncConnection, orders: Sequence[OrderRecord], *, run: Run) -> Known:
    """Everything that checking these orders needs."""
    ids = [order.id for order in orders]
    found = await _rows(connection, _same_orders(orders))
    rows = {
        section: await _rows(connection, _parts(table, orders=orders, section=section))
        for section, table in SECTIONS.items()
    }
    returned = await _referring(connection, shop_return_lines, "line_id", rows["lines"])
    returned |= await _referring(connection, shop_exchange_lines, "new_line_id", rows["lines"])
    refunding = await _referring(connection, shop_payment_refunds, "payment_id", rows["payments"])
    return Known(
        seen=await ids_of_run(connection, shop_orders, ids, run=run),
        currencies={row["id"]: row["currency"] for row in found},
        numbers={row["number"]: row["id"] for row in found},
        customers=await _customers(connection, {order.customer_id for order in orders}),
        variants=await _variants(connection, {line.variant_id for order in orders for line in order.lines}),
        parts={section: _by_order(parts) for section, parts in rows.items()},
        owners={section: {row["id"]: row["order_id"] for row in parts} for section, parts in rows.items()},
        bound=returned | refunding,
    )


async def _rows(connection: AsyncConnection, query: Select[tuple[object, ...]]) -> Sequence[RowMapping]:
    return (await connection.execute(query)).mappings().all()


def _same_orders(orders: Sequence[OrderRecord]) -> Select[tuple[object, ...]]:
    table = shop_orders.c
    same = or_(table.id.in_([o.id for o in orders]), table.number.in_([o.number for o in orders]))
    return select(table.id, table.number, table.currency).where(same)


def _parts(table: Table, *, orders: Sequence[OrderRecord], section: str) -> Select[tuple[object, ...]]:
    """The rows of these orders, and those with the same ids whoever they belong to."""
    ids = [part_id for order in orders for part_id in part_ids(order, section)]
    return select(table).where(or_(table.c.order_id.in_([o.id for o in orders]), table.c.id.in_(ids)))


def _by_order(rows: Iterable[RowMapping]) -> dict[str, list[RowMapping]]:
    groups: dict[str, list[RowMapping]] = defaultdict(list)
    for row in rows:
        groups[row["order_id"]].append(row)
    return groups


async def _customers(connection: AsyncConnection, ids: set[str]) -> set[str]:
    query = select(shop_customers.c.id).where(shop_customers.c.id.in_(ids))
    return set((await connection.scalars(query)).all())


async def _variants(connection: AsyncConnection, ids: set[str]) -> dict[str, RowMapping]:
    traits = [shop_products.c[name] for name in ("category", "tags", "title_zh", "title_en")]
    query = select(shop_variants, *traits).join(shop_products).where(shop_variants.c.id.in_(ids))
    return {row["id"]: row for row in await _rows(connection, query)}


async def _referring(
    connection: AsyncConnection, table: Table, column: str, rows: Iterable[RowMapping]
) -> set[str]:
    ids = [row["id"] for row in rows]
    query = select(table.c[column]).where(table.c[column].in_(ids)).distinct()
    return set((await connection.scalars(query)).all())
