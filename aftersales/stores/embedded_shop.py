"""The embedded shop: ShopBackend over the tables of our own database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, text
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Customer, Order, Variant
from aftersales.ports import Capabilities
from aftersales.stores import embedded_shop_returns as returns
from aftersales.stores.embedded_shop_rows import load_customer, load_orders, load_variants
from aftersales.stores.schema.shop import shop_orders
from aftersales.stores.transactions import reading, writing


class EmbeddedShop:
    """Safe under concurrency: units are marked by conditional updates, all lines of a return or none."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def capabilities(self) -> Capabilities:
        return Capabilities(partial_refunds=True, idempotent_refunds=True, exchanges=False, change_address=False)

    async def get_customer(self, customer_id: str) -> Customer:
        """Raises NotFound."""
        async with reading(self._engine) as connection:
            customer = await load_customer(connection, customer_id)
        if customer is None:
            raise NotFound(customer_id)
        return customer

    async def find_order(self, number: str) -> Order:
        """By its exact normalised number (capitals and digits only). Raises NotFound."""
        return await self._one_order(shop_orders.c.number == number)

    async def get_order(self, order_id: str) -> Order:
        """Raises NotFound."""
        return await self._one_order(shop_orders.c.id == order_id)

    async def list_orders(self, customer_id: str, *, limit: int = 20) -> Sequence[Order]:
        """Newest first."""
        async with reading(self._engine) as connection:
            return await load_orders(connection, shop_orders.c.customer_id == customer_id, limit=limit)

    async def list_variants(self, product_id: str, *, currency: str | None = None) -> Sequence[Variant]:
        """What is on sale of a product, in the shop's order; nothing for an unknown product.

        Prices in `currency`, variants without such a price left out; None gives each its main currency.
        """
        async with reading(self._engine) as connection:
            return await load_variants(connection, product_id, currency=currency)

    async def request_return(self, *, order_id: str, lines: Sequence[tuple[str, int]], key: str) -> str:
        """Marks (line id, units) as on their way back, all or none; returns the reference of the return.

        The same key gives the same reference and marks nothing more. Raises NotFound, Invalid on a quantity
        below one, and Conflict when more units are asked for than can still be returned.
        """
        units = returns.counted(lines)
        async with writing(self._engine) as connection:
            return await returns.request(connection, order_id=order_id, units=units, key=key)

    async def cancel_return(self, reference: str) -> None:
        """Harmless when already cancelled. Raises NotFound, and Conflict after receipt."""
        async with writing(self._engine) as connection:
            await returns.close(connection, reference, state="cancelled")

    async def receive_return(self, reference: str) -> None:
        """Books all units as returned. Harmless when already received. Raises NotFound, and Conflict."""
        async with writing(self._engine) as connection:
            await returns.close(connection, reference, state="received")

    async def health(self) -> None:
        """Raises Unavailable."""
        async with reading(self._engine) as connection:
            await connection.execute(text("SELECT 1"))

    async def _one_order(self, condition: ColumnElement[bool]) -> Order:
        async with reading(self._engine) as connection:
            orders = await load_orders(connection, condition, limit=1)
        if not orders:
            raise NotFound
        return orders[0]
