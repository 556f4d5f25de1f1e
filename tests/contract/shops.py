"""The shops that the suites of the ShopBackend port run on, with the same goods under the same names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.ports import ShopBackend
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.shop_import import import_shop
from tests.connectors.medusa.running import MEDUSA
from tests.connectors.medusa.world import open_medusa
from tests.connectors.shopify.world import open_shopify
from tests.databases import WAYS, open_database
from tests.shop_data import customer, line, order, product, raw

# Those that exchange, change lines of an order, and tell prices in several currencies.
ABLE = [*WAYS, *MEDUSA]
SHOPS = [*ABLE, "shopify"]  # on a fake of it: docs/connectors/shopify.md


class ShopWorld(Protocol):
    """A shop with customer `lin`, product `shoe` (`shoe-41`, `shoe-42`: five of each) and order `o1`.

    o1: line `o1-a` of one pair in 41 for 399.00 and `o1-b` of three in 42 for 600.00, postage 10.00 (CNY); paid
    and delivered. `crowd` is how many callers a test of races takes.
    """

    shop: ShopBackend
    crowd: int

    async def add_delivered(self, *names: str) -> None:
        """Orders like o1."""
        ...

    async def add_later(self, name: str) -> None:
        """An order like o1, placed after all others."""
        ...

    async def add_unsent(self, name: str) -> None:
        """An order like o1 of which nothing was sent; its units do not count among the five."""
        ...


class EmbeddedWorld:
    crowd = 20

    def __init__(self, engine: AsyncEngine) -> None:
        self.shop: ShopBackend = EmbeddedShop(engine)
        self._engine = engine

    async def add_delivered(self, *names: str) -> None:
        await import_shop(self._engine, raw([order(name) for name in names]))

    async def add_later(self, name: str) -> None:
        await import_shop(self._engine, raw([order(name, placed_at="2026-11-16T10:00:00+08:00")]))

    async def add_unsent(self, name: str) -> None:
        lines = [
            line(f"{name}-a", fulfilled=0),
            line(f"{name}-b", variant_id="shoe-42", quantity=3, fulfilled=0, paid="600.00"),
        ]
        await import_shop(self._engine, raw([order(name, lines=lines, fulfilments=[])]))


@asynccontextmanager
async def open_shop(kind: str, folder: Path) -> AsyncIterator[ShopWorld]:
    """`kind` is one of SHOPS."""
    if kind == "medusa":
        async with open_medusa() as medusa:
            yield medusa
        return
    if kind == "shopify":
        async with open_shopify() as shopify:
            yield shopify
        return
    async with open_database(kind, folder) as engine:
        await import_shop(engine, raw([customer(), product(), order()]))
        yield EmbeddedWorld(engine)
