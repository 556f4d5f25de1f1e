"""The fake Shopify with the goods and orders of the contract suites, under the names that the suites use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from aftersales.domain.orders import Payment
from aftersales.ports import Payments, ShopBackend
from connectors.shopify.client import ShopifyClient, ShopifySettings
from connectors.shopify.ids import bare, gid
from connectors.shopify.locks import OrderLocks
from connectors.shopify.payments import ShopifyPayments
from connectors.shopify.shop import ShopifyShop
from tests.connectors.medusa.world import NamedShop, Names
from tests.connectors.shopify.fake import SHOP, TOKEN, FakeShopify
from tests.connectors.shopify.fake_orders import FakeOrder, money
from tests.connectors.shopify.graph import page

_SIZES = (("41", "399.00"), ("42", "419.00"))
_LINES = (("a", ("41", 1, "399.00")), ("b", ("42", 3, "200.00")))


class ShopifyWorld:
    """A tests.contract.shops.ShopWorld, and the payments of its o1. `slept` are the pauses that were made."""

    crowd = 20

    def __init__(self) -> None:
        self.fake = FakeShopify()
        self.names = Names()
        self.slept: list[float] = []
        self.client = ShopifyClient(
            ShopifySettings(shop=SHOP, token=TOKEN, transport=self.fake, sleep=self._sleep)
        )
        locks = OrderLocks()
        self.bare = ShopifyShop(self.client, locks=locks, language="zh")
        self.shop: ShopBackend = NamedShop(self.bare, self.names)
        self.payments: Payments = ShopifyPayments(self.client, locks=locks, payment_id_of=self._payment_id)
        self.payment_id: str | None = None
        self._add_customer()
        self._add_product()
        self.add("o1").send(self.fake.new_id)

    async def add_delivered(self, *names: str) -> None:
        for name in names:
            self.add(name).send(self.fake.new_id)

    async def add_later(self, name: str) -> None:
        self.add(name, placed_at="2026-11-16T02:00:00Z")

    async def add_unsent(self, name: str) -> None:
        self.add(name)

    async def payment(self) -> Payment:
        """The first payment of o1."""
        found = (await self.bare.get_order(self.names.id("o1"))).payments[0]
        self.payment_id = found.id
        return found

    async def settle(self) -> None:
        """The fake settles at once."""

    def order(self, name: str = "o1") -> FakeOrder:
        return self.fake.orders[gid("Order", self.names.id(name))]

    def add(self, name: str, *, currency: str = "CNY", placed_at: str = "2026-11-15T02:00:00Z") -> FakeOrder:
        """Paid, and nothing of it sent."""
        id = self._new("Order", name)
        fields: dict[str, Any] = {
            "id": id,
            "name": f"#{10000 + len(self.fake.orders)}",
            "processedAt": placed_at,
            "cancelledAt": None,
            "cancellation": None,
            "customerLocale": "zh-CN",
            "sourceName": "web",
            "taxesIncluded": True,
            "presentmentCurrencyCode": currency,
            "totalPriceSet": money(Decimal("1009.00"), currency),
            "customer": self.fake.customers[gid("Customer", self.names.id("lin"))],
            "shippingAddress": {
                "firstName": "晓雨", "lastName": "林", "phone": "10000000001", "address1": "示例路 1 号",
                "address2": None, "city": "上海", "province": None, "zip": None, "countryCodeV2": "CN",
            },
            "shippingLines": page([{"discountedPriceSet": money(Decimal("10.00"), currency), "taxLines": []}]),
        }  # fmt: skip
        lines = [self._line(f"{name}-{letter}", of, currency=currency) for letter, of in _LINES]
        order = self.fake.orders[id] = FakeOrder(fields, lines=lines, currency=currency)
        order.pay(self.fake.new_id("OrderTransaction"), "1009.00")
        return order

    def _line(self, name: str, of: tuple[str, int, str], *, currency: str) -> dict[str, Any]:
        size, units, price = of
        return {
            "id": self._new("LineItem", name),
            "title": "Running shoes",
            "variantTitle": f"size {size}",
            "sku": f"SHOE-{size}",
            "quantity": units,
            "currentQuantity": units,
            "unfulfilledQuantity": units,
            "image": {"url": "https://cdn.example/shoe.jpg"},
            "product": {"id": gid("Product", self.names.id("shoe")), "productType": "Shoes", "tags": ["Hygiene"]},
            "variant": {"id": gid("ProductVariant", self.names.id(f"shoe-{size}"))},
            "originalUnitPriceSet": money(Decimal(price), currency),
            "discountAllocations": [],
            "taxLines": [],
        }

    def _add_customer(self) -> None:
        id = self._new("Customer", "lin")
        self.fake.customers[id] = {
            "id": id,
            "firstName": "晓雨",
            "lastName": "林",
            "locale": "zh-CN",
            "tags": ["VIP"],
            "defaultEmailAddress": {"emailAddress": "Lin@example.cn"},
            "defaultPhoneNumber": None,
        }

    def _add_product(self) -> None:
        id = self._new("Product", "shoe")
        rows = [
            {
                "id": self._new("ProductVariant", f"shoe-{size}"),
                "sku": f"SHOE-{size}",
                "title": f"size {size}",
                "price": price,
                "inventoryQuantity": 5,
                "inventoryPolicy": "DENY",
                "inventoryItem": {"tracked": True},
                "media": page([]),
            }
            for size, price in _SIZES
        ]
        self.fake.products[id] = {
            "id": id,
            "title": "Running shoes",
            "status": "ACTIVE",
            "featuredMedia": None,
            "variants": page(rows),
            "rows": rows,
        }

    def _new(self, kind: str, name: str) -> str:
        id = self.fake.new_id(kind)
        self.names.add(name, bare(id))
        return id

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def _payment_id(self, key: str) -> str | None:
        return self.payment_id


@asynccontextmanager
async def open_shopify() -> AsyncIterator[ShopifyWorld]:
    world = ShopifyWorld()
    try:
        yield world
    finally:
        await world.client.close()
