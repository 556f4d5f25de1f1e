"""The payment providers that the suite of the Payments port runs on, each with one paid order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.orders import Payment
from aftersales.ports import Payments
from aftersales.stores.embedded_payments import EmbeddedPayments
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.shop_import import import_shop
from tests.connectors.medusa.running import MEDUSA
from tests.connectors.medusa.world import MedusaWorld, open_medusa
from tests.connectors.shopify.world import open_shopify
from tests.databases import DATABASES, open_database
from tests.shop_data import SetClock, customer, order, product, raw

PROVIDERS = [*DATABASES, *MEDUSA, "shopify"]
_WAIT = timedelta(seconds=30)


class PaymentWorld(Protocol):
    """A provider that took 1009.00 CNY. `crowd` is how many callers a test of races takes."""

    payments: Payments
    crowd: int

    async def payment(self) -> Payment:
        """As the shop tells it now."""
        ...

    async def settle(self) -> None:
        """Lets so much time go by that refunds are booked."""
        ...


class EmbeddedProvider:
    crowd = 20

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._clock = SetClock()
        self._embedded = EmbeddedPayments(engine, self._clock, settle_after=_WAIT)
        self.payments: Payments = self._embedded

    async def payment(self) -> Payment:
        return (await EmbeddedShop(self._engine).get_order("o1")).payments[0]

    async def settle(self) -> None:
        self._clock.advance(_WAIT)
        await self._embedded.settle_due()


class MedusaProvider:
    def __init__(self, world: MedusaWorld) -> None:
        self._world = world
        self.payments: Payments = world.payments
        self.crowd = world.crowd

    async def payment(self) -> Payment:
        return await self._world.payment()

    async def settle(self) -> None:
        """Medusa's own provider settles at once."""


@asynccontextmanager
async def open_payments(kind: str, folder: Path) -> AsyncIterator[PaymentWorld]:
    """`kind` is one of PROVIDERS."""
    if kind == "medusa":
        async with open_medusa() as world:
            yield MedusaProvider(world)
        return
    if kind == "shopify":
        async with open_shopify() as shopify:
            yield shopify
        return
    async with open_database(kind, folder) as engine:
        await import_shop(engine, raw([customer(), product(), order()]))
        yield EmbeddedProvider(engine)
