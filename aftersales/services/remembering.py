"""A shop that is asked once: what was read is remembered until something is changed through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from aftersales.domain.orders import Customer, Order, Variant
from aftersales.ports import Capabilities, ShopBackend
from aftersales.services.access import normal_number


def remembering(shop: ShopBackend) -> ShopBackend:
    """For one short piece of work, such as one action call: what it shows and what it decides on is one state.

    Several steps of such a call look at the same order; with a shop behind an HTTP API each look costs a request.
    What changes the shop is never answered from memory, and forgets what was read.
    """
    return cast(ShopBackend, _RememberingShop(shop))


class _RememberingShop:
    def __init__(self, shop: ShopBackend) -> None:
        self._shop = shop
        self._read: dict[tuple[Any, ...], Any] = {}

    async def capabilities(self) -> Capabilities:
        if ("able",) not in self._read:
            self._read["able",] = await self._shop.capabilities()
        return cast(Capabilities, self._read["able",])

    async def get_customer(self, customer_id: str) -> Customer:
        key = ("customer", customer_id)
        if key not in self._read:
            self._read[key] = await self._shop.get_customer(customer_id)
        return cast(Customer, self._read[key])

    async def find_order(self, number: str) -> Order:
        key = ("number", number)
        if key not in self._read:
            order = await self._shop.find_order(number)
            self._keep(order)
            self._read[key] = order
        return cast(Order, self._read[key])

    async def get_order(self, order_id: str) -> Order:
        if ("order", order_id) not in self._read:
            self._keep(await self._shop.get_order(order_id))
        return cast(Order, self._read["order", order_id])

    async def list_orders(self, customer_id: str, *, limit: int = 20) -> Sequence[Order]:
        key = ("orders", customer_id, limit)
        if key not in self._read:
            self._read[key] = await self._shop.list_orders(customer_id, limit=limit)
            for order in self._read[key]:
                self._keep(order)
        return cast(Sequence[Order], self._read[key])

    async def list_variants(self, product_id: str, *, currency: str | None = None) -> Sequence[Variant]:
        key = ("variants", product_id, currency)
        if key not in self._read:
            self._read[key] = await self._shop.list_variants(product_id, currency=currency)
        return cast(Sequence[Variant], self._read[key])

    def __getattr__(self, name: str) -> Any:
        """Whatever else the shop can do, which may change it."""
        self._read.clear()
        return getattr(self._shop, name)

    def _keep(self, order: Order) -> None:
        self._read["number", normal_number(order.number)] = order
        self._read["order", order.id] = order
