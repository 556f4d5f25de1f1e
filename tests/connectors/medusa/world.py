"""A Medusa store with the goods and orders of the contract suites, under the names that the suites use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, Payment, Variant
from aftersales.ports import Capabilities, ExchangeLine, ShopBackend
from connectors.medusa.changes import OrderLocks
from connectors.medusa.client import MedusaClient, MedusaSettings
from connectors.medusa.payments import MedusaPayments
from connectors.medusa.shop import MedusaShop
from tests.connectors.medusa import goods
from tests.connectors.medusa.admin import Admin, Store, admin_client
from tests.connectors.medusa.running import store

_PRICES: dict[str, dict[str, float]] = {"41": {"cny": 399, "usd": 59}, "42": {"cny": 419, "usd": 59}}
_LINES = (("41", 1, 399), ("42", 3, 200))


@dataclass(slots=True)
class Names:
    """Ids of the server by the names of the suites, and back."""

    ids: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, id: str) -> None:
        self.ids[name] = id
        self.names[id] = name

    def id(self, name: str) -> str:
        return self.ids.get(name, name)

    def name(self, id: str) -> str:
        return self.names.get(id, id)


class NamedShop:
    """The shop under test; only ids are exchanged, on the way in and on the way out."""

    def __init__(self, inner: ShopBackend, names: Names) -> None:
        self._inner = inner
        self._names = names

    async def capabilities(self) -> Capabilities:
        return await self._inner.capabilities()

    async def get_customer(self, customer_id: str) -> Customer:
        found = await self._inner.get_customer(self._names.id(customer_id))
        return replace(found, id=self._names.name(found.id))

    async def find_order(self, number: str) -> Order:
        return self._order(await self._inner.find_order(number))

    async def get_order(self, order_id: str) -> Order:
        return self._order(await self._inner.get_order(self._names.id(order_id)))

    async def list_orders(self, customer_id: str, *, limit: int = 20) -> Sequence[Order]:
        found = await self._inner.list_orders(self._names.id(customer_id), limit=limit)
        return [self._order(order) for order in found]

    async def list_variants(self, product_id: str, *, currency: str | None = None) -> Sequence[Variant]:
        found = await self._inner.list_variants(self._names.id(product_id), currency=currency)
        name = self._names.name
        return [replace(v, id=name(v.id), product_id=name(v.product_id), sku=v.sku.split("/")[0]) for v in found]

    async def request_return(self, *, order_id: str, lines: Sequence[tuple[str, int]], key: str) -> str:
        id = self._names.id
        units = [(id(line_id), count) for line_id, count in lines]
        return await self._inner.request_return(order_id=id(order_id), lines=units, key=key)

    async def request_exchange(self, *, order_id: str, lines: Sequence[ExchangeLine], key: str) -> str:
        id = self._names.id
        wanted = [replace(x, line_id=id(x.line_id), variant_id=id(x.variant_id)) for x in lines]
        return await self._inner.request_exchange(order_id=id(order_id), lines=wanted, key=key)

    async def cancel_return(self, reference: str) -> None:
        await self._inner.cancel_return(reference)

    async def receive_return(self, reference: str) -> None:
        await self._inner.receive_return(reference)

    async def write_off_return(self, reference: str) -> None:
        await self._inner.write_off_return(reference)

    async def ship_replacement(self, reference: str) -> Fulfilment:
        return self._parcel(await self._inner.ship_replacement(reference))

    async def cancel_units(self, *, order_id: str, units: Sequence[tuple[str, int]], key: str) -> None:
        id = self._names.id
        wanted = [(id(line_id), count) for line_id, count in units]
        await self._inner.cancel_units(order_id=id(order_id), units=wanted, key=key)

    async def change_address(self, *, order_id: str, address: Address, key: str) -> None:
        await self._inner.change_address(order_id=self._names.id(order_id), address=address, key=key)

    async def change_variant(self, *, order_id: str, line_id: str, variant_id: str, paid: Money, key: str) -> None:
        id = self._names.id
        await self._inner.change_variant(
            order_id=id(order_id), line_id=id(line_id), variant_id=id(variant_id), paid=paid, key=key
        )

    async def health(self) -> None:
        await self._inner.health()

    def _order(self, order: Order) -> Order:
        name = self._names.name
        lines = [
            replace(x, id=name(x.id), product_id=name(x.product_id), variant_id=name(x.variant_id))
            for x in order.lines
        ]
        return replace(
            order,
            id=name(order.id),
            customer=replace(order.customer, id=name(order.customer.id)),
            # By their names, as the shop has them by its ids.
            lines=tuple(sorted(lines, key=lambda line: line.id)),
            fulfilments=tuple(self._parcel(parcel) for parcel in order.fulfilments),
        )

    def _parcel(self, parcel: Fulfilment) -> Fulfilment:
        held = sorted((self._names.name(line_id), count) for line_id, count in parcel.lines)
        return replace(parcel, lines=tuple(held))


class MedusaWorld:
    """A tests.contract.shops.ShopWorld. `crowd` is small: the server makes changes of an order one by one."""

    crowd = 6

    def __init__(self, admin: Admin, store: Store, client: MedusaClient) -> None:
        self.admin = admin
        self.names = Names()
        self._store = store
        self._email = ""
        self._sizes: dict[str, str] = {}
        self.client = client
        locks = OrderLocks()
        self.bare = MedusaShop(client, locks=locks, language="zh")
        self.shop: ShopBackend = NamedShop(self.bare, self.names)
        self.payments = MedusaPayments(client, locks=locks, payment_id_of=self._payment_id)
        self.payment_id: str | None = None

    async def open(self) -> None:
        customer = await goods.make_customer(self.admin)
        self._email = customer["email"]
        self.names.add("lin", customer["id"])
        made = await _shoe(self.admin, self._store)
        self.names.add("shoe", made.id)
        for size, variant_id in made.variants.items():
            self.names.add(f"shoe-{size}", variant_id)
        self._sizes = made.variants
        await self.add_delivered("o1")
        five = dict.fromkeys(self._sizes.values(), 5)
        await goods.stock_up(self.admin, self._store, five, more=False)

    async def add_delivered(self, *names: str) -> None:
        await self._add(*names)
        for name in names:
            await goods.hand_over(self.admin, self._store, self.names.id(name))

    async def add_later(self, name: str) -> None:
        await self._add(name)

    async def add_unsent(self, name: str) -> None:
        await self._add(name)

    async def payment(self) -> Payment:
        """The payment of o1."""
        (found,) = (await self.bare.get_order(self.names.id("o1"))).payments
        self.payment_id = found.id
        return found

    def payments_elsewhere(self) -> MedusaPayments:
        """As another process has them: they share no lock with ours."""
        return MedusaPayments(self.client, locks=OrderLocks(), payment_id_of=self._payment_id)

    async def _payment_id(self, key: str) -> str | None:
        return self.payment_id

    async def _add(self, *names: str) -> None:
        taken = {self._sizes[size]: units * len(names) for size, units, _ in _LINES}
        await goods.stock_up(self.admin, self._store, taken, more=True)
        items = [(self._sizes[size], units, price) for size, units, price in _LINES]
        for name in names:
            order_id, lines = await goods.order_by_draft(
                self.admin, self._store, customer_id=self.names.id("lin"), email=self._email, items=items
            )
            await goods.pay(self.admin, order_id, amount=1009)
            self.names.add(name, order_id)
            for letter, (size, _, _) in zip("ab", _LINES, strict=True):
                self.names.add(f"{name}-{letter}", lines[self._sizes[size]])


_shoes: list[goods.Product] = []


async def _shoe(admin: Admin, store: Store) -> goods.Product:
    """Made once in a process: its stock is set anew for each test."""
    if not _shoes:
        tags = [{"id": await goods.tag(admin, "hygiene")}]
        _shoes.append(await goods.make_product(admin, store, prices=_PRICES, stock=100, sku="SHOE", tags=tags))
    return _shoes[0]


@asynccontextmanager
async def open_medusa(**changes: Any) -> AsyncIterator[MedusaWorld]:
    """A customer, goods and an order of their own in the running server; `changes` are of MedusaSettings."""
    running = store()
    client = MedusaClient(MedusaSettings(url=running.url, secret_key=running.secret_key, timeout=60, **changes))
    async with admin_client(running) as http:
        world = MedusaWorld(Admin(http), running, client)
        try:
            await world.open()
            yield world
        finally:
            await client.close()
