"""Orders of a shop file, checked against the database and written in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.stores.schema.shop import (
    shop_fulfilment_lines,
    shop_fulfilments,
    shop_order_lines,
    shop_orders,
    shop_payments,
)
from aftersales.stores.shop_import_known import SECTIONS, Known, load_known, part_ids
from aftersales.stores.shop_import_order_rows import (
    fulfilment_row,
    held_rows,
    line_row,
    order_row,
    payment_row,
)
from aftersales.stores.shop_import_report import Placed, Run
from aftersales.stores.shop_records import OrderRecord
from aftersales.stores.transactions import upsert

# What the shop itself counts: a file sets it only where the row is new.
_COUNTED_ON_LINES = frozenset({"return_requested", "returned", "dismissed", "cancelled"})
_COUNTED_ON_PAYMENTS = frozenset({"refunded", "reserved"})


async def write_orders(connection: AsyncConnection, batch: Sequence[Placed[OrderRecord]], *, run: Run) -> None:
    """Adds orders, or makes them what the file says, less what went back and was refunded here.

    Lines, fulfilments and payments that the file leaves out are removed; a line with a return or a payment with
    a refund that is left out is an error.
    """
    known = await load_known(connection, [placed.record for placed in batch], run=run)
    good: list[OrderRecord] = []
    for placed in batch:
        fault = next(_faults(placed.record, known=known, run=run), None)
        if fault is not None:
            run.reject(placed.place, fault)
        elif not _rests_on_rejected(placed.record, known=known):
            known.remember(placed.record)
            good.append(placed.record)
    if good:
        await _remove_left_out(connection, good, known=known)
        await _write(connection, good, known=known, run=run)


def _faults(record: OrderRecord, *, known: Known, run: Run) -> Iterator[str]:
    """What is wrong with an order beyond its own form."""
    if record.id in known.seen:
        yield f"order {record.id} is in the file twice"
    owner = known.numbers.get(record.number, record.id)
    if owner != record.id:
        yield f"number: {record.number} is the number of order {owner}"
    currency = known.currencies.get(record.id, record.currency)
    if currency != record.currency:
        yield f"currency: the order is kept in {currency}"
    yield from _reference_faults(record, known=known, run=run)
    for section in SECTIONS:
        for index, part_id in enumerate(part_ids(record, section)):
            owner = known.owners[section].get(part_id, record.id)
            if owner != record.id:
                yield f"{section}[{index}].id: {part_id} belongs to order {owner}"
    yield from _history_faults(record, known=known)


def _reference_faults(record: OrderRecord, *, known: Known, run: Run) -> Iterator[str]:
    nowhere = "neither before this record nor in the database"
    if record.customer_id not in known.customers and not run.is_rejected(record.customer_id):
        yield f"customer_id: customer {record.customer_id} is {nowhere}"
    for index, line in enumerate(record.lines):
        if line.variant_id not in known.variants and not run.is_rejected(line.variant_id):
            yield f"lines[{index}].variant_id: variant {line.variant_id} is {nowhere}"


def _history_faults(record: OrderRecord, *, known: Known) -> Iterator[str]:
    """What would contradict returns and refunds that the shop has booked."""
    lines = {line.id: (index, line) for index, line in enumerate(record.lines)}
    for row in known.parts["lines"].get(record.id, []):
        if row["id"] not in lines:
            if _back(row) or row["id"] in known.bound:
                yield f"lines: line {row['id']} has a return and cannot be left out"
            continue
        index, line = lines[row["id"]]
        if line.fulfilled < _back(row):
            yield f"lines[{index}].fulfilled: {_back(row)} units are back or on their way back"
        if line.fulfilled + row["cancelled"] > line.quantity:
            yield f"lines[{index}].fulfilled: {row['cancelled']} units of {line.quantity} were cancelled"
    payments = {payment.id: (index, payment) for index, payment in enumerate(record.payments)}
    for row in known.parts["payments"].get(record.id, []):
        if row["id"] not in payments:
            if row["refunded"] or row["id"] in known.bound:
                yield f"payments: payment {row['id']} has a refund and cannot be left out"
            continue
        index, payment = payments[row["id"]]
        if record.money(payment.captured).minor < row["refunded"]:
            yield f"payments[{index}].captured: less than what was refunded"


def _back(row: RowMapping) -> int:
    return int(row["return_requested"] + row["returned"] + row["dismissed"])


def _rests_on_rejected(record: OrderRecord, *, known: Known) -> bool:
    """True for an order that is right itself, but refers to a record that was rejected."""
    return record.customer_id not in known.customers or any(
        line.variant_id not in known.variants for line in record.lines
    )


async def _remove_left_out(connection: AsyncConnection, orders: Sequence[OrderRecord], *, known: Known) -> None:
    """Removes the lines and payments that are no longer there, and all fulfilments: they are written anew."""
    ids = [order.id for order in orders]
    parcels = select(shop_fulfilments.c.id).where(shop_fulfilments.c.order_id.in_(ids))
    held = delete(shop_fulfilment_lines).where(shop_fulfilment_lines.c.fulfilment_id.in_(parcels))
    if any(known.parts["fulfilments"].get(order_id) for order_id in ids):
        await connection.execute(held)
        await connection.execute(delete(shop_fulfilments).where(shop_fulfilments.c.order_id.in_(ids)))
    for section, table in (("lines", shop_order_lines), ("payments", shop_payments)):
        gone = [
            row["id"]
            for order in orders
            for row in known.parts[section].get(order.id, [])
            if row["id"] not in part_ids(order, section)
        ]
        if gone:
            await connection.execute(delete(table).where(table.c.id.in_(gone)))


async def _write(connection: AsyncConnection, orders: Sequence[OrderRecord], *, known: Known, run: Run) -> None:
    lines = [
        line_row(o, x, index, variant=known.variants[x.variant_id])
        for o in orders
        for index, x in enumerate(o.lines)
    ]
    payments = [payment_row(o, x, index) for o in orders for index, x in enumerate(o.payments)]
    parcels = [fulfilment_row(o, x, index) for o in orders for index, x in enumerate(o.fulfilments)]
    held = [row for o in orders for parcel in o.fulfilments for row in held_rows(parcel)]
    await connection.execute(upsert(shop_orders, connection), [order_row(order, run=run) for order in orders])
    await connection.execute(upsert(shop_order_lines, connection, keep=_COUNTED_ON_LINES), lines)
    if payments:
        await connection.execute(upsert(shop_payments, connection, keep=_COUNTED_ON_PAYMENTS), payments)
    if parcels:
        await connection.execute(shop_fulfilments.insert(), parcels)
        await connection.execute(shop_fulfilment_lines.insert(), held)
