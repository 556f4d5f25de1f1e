"""The ShopBackend port over Medusa 2's admin API; docs/connectors/medusa.md says what it can and cannot do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, Variant, units_by_line
from aftersales.domain.returns import OUT_OF_STOCK
from aftersales.domain.texts import Language
from aftersales.ports import Capabilities, ExchangeLine
from connectors.medusa import edits, exchanges, returns
from connectors.medusa.changes import OrderLocks
from connectors.medusa.client import MedusaClient
from connectors.medusa.orders import item_ids, location_of
from connectors.medusa.reading import Reader


class MedusaShop:
    """Changes of one order are made one after the other under `locks`.

    `language` is that of customers who tell none, `by_hand` the payment providers that move no money. Every method
    may raise Unavailable, also while somebody else is changing the same order at Medusa.
    """

    def __init__(
        self,
        client: MedusaClient,
        *,
        locks: OrderLocks,
        language: Language,
        by_hand: frozenset[str] = frozenset(),
    ) -> None:
        self._client = client
        self._locks = locks
        self._read = Reader(client, language=language, by_hand=by_hand)

    async def capabilities(self) -> Capabilities:
        return Capabilities(
            partial_refunds=True,
            idempotent_refunds=False,
            exchanges=True,
            cancel_orders=True,
            change_address=True,
            change_lines=True,
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
        """What is on sale of a product, in the shop's order; prices without tax where the shop keeps them so."""
        return await self._read.variants(product_id, currency=currency)

    async def request_return(self, *, order_id: str, lines: Sequence[tuple[str, int]], key: str) -> str:
        """Raises NotFound, Invalid, Conflict when too few units are left, OutcomeUnknown."""
        units = units_by_line(lines)
        async with self._locks.hold(order_id):
            known = await returns.find_return(self._client, order_id, key=key)
            if known is not None:
                return known
            row = await self._read.row(order_id)
            returns.check_returnable(self._read.order_of(row), units)
            return await returns.ask_return(
                self._client, order_id, units=_by_item(item_ids(row), units), location_id=location_of(row), key=key
            )

    async def request_exchange(self, *, order_id: str, lines: Sequence[ExchangeLine], key: str) -> str:
        """Raises NotFound, Invalid, Conflict, Conflict("out_of_stock"), OutcomeUnknown."""
        units = units_by_line([(line.line_id, line.quantity) for line in lines])
        async with self._locks.hold(order_id):
            filed = await returns.returns_of(self._client, order_id)
            known = await exchanges.find_exchange(self._client, order_id, key=key, returns=filed)
            if known is not None:
                return known
            row = await self._read.row(order_id)
            order = self._read.order_of(row)
            returns.check_returnable(order, units)
            await self._check_stock(order, lines)
            return await exchanges.ask_exchange(
                self._client, row, lines=lines, location_id=location_of(row), key=key
            )

    async def cancel_return(self, reference: str) -> None:
        """Raises NotFound, Conflict after receipt, OutcomeUnknown."""
        seen = await returns.get_return(self._client, reference)
        async with self._locks.hold(seen.order_id):
            await returns.cancel_return(self._client, await returns.get_return(self._client, reference))

    async def receive_return(self, reference: str) -> None:
        """Raises NotFound, Conflict, OutcomeUnknown."""
        await self._book(reference, dismissed=False)

    async def write_off_return(self, reference: str) -> None:
        """Raises NotFound, Conflict, OutcomeUnknown."""
        await self._book(reference, dismissed=True)

    async def ship_replacement(self, reference: str) -> Fulfilment:
        """Raises NotFound (also for a return without an exchange), Conflict before receipt, OutcomeUnknown."""
        seen = await returns.get_return(self._client, reference)
        async with self._locks.hold(seen.order_id):
            back = await returns.get_return(self._client, reference)
            row = await self._read.row(back.order_id)
            parcel_id = await exchanges.send_replacement(self._client, row, back, read=self._read.row)
        order = await self.get_order(back.order_id)
        return next(parcel for parcel in order.fulfilments if parcel.id == parcel_id)

    async def cancel_units(self, *, order_id: str, units: Sequence[tuple[str, int]], key: str) -> None:
        """Raises NotFound, Invalid, Conflict when not as many are unsent, OutcomeUnknown.

        With the last units of an order of which nothing was sent, Medusa pays back all that was captured.
        """
        wanted = units_by_line(units)
        async with self._locks.hold(order_id):
            row = await self._read.row(order_id)
            if not await edits.is_made(self._client, row, key=key):
                await edits.cancel_units(self._client, row, self._read.order_of(row), units=wanted, key=key)

    async def change_address(self, *, order_id: str, address: Address, key: str) -> None:
        """Raises NotFound, Conflict, OutcomeUnknown."""
        async with self._locks.hold(order_id):
            row = await self._read.row(order_id)
            if not await edits.is_made(self._client, row, key=key):
                await edits.change_address(self._client, row, self._read.order_of(row), address=address, key=key)

    async def change_variant(self, *, order_id: str, line_id: str, variant_id: str, paid: Money, key: str) -> None:
        """Raises NotFound, Conflict, OutcomeUnknown."""
        async with self._locks.hold(order_id):
            row = await self._read.row(order_id)
            if await edits.is_made(self._client, row, key=key):
                return
            order = self._read.order_of(row)
            line = next((line for line in order.lines if line.id == line_id), None)
            if line is None:
                raise NotFound(line_id)
            new = ExchangeLine(line_id=line_id, quantity=line.quantity, variant_id=variant_id, paid=paid)
            await self._check_stock(order, [new])
            await edits.change_variant(self._client, row, order, new=new, key=key)

    async def health(self) -> None:
        """Raises Unavailable when Medusa does not answer or does not take the key."""
        await self._client.get("/admin/orders", fields="id", limit="1")

    async def close(self) -> None:
        await self._client.close()

    async def _book(self, reference: str, *, dismissed: bool) -> None:
        seen = await returns.get_return(self._client, reference)
        async with self._locks.hold(seen.order_id):
            row = await returns.get_return(self._client, reference)
            await returns.book_return(self._client, row, dismissed=dismissed)

    async def _check_stock(self, order: Order, lines: Sequence[ExchangeLine]) -> None:
        """Raises NotFound for what is no variant on sale of the line's product, and Conflict("out_of_stock")."""
        needed: Counter[str] = Counter()
        stock: dict[str, int] = {}
        for line in lines:
            product_id = order.line(line.line_id).product_id
            variants = await self._read.variants(product_id, currency=order.currency)
            stock |= {variant.id: variant.stock for variant in variants}
            if line.variant_id not in stock:
                raise NotFound(line.variant_id)
            needed[line.variant_id] += line.quantity
        if any(stock[variant_id] < count for variant_id, count in needed.items()):
            raise Conflict(OUT_OF_STOCK)


def _by_item(ids: Mapping[str, str], units: Mapping[str, int]) -> dict[str, int]:
    return {ids[line_id]: count for line_id, count in units.items()}
