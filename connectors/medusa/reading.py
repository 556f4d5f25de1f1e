"""Reading orders, customers and goods from Medusa."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog

from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Customer, Order, Variant
from aftersales.domain.texts import Language
from connectors.medusa.answers import all_in, one_in
from connectors.medusa.catalogue import variants_of
from connectors.medusa.client import MedusaClient
from connectors.medusa.orders import customer_of, number_of, order_of
from connectors.medusa.payloads import ORDER_FIELDS, CustomerRow, OrderRow, Wire
from connectors.medusa.product_payloads import PRODUCT_FIELDS, ProductRow

log = structlog.get_logger("returndesk.medusa")

# Medusa searches numbers as parts of words, in addresses and e-mails too: the right order may not come first.
_PAGE, _PAGES = 100, 10
_NUMBER_FIELDS = "id,display_id,custom_display_id"


class NumberRow(Wire):
    id: str
    display_id: int
    custom_display_id: str | None = None


class Reader:
    """`language` is that of customers and orders that tell none, `by_hand` providers that move no money."""

    def __init__(self, client: MedusaClient, *, language: Language, by_hand: frozenset[str]) -> None:
        self._client = client
        self._language = language
        self._by_hand = by_hand

    async def customer(self, customer_id: str) -> Customer:
        """Raises NotFound, Unavailable."""
        told = await self._client.get(f"/admin/customers/{customer_id}")
        return customer_of(one_in(told, "customer", CustomerRow), language=self._language)

    async def row(self, order_id: str) -> OrderRow:
        """Raises NotFound, Unavailable."""
        told = await self._client.get(f"/admin/orders/{order_id}", fields=ORDER_FIELDS)
        return one_in(told, "order", OrderRow)

    async def order(self, order_id: str) -> Order:
        """Raises NotFound, Unavailable."""
        return self.order_of(await self.row(order_id))

    def order_of(self, row: OrderRow) -> Order:
        """Raises NotFound for what is no order of a customer."""
        return order_of(row, language=self._language, by_hand=self._by_hand)

    async def order_id(self, number: str) -> str:
        """Of the order whose number is exactly this one. Raises NotFound, Unavailable."""
        for page in range(_PAGES if number else 0):
            told = await self._client.get(
                "/admin/orders", q=number, fields=_NUMBER_FIELDS, limit=str(_PAGE), offset=str(page * _PAGE)
            )
            rows = all_in(told, "orders", NumberRow)
            for row in rows:
                if number_of(row.display_id, row.custom_display_id) == number:
                    return row.id
            if len(rows) < _PAGE:
                raise NotFound(number)
        log.warning("medusa_number_not_reached", looked_at=_PAGE * _PAGES)
        raise NotFound(number)

    async def orders(self, customer_id: str, *, limit: int) -> Sequence[Order]:
        """The customer's, newest first. Raises Unavailable."""
        told = await self._client.get(
            "/admin/orders", customer_id=customer_id, fields=ORDER_FIELDS, order="-created_at", limit=str(limit)
        )
        return list(self._own(customer_id, all_in(told, "orders", OrderRow)))

    def _own(self, customer_id: str, rows: Sequence[OrderRow]) -> Iterator[Order]:
        """Medusa ignores filters that it does not know, and then tells all orders: each is looked at again."""
        for row in rows:
            if row.customer is not None and row.customer.id == customer_id and not row.is_draft_order:
                yield self.order_of(row)

    async def variants(self, product_id: str, *, currency: str | None) -> Sequence[Variant]:
        """Nothing for an unknown product. Raises Unavailable."""
        try:
            told = await self._client.get(f"/admin/products/{product_id}", fields=PRODUCT_FIELDS)
        except NotFound:
            return []
        return variants_of(one_in(told, "product", ProductRow), currency=currency)
