"""Customers and products of a shop file, checked against the database and written in batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.stores.schema.shop import shop_customers, shop_products, shop_variants
from aftersales.stores.shop_import_report import Placed, Run
from aftersales.stores.shop_records import CustomerRecord, ProductRecord, VariantRecord, exact
from aftersales.stores.transactions import upsert


async def write_customers(
    connection: AsyncConnection, batch: Sequence[Placed[CustomerRecord]], *, run: Run
) -> None:
    """Adds or renews customers; a customer who is twice in the file is rejected."""
    seen = await ids_of_run(connection, shop_customers, [p.record.id for p in batch], run=run)
    rows = []
    for placed in batch:
        record = placed.record
        if record.id in seen:
            run.reject(placed.place, f"customer {record.id} is in the file twice")
            continue
        seen.add(record.id)
        rows.append({**record.model_dump(exclude={"type"}), "import_run": run.id})
    if rows:
        await connection.execute(upsert(shop_customers, connection), rows)


async def write_products(connection: AsyncConnection, batch: Sequence[Placed[ProductRecord]], *, run: Run) -> None:
    """Adds or renews products with their variants; a variant that the file leaves out goes off sale."""
    seen = await ids_of_run(connection, shop_products, [p.record.id for p in batch], run=run)
    owners, skus = await _known_variants(connection, [v for p in batch for v in p.record.variants])
    good: list[ProductRecord] = []
    for placed in batch:
        record = placed.record
        fault = _product_fault(record, seen=seen, owners=owners, skus=skus)
        if fault:
            run.reject(placed.place, fault, ids=tuple(variant.id for variant in record.variants))
            continue
        seen.add(record.id)
        owners.update({variant.id: record.id for variant in record.variants})
        skus.update({variant.sku: variant.id for variant in record.variants})
        good.append(record)
    if not good:
        return
    await connection.execute(upsert(shop_products, connection), [_product_row(record, run=run) for record in good])
    left_out = update(shop_variants).where(shop_variants.c.product_id.in_([record.id for record in good]))
    await connection.execute(left_out.values(active=False))
    await connection.execute(
        upsert(shop_variants, connection),
        [
            _variant_row(variant, product=record, position=position)
            for record in good
            for position, variant in enumerate(record.variants)
        ],
    )


async def ids_of_run(connection: AsyncConnection, table: Table, ids: Sequence[str], *, run: Run) -> set[str]:
    """Which of these ids this very import has written already."""
    query = select(table.c.id).where(table.c.id.in_(ids), table.c.import_run == run.id)
    return set((await connection.scalars(query)).all())


async def _known_variants(
    connection: AsyncConnection, variants: Iterable[VariantRecord]
) -> tuple[dict[str, str], dict[str, str]]:
    """Product by variant id, and variant id by SKU, of those that the database holds."""
    ids, skus = [v.id for v in variants], [v.sku for v in variants]
    table = shop_variants.c
    query = select(table.id, table.product_id, table.sku).where(or_(table.id.in_(ids), table.sku.in_(skus)))
    rows = (await connection.execute(query)).all()
    return {row.id: row.product_id for row in rows}, {row.sku: row.id for row in rows}


def _product_fault(
    record: ProductRecord, *, seen: set[str], owners: dict[str, str], skus: dict[str, str]
) -> str | None:
    if record.id in seen:
        return f"product {record.id} is in the file twice"
    for index, variant in enumerate(record.variants):
        if owners.get(variant.id, record.id) != record.id:
            return f"variants[{index}].id: {variant.id} belongs to product {owners[variant.id]}"
        if skus.get(variant.sku, variant.id) != variant.id:
            return f"variants[{index}].sku: {variant.sku} belongs to variant {skus[variant.sku]}"
    return None


def _product_row(record: ProductRecord, *, run: Run) -> dict[str, Any]:
    return {
        "id": record.id,
        "category": record.category,
        "tags": sorted(set(record.tags)),
        "title_zh": record.title.text.zh,
        "title_en": record.title.text.en,
        "image": record.image,
        "import_run": run.id,
    }


def _variant_row(record: VariantRecord, *, product: ProductRecord, position: int) -> dict[str, Any]:
    return {
        "id": record.id,
        "product_id": product.id,
        "position": position,
        "sku": record.sku,
        "options_zh": record.options.text.zh,
        "options_en": record.options.text.en,
        "prices": [[code, exact(amount, code).minor] for code, amount in record.prices.items()],
        "stock": record.stock,
        "image": record.image or product.image,
        "active": record.active,
    }
