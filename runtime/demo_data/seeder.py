"""Fills an empty shop with demo data: 40 customers, 60 products with pictures, 150 orders.

Everything is the same each time, but for the times, which are relative to `now`. Order numbers are RD, the day
the order was placed in Shanghai (YYYYMMDD) and five digits. Two customers have orders whose last five digits never
change, 001xx for 林晓雨 (cust_lin, CNY) and 002xx for Emma Clarke (cust_emma, USD):

    …01 returnable: running shoes (1) and T-shirts (3), delivered 3 days ago
    …02 every window of goodwill is over: headphones (1) and mugs (2), delivered 40 days ago
    …03 on its way: a sweater and sunglasses, shipped yesterday
    …04 not returnable: peaches (perishable) and an engraved necklace (made to order), delivered yesterday
    …05 paid and not sent: a yoga mat
    …06 partly refunded: one of two hoodies came back; delivered 60 days ago
    …07 above the limit of what is refunded without a person: a camera, with a gift, delivered 2 days ago
    …08 paid and not sent: jeans (2) and a scarf, ordered yesterday
    …09 not paid: a desk lamp, ordered 3 days ago
    …11 lost on its way: a desk lamp, shipped 16 days ago and never delivered
    …12 charged twice: a city backpack, delivered 12 days ago
    …13 late, but not lost yet: a speaker, shipped 7 days ago
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.stores.schema.shop import shop_orders
from aftersales.stores.shop_files import RawRecord
from aftersales.stores.shop_import import import_shop
from aftersales.stores.transactions import reading
from runtime.demo_data.anchors import anchor_plans
from runtime.demo_data.catalogue import Buyer, Catalogue, load_buyers, load_catalogue
from runtime.demo_data.crowd import crowd_plans
from runtime.demo_data.plans import Plan, build_order

ORDERS = 150
_SEED = 20261121


async def seed_demo(engine: AsyncEngine, *, media_folder: Path, now: datetime) -> bool:
    """Writes the pictures into `media_folder` and the records into the database.

    Does nothing and returns False when there are orders. Raises Unavailable, OSError.
    """
    async with reading(engine) as connection:
        if await connection.scalar(select(shop_orders.c.id).limit(1)) is not None:
            return False
    catalogue = load_catalogue()
    write_pictures(catalogue, media_folder)
    await import_shop(engine, demo_records(catalogue, now=now))
    return True


def write_pictures(catalogue: Catalogue, media_folder: Path) -> None:
    """One SVG for each product and colour. Raises OSError."""
    media_folder.mkdir(parents=True, exist_ok=True)
    for name, svg in catalogue.pictures.items():
        (media_folder / name).write_text(svg, encoding="utf-8")


def demo_records(catalogue: Catalogue, *, now: datetime) -> Iterator[RawRecord]:
    """Customers, products and orders as an import file has them."""
    buyers = load_buyers()
    for buyer in buyers:
        yield _raw(buyer.record)
    for product in catalogue.products:
        yield _raw(product)
    for plan in _plans(buyers, catalogue, now=now):
        yield _raw(build_order(plan, catalogue))


def _plans(buyers: tuple[Buyer, ...], catalogue: Catalogue, *, now: datetime) -> Iterator[Plan]:
    lin, emma, *crowd = buyers
    anchors = [*anchor_plans(lin, first_tail=100, now=now), *anchor_plans(emma, first_tail=200, now=now)]
    yield from anchors
    dice = random.Random(_SEED)  # noqa: S311 (the same data each time is the point)
    count = ORDERS - len(anchors)
    yield from crowd_plans(crowd, catalogue, count=count, first_tail=10_001, now=now, dice=dice)


def _raw(record: BaseModel) -> RawRecord:
    return RawRecord("the demo data", record.model_dump_json().encode())
