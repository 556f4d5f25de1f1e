"""The embedded shop: ShopBackend over the tables of our own database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Column, text
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.errors import NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, Variant, units_by_line
from aftersales.ports import Capabilities, ExchangeLine
from aftersales.stores import embedded_shop_changes as changes
from aftersales.stores import embedded_shop_exchanges as exchanges
from aftersales.stores import embedded_shop_returns as returns
from aftersales.stores.embedded_shop_rows import load_customer, load_orders, load_variants
from aftersales.stores.schema.shop import shop_orders
from aftersales.stores.transactions import reading, writing


class EmbeddedShop:
    """Safe under concurrency: units are marked by conditional updates, all lines of a return or none."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def capabilities(self) -> Capabilities:
        return Capabilities(
            partial_refunds=True,
            idempotent_refunds=True,
            exchanges=True,
            cancel_orders=True,
            change_address=True,
            change_lines=True,
        )

    async def get_customer(self, customer_id: str) -> Customer:
        """Raises NotFound."""
        async with reading(self._engine) as connection:
            customer = await load_customer(connection, customer_id)
        if customer is None:
            raise NotFound(customer_id)
        return customer

    async def find_order(self, number: str) -> Order:
        """By its exact normalised number (capitals and digits only). Raises NotFound."""
        return await self._one_order(shop_orders.c.number, number)

    async def get_order(self, order_id: str) -> Order:
        """Raises NotFound."""
        return await self._one_order(shop_orders.c.id, order_id)

    async def list_orders(self, customer_id: str, *, limit: int = 20) -> Sequence[Order]:
        """Newest first."""
        async with reading(self._engine) as connection:
            return await load_orders(connection, shop_orders.c.customer_id, customer_id, limit=limit)

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
        units = units_by_line(lines)
        async with writing(self._engine) as connection:
            return await returns.request(connection, order_id=order_id, units=units, key=key)

    async def request_exchange(self, *, order_id: str, lines: Sequence[ExchangeLine], key: str) -> str:
        """As request_return, and takes the replacements off the stock, all or none.

        Raises NotFound (also for a variant that is not on sale), Invalid, Conflict, and Conflict("out_of_stock").
        """
        units = units_by_line([(line.line_id, line.quantity) for line in lines])
        async with writing(self._engine) as connection:
            reference = await returns.request(connection, order_id=order_id, units=units, key=key)
            await exchanges.reserve(connection, reference, lines)
            return reference

    async def cancel_return(self, reference: str) -> None:
        """Gives reserved stock back. Harmless when already cancelled. Raises NotFound, Conflict after receipt."""
        async with writing(self._engine) as connection:
            await returns.close(connection, reference, into="cancelled")
            await exchanges.release(connection, reference)

    async def receive_return(self, reference: str) -> None:
        """Books all units as returned. Harmless when already received. Raises NotFound, and Conflict."""
        async with writing(self._engine) as connection:
            await returns.close(connection, reference, into="received")

    async def write_off_return(self, reference: str) -> None:
        """Books all units as dismissed. Harmless when that was done. Raises NotFound, and Conflict."""
        async with writing(self._engine) as connection:
            await returns.close(connection, reference, into="kept")

    async def ship_replacement(self, reference: str) -> Fulfilment:
        """Adds the lines and the parcel of an exchange to its order. Raises NotFound, Conflict."""
        async with writing(self._engine) as connection:
            order_id, parcel_id = await exchanges.ship(connection, reference, now=datetime.now(UTC))
        order = await self.get_order(order_id)
        return next(parcel for parcel in order.fulfilments if parcel.id == parcel_id)

    async def cancel_units(self, *, order_id: str, units: Sequence[tuple[str, int]], key: str) -> None:
        """Takes unsent units out of an order, all or none, and puts them back on sale.

        The same key again changes nothing. Raises NotFound, Invalid on a quantity below one, and Conflict when
        not as many are still unsent.
        """
        wanted = units_by_line(units)
        async with writing(self._engine) as connection:
            await changes.cancel(connection, order_id=order_id, units=wanted, key=key)

    async def change_address(self, *, order_id: str, address: Address, key: str) -> None:
        """The same key again changes nothing. Raises NotFound, and Conflict once something of it was sent."""
        async with writing(self._engine) as connection:
            await changes.readdress(connection, order_id=order_id, address=address, key=key)

    async def change_variant(self, *, order_id: str, line_id: str, variant_id: str, paid: Money, key: str) -> None:
        """Makes a whole unsent line another variant of its product, and moves the stock.

        The same key again changes nothing. Raises NotFound, and Conflict when it was sent or cancelled or the
        stock does not suffice.
        """
        async with writing(self._engine) as connection:
            await changes.make_variant(
                connection, order_id=order_id, line_id=line_id, variant_id=variant_id, minor=paid.minor, key=key
            )

    async def health(self) -> None:
        """Raises Unavailable."""
        async with reading(self._engine) as connection:
            await connection.execute(text("SELECT 1"))

    async def _one_order(self, column: Column[str], value: str) -> Order:
        async with reading(self._engine) as connection:
            orders = await load_orders(connection, column, value, limit=1)
        if not orders:
            raise NotFound
        return orders[0]
