"""Imports a shop file: every record checked, all of it or nothing, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from aftersales.domain.ids import new_id
from aftersales.stores.shop_files import RawRecord
from aftersales.stores.shop_import_catalogue import write_customers, write_products
from aftersales.stores.shop_import_orders import write_orders
from aftersales.stores.shop_import_report import ImportRejectedError, ImportReport, Placed, Run
from aftersales.stores.shop_records import RECORD, AnyRecord, CustomerRecord, OrderRecord, ProductRecord
from aftersales.stores.transactions import writing

_BATCH_ROWS = 2000


async def import_shop(engine: AsyncEngine, records: Iterable[RawRecord]) -> ImportReport:
    """Adds and renews customers, products and orders by their ids, in one transaction.

    A record may refer to records before it in the file and to what the database holds. What went back and what
    was refunded of rows that are there already is never touched. Raises ImportRejectedError (nothing was imported;
    carries all counts and the first errors), ShopFileError, Unavailable.
    """
    run = Run(id=new_id())
    async with writing(engine) as connection:
        for batch in _batches(_parsed(records, run)):
            await _write(connection, batch, run=run)
        report = run.report()
        if report.error_count:
            raise ImportRejectedError(report)
    return report


def _parsed(records: Iterable[RawRecord], run: Run) -> Iterator[Placed[AnyRecord]]:
    for raw in records:
        try:
            if b"\\u0000" in raw.json:
                raise ValueError("a NUL character")
            record = RECORD.validate_json(raw.json)
        except ValidationError as error:
            run.reject(raw.place, _reason(error), ids=_ids(raw.json))
        except ValueError as error:
            run.reject(raw.place, str(error), ids=_ids(raw.json))
        else:
            run.counts[record.type] += 1
            yield Placed(raw.place, record)


def _reason(error: ValidationError) -> str:
    """The first fault with its path inside the record, without the value (it may be personal)."""
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"][1:]).lstrip(".")
    text = fault["msg"].removeprefix("Value error, ")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{path}: {text}{more}" if path else f"{text}{more}"


def _ids(raw: bytes) -> tuple[str, ...]:
    """The ids by which others may refer to a record that is wrong."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(data, dict):
        return ()
    variants = data.get("variants")
    inner = variants if isinstance(variants, list) else []
    found = [data.get("id"), *(variant.get("id") for variant in inner if isinstance(variant, dict))]
    return tuple(item for item in found if isinstance(item, str))


def _batches(records: Iterable[Placed[AnyRecord]]) -> Iterator[list[Placed[AnyRecord]]]:
    """Runs of records of one kind that make about _BATCH_ROWS rows."""
    batch: list[Placed[AnyRecord]] = []
    rows = 0
    for placed in records:
        if batch and (placed.record.type != batch[0].record.type or rows >= _BATCH_ROWS):
            yield batch
            batch, rows = [], 0
        batch.append(placed)
        rows += _rows(placed.record)
    if batch:
        yield batch


def _rows(record: AnyRecord) -> int:
    match record:
        case OrderRecord():
            held = sum(len(fulfilment.lines) + 1 for fulfilment in record.fulfilments)
            return 1 + len(record.lines) + len(record.payments) + held
        case ProductRecord():
            return 1 + len(record.variants)
        case _:
            return 1


async def _write(connection: AsyncConnection, batch: list[Placed[AnyRecord]], *, run: Run) -> None:
    """One batch. A savepoint keeps the transaction usable when the database refuses what the checks let pass."""
    customers = [Placed(p.place, p.record) for p in batch if isinstance(p.record, CustomerRecord)]
    products = [Placed(p.place, p.record) for p in batch if isinstance(p.record, ProductRecord)]
    orders = [Placed(p.place, p.record) for p in batch if isinstance(p.record, OrderRecord)]
    try:
        async with connection.begin_nested():
            if customers:
                await write_customers(connection, customers, run=run)
            if products:
                await write_products(connection, products, run=run)
            if orders:
                await write_orders(connection, orders, run=run)
    except IntegrityError as error:
        place = f"{batch[0].place} to {batch[-1].place}"
        run.reject(place, f"the database refuses it ({type(error.orig).__name__})")
