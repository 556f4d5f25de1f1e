"""An order that was not sent yet, beside the goods of tests.goods: what can be cancelled and changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from aftersales.domain.changes import Change, ChangeKind
from aftersales.domain.changes_quote import ChangeQuote
from aftersales.domain.orders import Address, Order
from aftersales.domain.refunds import Refund
from aftersales.services.changes import Wish, quote_change, request_change
from aftersales.stores.schema import shop as tables
from aftersales.stores.shop_import import import_shop
from tests.goods import Goods, open_goods
from tests.shop_data import order, product, raw

NUMBER = "RD2026112000009"
TEES, CAP = "l-tees", "l-cap"
ADDRESS = Address(name="林晓雨", phone="+8610012340001", lines=("示例路 1 号",), city="上海", postcode="200000")
ELSEWHERE = Address(name="李雷", phone="+8613800000000", lines=("世纪大道100号",), city="上海市")


@dataclass(frozen=True, slots=True)
class Unsent:
    """Order o9 of c-lin: three tees for 237.00, a cap for 69.00, postage 10.00; paid by p9 (316.00 CNY)."""

    goods: Goods

    async def order(self) -> Order:
        return await self.goods.ctx.shop.get_order("o9")

    async def quote(self, wish: Wish) -> ChangeQuote:
        return await quote_change(self.goods.ctx, order=await self.order(), wish=wish)

    async def ask(self, wish: Wish, *, key: str = "k1", **changes: Any) -> Change:
        wanted: dict[str, Any] = {
            "customer_id": "c-lin",
            "order_number": NUMBER,
            "agreed": (await self.quote(wish)).amount,
            "conversation_id": "conv-1",
            "channel": "web",
        }
        return await request_change(self.goods.ctx, wish=wish, key=key, **(wanted | changes))

    async def change(self, change: Change) -> Change:
        async with self.goods.ctx.unit_of_work() as uow:
            return await uow.changes.get(change.id)

    async def refunds(self, change: Change) -> Sequence[Refund]:
        async with self.goods.ctx.unit_of_work() as uow:
            return await uow.refunds.of_cause(change.id)

    async def all_refunds(self) -> Sequence[Refund]:
        async with self.goods.ctx.unit_of_work() as uow:
            return await uow.refunds.of_payment("p9")

    async def send(self, line_id: str, units: int) -> None:
        """The shop sends units of a line."""
        lines = tables.shop_order_lines.c
        async with self.goods.engine.begin() as connection:
            await connection.execute(
                update(tables.shop_order_lines)
                .where(lines.id == line_id, lines.quantity - lines.fulfilled - lines.cancelled >= units)
                .values(fulfilled=lines.fulfilled + units)
            )
            await connection.execute(
                tables.shop_fulfilments.insert().values(
                    id=f"f-{line_id}-{units}",
                    order_id="o9",
                    position=0,
                    carrier="SF",
                    tracking_number="SF9",
                    shipped_at=datetime(2026, 11, 20, tzinfo=UTC),
                    delivered_at=datetime(2026, 11, 21, tzinfo=UTC),
                )
            )
            await connection.execute(
                tables.shop_fulfilment_lines.insert().values(
                    fulfilment_id=f"f-{line_id}-{units}", line_id=line_id, quantity=units
                )
            )

    async def stock(self, variant_id: str) -> int:
        variants = tables.shop_variants.c
        async with self.goods.engine.connect() as connection:
            found = await connection.execute(select(variants.stock).where(variants.id == variant_id))
            return int(found.scalar_one())


@asynccontextmanager
async def open_unsent(kind: str, folder: Path, **changes: Any) -> AsyncIterator[Unsent]:
    """`kind` is one of tests.databases.DATABASES; `changes` are of the order's record."""
    async with open_goods(kind, folder) as goods:
        await add_unsent(goods, **changes)
        yield Unsent(goods)


async def add_unsent(goods: Goods, **changes: Any) -> None:
    """Brings the order in."""
    await import_shop(goods.engine, raw([_tees(), _cap(), _order(**changes)]))


def cancel(**units: int) -> Wish:
    """cancel(tees=2, cap=1)."""
    return Wish(kind=ChangeKind.CANCEL, units={f"l-{name}": count for name, count in units.items()})


def variant(name: str, line_id: str = TEES) -> Wish:
    return Wish(kind=ChangeKind.VARIANT, variant=(line_id, f"tee-{name}"))


def move_to(address: Address = ELSEWHERE) -> Wish:
    return Wish(kind=ChangeKind.ADDRESS, address=address)


def _tees() -> dict[str, Any]:
    def made(name: str, zh: str, en: str, price: str, stock: int = 5) -> dict[str, Any]:
        options = {"zh": zh, "en": en}
        return {
            "id": f"tee-{name}",
            "sku": name,
            "options": options,
            "prices": {"USD": "9.00", "CNY": price},
            "stock": stock,
        }

    variants = [
        made("blue-m", "天蓝 / M", "sky blue / M", "79.00"),
        made("blue-l", "天蓝 / L", "sky blue / L", "79.00"),
        made("red-m", "酒红 / M", "burgundy / M", "59.00"),
        made("gold-m", "金色 / M", "gold / M", "99.00"),
        made("navy-m", "藏青 / M", "navy / M", "79.00", stock=2),
    ]
    return product("tee", tags=[], title={"zh": "T 恤", "en": "T-shirt"}, variants=variants)


def _cap() -> dict[str, Any]:
    variants = [{"id": "cap-1", "sku": "CAP", "prices": {"CNY": "69.00"}, "stock": 5}]
    return product("cap", tags=[], title={"zh": "棒球帽", "en": "Baseball cap"}, variants=variants)


def _order(**changes: Any) -> dict[str, Any]:
    address = {
        "name": ADDRESS.name,
        "phone": ADDRESS.phone,
        "lines": list(ADDRESS.lines),
        "city": ADDRESS.city,
        "postcode": ADDRESS.postcode,
    }
    return (
        order(
            "o9",
            number=NUMBER,
            customer_id="c-lin",
            total="316.00",
            shipping_paid="10.00",
            address=address,
            lines=[
                {"id": TEES, "variant_id": "tee-blue-m", "quantity": 3, "paid": "237.00"},
                {"id": CAP, "variant_id": "cap-1", "quantity": 1, "paid": "69.00"},
            ],
            fulfilments=[],
            payments=[{"id": "p9", "provider": "wechat_pay", "captured": "316.00"}],
        )
        | changes
    )
