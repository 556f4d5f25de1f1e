"""What the demo shop page shows: who one may be, and what there is. Never part of a real shop."""

from __future__ import annotations

from typing import TypedDict

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.texts import Language
from aftersales.stores.embedded_shop_rows import price_in
from aftersales.stores.schema.shop import shop_customers, shop_orders, shop_products, shop_variants
from aftersales.stores.transactions import reading


class DemoCustomer(TypedDict):
    """`orders` counts them, `newest` is the number of the last one."""

    id: str
    name: str
    language: str
    country: str
    orders: int
    newest: str


class DemoProduct(TypedDict):
    """`price` in major units as text, of the cheapest variant."""

    id: str
    title: str
    category: str
    price: str
    currency: str
    image: str


async def list_customers(engine: AsyncEngine, *, limit: int = 50) -> list[DemoCustomer]:
    """Customers that have orders, those with most of them first. Raises Unavailable."""
    orders = shop_orders.c
    count = func.count(orders.id)
    query = (
        select(
            shop_customers.c.id,
            shop_customers.c.name,
            shop_customers.c.language,
            func.max(orders.country).label("country"),
            count.label("orders"),
            func.max(orders.number).label("newest"),
        )
        .join(shop_orders)
        .group_by(shop_customers.c.id, shop_customers.c.name, shop_customers.c.language)
        .order_by(count.desc(), shop_customers.c.id)
        .limit(limit)
    )
    async with reading(engine) as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [
        DemoCustomer(
            id=row["id"],
            name=row["name"],
            language=row["language"],
            country=row["country"],
            orders=row["orders"],
            newest=row["newest"],
        )
        for row in rows
    ]


async def list_products(engine: AsyncEngine, language: Language, *, limit: int = 60) -> list[DemoProduct]:
    """Products on sale, by category; prices in CNY for Chinese, in USD for English. Raises Unavailable."""
    currency = "CNY" if language == "zh" else "USD"
    query = (
        select(shop_products, shop_variants.c.prices)
        .join(shop_variants)
        .where(shop_variants.c.active)
        .order_by(shop_products.c.category, shop_products.c.id)
    )
    products: dict[str, DemoProduct] = {}
    lowest: dict[str, int] = {}
    async with reading(engine) as connection:
        rows = (await connection.execute(query)).mappings().all()
    for row in rows:
        price = price_in(row["prices"], currency)
        if price is None or price.minor >= lowest.get(row["id"], price.minor + 1):
            continue
        lowest[row["id"]] = price.minor
        products[row["id"]] = DemoProduct(
            id=row["id"],
            title=row[f"title_{language}"],
            category=row["category"],
            price=price.decimal(),
            currency=currency,
            image=row["image"],
        )
    return list(products.values())[:limit]
