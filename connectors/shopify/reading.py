"""Reading orders, customers and goods from Shopify."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Customer, Order, Variant
from aftersales.domain.texts import Language
from connectors.shopify import documents as ask
from connectors.shopify.answers import parsed
from connectors.shopify.catalogue import variants_of
from connectors.shopify.client import ShopifyClient
from connectors.shopify.ids import gid
from connectors.shopify.orders import NOTHING_SENT, Goods, customer_of, language_of, number_of, order_of
from connectors.shopify.pages import rest_of, too_long
from connectors.shopify.payloads import (
    Connection,
    CustomerRow,
    GoodsRow,
    Line,
    OrderRow,
    Packed,
    Parcel,
    Ref,
    ReturnableUnits,
    ReturnHead,
    ReturnRow,
    Wire,
)
from connectors.shopify.product_payloads import ProductRow, VariantRow
from connectors.shopify.returns import booked_units, get_return, returnable_units

_VOID = {"CANCELED", "DECLINED"}
_AT_ONCE = 4  # orders that are read at the same time: Shopify counts what requests cost


class NameRow(Wire):
    id: str
    name: str


class OwnedRow(Wire):
    id: str
    customer: Ref | None = None


class Reader:
    """`language` is that of customers and orders that tell none."""

    def __init__(self, client: ShopifyClient, *, language: Language) -> None:
        self._client = client
        self._language = language

    async def customer(self, customer_id: str) -> Customer:
        """Raises NotFound, Unavailable."""
        told = await self._client.query(ask.CUSTOMER, id=gid("Customer", customer_id))
        row = parsed(CustomerRow, _there(told.get("customer"), customer_id))
        return customer_of(row, language=language_of(row.locale, self._language))

    async def order_id(self, number: str) -> str:
        """Of the order whose number is exactly this one. Raises NotFound, Unavailable.

        Shopify's search finds names that only begin so, and others: each is looked at again.
        """
        if not (number.isascii() and number.isalnum()):
            raise NotFound(number)
        rows = await rest_of(self._client, ask.ORDERS_BY_NAME, "orders", kind=NameRow, query=f"name:{number}")
        for row in rows:
            if number_of(row.name) == number:
                return row.id.rpartition("/")[2]
        raise NotFound(number)

    async def row(self, order_id: str) -> OrderRow:
        """With all of its lines. Raises NotFound, Unavailable."""
        id = gid("Order", order_id)
        told = await self._client.query(ask.ORDER, id=id)
        row = parsed(OrderRow, _there(told.get("order"), order_id))
        if row.transactions_count is None or row.transactions_count.count > len(row.transactions):
            raise too_long()
        if row.shipping_lines.page_info.has_next_page:
            raise too_long()
        page = row.line_items
        if not page.page_info.has_next_page:
            return row
        after = page.page_info.end_cursor
        rest = await rest_of(self._client, ask.ORDER_LINES, "order", "lineItems", kind=Line, id=id, after=after)
        return row.model_copy(update={"line_items": page.model_copy(update={"nodes": [*page.nodes, *rest]})})

    async def order(self, order_id: str) -> Order:
        """Raises NotFound, Unavailable."""
        return await self.order_of(await self.row(order_id))

    async def order_of(self, row: OrderRow) -> Order:
        """Raises NotFound for what is no order of a customer, Unavailable."""
        return order_of(row, await self._goods(row), language=self._language)

    async def orders(self, customer_id: str, *, limit: int) -> Sequence[Order]:
        """The customer's, newest first. Raises Unavailable."""
        try:
            owner = gid("Customer", customer_id)
        except NotFound:
            return []
        query = f"customer_id:{customer_id}"
        told = await self._client.query(ask.ORDERS_OF_CUSTOMER, query=query, after=None)
        rows = parsed(Connection[OwnedRow], told.get("orders")).nodes
        own = [row for row in rows if row.customer is not None and row.customer.id == owner][:limit]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def read(row: OwnedRow) -> Order:
            async with gate:
                return await self.order(row.id.rpartition("/")[2])

        return await asyncio.gather(*map(read, own))

    async def variants(self, product_id: str, *, currency: str | None) -> Sequence[Variant]:
        """Nothing for an unknown product, nor in another currency than the shop's. Raises Unavailable."""
        try:
            id = gid("Product", product_id)
        except NotFound:
            return []
        told = await self._client.query(ask.PRODUCT, id=id, after=None)
        if told.get("product") is None:
            return []
        row = parsed(ProductRow, told["product"])
        variants = row.variants.nodes
        if row.variants.page_info.has_next_page:
            after = row.variants.page_info.end_cursor
            path = ("product", "variants")
            variants = [
                *variants,
                *await rest_of(self._client, ask.PRODUCT, *path, kind=VariantRow, id=id, after=after),
            ]
        own = await self._client.query(ask.SHOP_CURRENCY)
        return variants_of(row, variants, shop_currency=str(own["shop"]["currencyCode"]), currency=currency)

    async def _goods(self, row: OrderRow) -> Goods:
        if row.fulfillments_count is not None and row.fulfillments_count.count == 0:
            return NOTHING_SENT
        told = await self._client.query(ask.ORDER_GOODS, id=row.id)
        goods = parsed(GoodsRow, told.get("order"))
        if row.fulfillments_count is None or row.fulfillments_count.count > len(goods.fulfillments):
            raise too_long()
        sent = [parcel for parcel in goods.fulfillments if parcel.status == "SUCCESS"]
        booked = booked_units(await self._returns(row.id, goods.returns))
        return Goods(
            parcels=[await self._filled(parcel) for parcel in sent],
            requested=booked.requested,
            returned=booked.returned,
            missing=booked.missing,
            returnable=_by_line(await returnable_units(self._client, row.id)),
        )

    async def _filled(self, parcel: Parcel) -> Parcel:
        """With all that lies in it."""
        page = parcel.fulfillment_line_items
        if not page.page_info.has_next_page:
            return parcel
        path = ("fulfillment", "fulfillmentLineItems")
        after = page.page_info.end_cursor
        rest = await rest_of(self._client, ask.FULFILLMENT_LINES, *path, kind=Packed, id=parcel.id, after=after)
        filled = page.model_copy(update={"nodes": [*page.nodes, *rest]})
        return parcel.model_copy(update={"fulfillment_line_items": filled})

    async def _returns(self, order_gid: str, first: Connection[ReturnHead]) -> list[ReturnRow]:
        heads = list(first.nodes)
        if first.page_info.has_next_page:
            after = first.page_info.end_cursor
            heads += await rest_of(
                self._client, ask.ORDER_RETURNS, "order", "returns", kind=ReturnHead, id=order_gid, after=after
            )
        return [await get_return(self._client, head.id) for head in heads if head.status not in _VOID]


def _by_line(units: Sequence[ReturnableUnits]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in units:
        found[row.fulfillment_line_item.line_item.id] += row.quantity
    return found


def _there(told: Any, id: str) -> Any:
    if told is None:
        raise NotFound(id)
    return told
