"""The ShopBackend port over Shopify's Admin API; docs/connectors/shopify.md says what it can and cannot do."""

from __future__ import annotations

from collections.abc import Sequence

from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, Variant, units_by_line
from aftersales.domain.texts import Language
from aftersales.ports import Capabilities, ExchangeLine
from connectors.shopify import documents as ask
from connectors.shopify import edits, returns
from connectors.shopify.client import ShopifyClient
from connectors.shopify.ids import gid
from connectors.shopify.locks import OrderLocks
from connectors.shopify.payloads import ReturnRow
from connectors.shopify.reading import Reader

_UNSUPPORTED = "a person does this at Shopify"


class ShopifyShop:
    """Changes of one order are made one after the other under `locks`. Every method may raise Unavailable.

    `language` is that of customers who tell none.
    """

    def __init__(self, client: ShopifyClient, *, locks: OrderLocks, language: Language) -> None:
        self._client = client
        self._locks = locks
        self._read = Reader(client, language=language)

    async def capabilities(self) -> Capabilities:
        return Capabilities(
            partial_refunds=True,
            idempotent_refunds=True,
            exchanges=False,
            cancel_orders=True,
            change_address=True,
            change_lines=False,
        )

    async def get_customer(self, customer_id: str) -> Customer:
        """Raises NotFound."""
        return await self._read.customer(customer_id)

    async def find_order(self, number: str) -> Order:
        """By its exact number (capitals and digits only). Raises NotFound."""
        return await self._read.order(await self._read.order_id(number))

    async def get_order(self, order_id: str) -> Order:
        """Raises NotFound."""
        return await self._read.order(order_id)

    async def list_orders(self, customer_id: str, *, limit: int = 20) -> Sequence[Order]:
        """Newest first."""
        return await self._read.orders(customer_id, limit=limit)

    async def list_variants(self, product_id: str, *, currency: str | None = None) -> Sequence[Variant]:
        """What is on sale of a product, in the shop's order; nothing in another currency than the shop's."""
        return await self._read.variants(product_id, currency=currency)

    async def request_return(self, *, order_id: str, lines: Sequence[tuple[str, int]], key: str) -> str:
        """Raises NotFound, Invalid, Conflict when too few units are left, OutcomeUnknown."""
        units = units_by_line(lines)
        async with self._locks.hold(gid("Order", order_id)):
            known = await returns.find_return(self._client, order_id, key=key)
            if known is not None:
                return known
            _check_returnable(await self._read.order(order_id), units)
            return await returns.file_return(self._client, order_id, units=units, key=key)

    async def request_exchange(self, *, order_id: str, lines: Sequence[ExchangeLine], key: str) -> str:
        """Raises Invalid: what an exchange costs is Shopify's own reckoning there, never what was agreed here."""
        raise Invalid("exchange", _UNSUPPORTED)

    async def cancel_return(self, reference: str) -> None:
        """Raises NotFound, Conflict after receipt, OutcomeUnknown."""
        seen = await self._return(reference)
        async with self._locks.hold(seen.order.id):
            await returns.cancel_return(self._client, await self._return(reference))

    async def receive_return(self, reference: str) -> None:
        """Raises NotFound, Conflict, OutcomeUnknown."""
        await self._book(reference, missing=False)

    async def write_off_return(self, reference: str) -> None:
        """Raises NotFound, Conflict, OutcomeUnknown."""
        await self._book(reference, missing=True)

    async def ship_replacement(self, reference: str) -> Fulfilment:
        """Raises NotFound: no return of ours has an exchange."""
        raise NotFound(reference)

    async def cancel_units(self, *, order_id: str, units: Sequence[tuple[str, int]], key: str) -> None:
        """Raises NotFound, Conflict when not as many are unsent, OutcomeUnknown.

        Invalid for less than a whole order of which nothing was sent. Nothing is paid back by it.
        """
        wanted = units_by_line(units)
        async with self._locks.hold(gid("Order", order_id)):
            row = await self._read.row(order_id)
            if edits.is_cancelled_by(row, key):
                return
            edits.check_whole(await self._read.order_of(row), wanted)
            refused = Conflict("Shopify has not cancelled the order")
            try:
                await edits.cancel_order(self._client, row, key=key)
            except Conflict as error:  # also while it is still at what we asked for before
                refused = error
            if not edits.is_cancelled_by(await self._read.row(order_id), key):
                raise refused

    async def change_address(self, *, order_id: str, address: Address, key: str) -> None:
        """Raises NotFound, Conflict, OutcomeUnknown."""
        async with self._locks.hold(gid("Order", order_id)):
            row = await self._read.row(order_id)
            order = await self._read.order_of(row)
            await edits.change_address(self._client, row, order, address=address, key=key)

    async def change_variant(self, *, order_id: str, line_id: str, variant_id: str, paid: Money, key: str) -> None:
        """Raises Invalid: after a lost answer nobody could say whether an order edit was ours."""
        raise Invalid("variant", _UNSUPPORTED)

    async def health(self) -> None:
        """Raises Unavailable when Shopify does not answer or does not take the token."""
        await self._client.query(ask.HEALTH)

    async def close(self) -> None:
        await self._client.close()

    async def _return(self, reference: str) -> ReturnRow:
        return await returns.get_return(self._client, gid("Return", reference))

    async def _book(self, reference: str, *, missing: bool) -> None:
        seen = await self._return(reference)
        async with self._locks.hold(seen.order.id):
            await returns.book_return(self._client, await self._return(reference), missing=missing)


def _check_returnable(order: Order, units: dict[str, int]) -> None:
    """Raises NotFound for no such line, Conflict when more units are asked for than can still be returned."""
    for line_id, count in units.items():
        try:
            line = order.line(line_id)
        except KeyError:
            raise NotFound(line_id) from None
        if line.returnable < count:
            raise Conflict(f"line {line_id} has fewer than {count} units left")
