"""A world in which to return goods: services over a real database with the embedded shop and its payments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.cases import Case
from aftersales.domain.faq import Faq
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.policy_rules import Policy
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import Refund
from aftersales.domain.remedies import Remedy, Wish
from aftersales.domain.returns import Return
from aftersales.domain.signed_links import SignedLinks
from aftersales.ports import ShopBackend
from aftersales.services.context import Context
from aftersales.services.returns import receive_return, request_return
from aftersales.services.rules import Rules, RulesInForce
from aftersales.stores.embedded_payment_requests import EmbeddedPaymentRequests
from aftersales.stores.embedded_payments import EmbeddedPayments
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.schema import shop as tables
from aftersales.stores.schema.returns import outbox
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from runtime.faq_file import FAQ, load_faq
from runtime.policy_file import load_policy
from runtime.texts import shipped_texts
from tests.crashes import TroubledPayments, TroubledShop
from tests.databases import open_database
from tests.fakes import NOON, FakeTexts, FrozenClock

POLICY = Path(__file__).resolve().parent.parent / "returns_policy.yml"
PAY_PAGE = "https://desk.example/demo/pay"
NUMBER = "RD2026111800001"
# Variants of the shoes: id, price, stock.
LARGE, DEAR, CHEAP = "shoes-large", "shoes-dear", "shoes-cheap"
OTHER_SHOES = ((LARGE, 12900, 3), (DEAR, 15900, 1), (CHEAP, 9900, 2))
SHOES, SOCKS, COAT = "l-shoes", "l-socks", "l-coat"


@dataclass(frozen=True, slots=True)
class Goods:
    """Order o1 of customer c-lin: two shoes for 258.00, a pair of socks for 30.00, a coat for 2000.00 (CNY).

    Paid by p-gift (100.00) and p-card (the rest); all delivered on the day before yesterday.
    """

    ctx: Context
    clock: FrozenClock
    shop: TroubledShop
    payments: TroubledPayments
    engine: AsyncEngine

    async def ask(self, *items: tuple[str, int], key: str = "k1", **changes: Any) -> Return:
        wanted: dict[str, Any] = {
            "customer_id": "c-lin",
            "order_number": NUMBER,
            "items": items or [(SHOES, 1)],
            "reason": Reason.WRONG_SIZE,
            "conversation_id": "conv-1",
            "channel": "web",
            "key": key,
        }
        return await request_return(self.ctx, **(wanted | changes))

    async def arrived(self, *items: tuple[str, int], key: str = "k1") -> Return:
        item = await self.ask(*items, key=key)
        return await receive_return(self.ctx, number=item.number, actor="agent:a1")

    async def swap(self, variant: str, *, units: int = 1, key: str = "k1", **changes: Any) -> Return:
        """Asks for the shoes to be exchanged."""
        wish = Wish(remedy=Remedy.EXCHANGE, variants={SHOES: variant})
        return await self.ask((SHOES, units), key=key, wish=wish, **changes)

    async def stock(self, variant: str) -> int:
        """Of one of the shoes' variants."""
        variants = await self.shop.list_variants(f"{SHOES}-p")
        return int(next(found.stock for found in variants if found.id == variant))

    async def pay(self, item: Return) -> None:
        """The customer pays what he was asked for, on the provider's page."""
        requests = EmbeddedPaymentRequests(self.engine, self.clock, page=PAY_PAGE)
        await requests.pay((item.payment_link or "").rpartition("/")[2])

    async def order(self) -> Order:
        return await self.shop.get_order("o1")  # type: ignore[no-any-return]

    async def item(self, item: Return) -> Return:
        async with self.ctx.unit_of_work() as uow:
            return await uow.returns.get(item.id)

    async def refunds(self, item: Return) -> Sequence[Refund]:
        async with self.ctx.unit_of_work() as uow:
            return await uow.refunds.of_cause(item.id)

    async def cases(self) -> Sequence[Case]:
        async with self.ctx.unit_of_work() as uow:
            return await uow.cases.open()

    async def journal(self, subject: str, subject_id: str) -> Sequence[Entry]:
        async with self.ctx.unit_of_work() as uow:
            return await uow.journal.of(subject, subject_id)

    async def news(self) -> list[str]:
        """Names of the responses that wait to be told, oldest first."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                select(outbox.c.payload).where(outbox.c.kind == "tell").order_by(outbox.c.id)
            )
            return [payload["response"] for payload in rows.scalars()]

    async def paid_back(self) -> dict[str, int]:
        """What the provider has booked per payment, in minor units."""
        return {payment.id: payment.refunded.minor for payment in (await self.order()).payments}

    async def pay_with(self, payment_id: str, method: PaymentMethod, *, by_itself: bool = True) -> None:
        """Makes a payment one of this kind, as if the order had been paid so."""
        async with self.engine.begin() as connection:
            await connection.execute(
                update(tables.shop_payments)
                .where(tables.shop_payments.c.id == payment_id)
                .values(method=method.value, supports_auto_refund=by_itself)
            )

    async def set_price(self, variant: str, minor: int) -> None:
        """The shop sells it at another price from now on."""
        await self._set_variant(variant, prices=[["CNY", minor]])

    async def sell_out(self, variant: str) -> None:
        await self._set_variant(variant, stock=0)

    async def _set_variant(self, variant: str, **values: Any) -> None:
        async with self.engine.begin() as connection:
            chosen = update(tables.shop_variants).where(tables.shop_variants.c.id == variant)
            await connection.execute(chosen.values(**values))

    async def charge_again(self, payment_id: str) -> None:
        """The provider has taken a payment a second time."""
        async with self.engine.begin() as connection:
            query = select(tables.shop_payments).where(tables.shop_payments.c.id == payment_id)
            row = dict((await connection.execute(query)).mappings().one())
            again = {**row, "id": f"{payment_id}-again", "position": row["position"] + 1}
            await connection.execute(insert(tables.shop_payments).values(again))

    async def book_refund_elsewhere(self, payment_id: str, minor: int) -> None:
        """The shop pays something back without us."""
        async with self.engine.begin() as connection:
            await connection.execute(
                update(tables.shop_payments)
                .where(tables.shop_payments.c.id == payment_id)
                .values(refunded=tables.shop_payments.c.refunded + minor)
            )


@cache
def shipped_policy() -> Policy:
    """Read once, as a process of the service does: reading the files takes longer than most tests."""
    return load_policy(POLICY)


@cache
def shipped_faq() -> Faq:
    """Read once, like the policy that it is filled from. Nothing can be changed in it."""
    return load_faq(FAQ, policy=shipped_policy(), responses=shipped_texts().names)


def under(ctx: Context, **changes: Any) -> Context:
    """The same collaborators under other rules."""
    return replace(ctx, rules=Rules(replace(ctx.rules.current, **changes)))


@asynccontextmanager
async def open_goods(kind: str, folder: Path) -> AsyncIterator[Goods]:
    """`kind` is one of tests.databases.DATABASES."""
    clock = FrozenClock()
    async with open_database(kind, folder) as engine:
        await _fill(engine)
        shop = TroubledShop(EmbeddedShop(engine))
        payments = TroubledPayments(
            EmbeddedPayments(engine, clock, settle_after=timedelta(seconds=3), pay_page=PAY_PAGE)
        )
        ctx = Context(
            unit_of_work=SqlUnitOfWorkFactory(engine),
            shop=cast(ShopBackend, shop),
            payments=payments,
            rules=Rules(RulesInForce(policy=shipped_policy(), faq=shipped_faq())),
            texts=FakeTexts(),
            clock=clock,
            zone=ZoneInfo("Asia/Shanghai"),
            links=SignedLinks(b"key of the tests", "https://desk.example"),
        )
        yield Goods(ctx, clock, shop, payments, engine)


def yuan(amount: str) -> Money:
    return Money.parse(amount, "CNY")


async def _fill(engine: AsyncEngine) -> None:
    delivered = NOON - timedelta(days=2)
    async with engine.begin() as connection:
        for customer in ("c-lin", "c-emma"):
            await connection.execute(
                insert(tables.shop_customers).values(
                    id=customer, name=customer, email=f"{customer}@example.com", language="zh"
                )
            )
        await connection.execute(
            insert(tables.shop_orders).values(
                id="o1",
                number=NUMBER,
                customer_id="c-lin",
                placed_at=NOON - timedelta(days=4),
                country="CN",
                currency="CNY",
                total=228800,
                shipping_paid=0,
            )
        )
        await connection.execute(
            insert(tables.shop_fulfilments).values(
                id="f1",
                order_id="o1",
                position=0,
                carrier="SF",
                tracking_number="SF1",
                shipped_at=delivered - timedelta(days=1),
                delivered_at=delivered,
            )
        )
        lines = ((SHOES, 2, 25800), (SOCKS, 1, 3000), (COAT, 1, 200000))
        for position, (line, quantity, paid) in enumerate(lines):
            await _add_line(connection, line, position=position, quantity=quantity, paid=paid)
        for position, (variant, price, stock) in enumerate(OTHER_SHOES, 1):
            await _add_variant(connection, SHOES, variant, position=position, price=price, stock=stock)
        for position, (payment, captured) in enumerate((("p-gift", 10000), ("p-card", 218800))):
            await connection.execute(
                insert(tables.shop_payments).values(
                    id=payment,
                    order_id="o1",
                    position=position,
                    provider="card",
                    currency="CNY",
                    captured=captured,
                    refunded=0,
                    reserved=0,
                )
            )


async def _add_line(connection: Any, line: str, *, position: int, quantity: int, paid: int) -> None:
    await connection.execute(
        insert(tables.shop_products).values(
            id=f"{line}-p", category="shoes", tags=[], title_zh=line, title_en=line, image=""
        )
    )
    await _add_variant(connection, line, f"{line}-v", position=0, price=paid // quantity, stock=5)
    await connection.execute(
        insert(tables.shop_order_lines).values(
            id=line,
            order_id="o1",
            position=position,
            product_id=f"{line}-p",
            variant_id=f"{line}-v",
            sku=line,
            category="shoes",
            tags=[],
            title_zh=line,
            title_en=line,
            options_zh="",
            options_en="",
            image="",
            quantity=quantity,
            fulfilled=quantity,
            return_requested=0,
            returned=0,
            dismissed=0,
            paid=paid,
        )
    )
    await connection.execute(
        insert(tables.shop_fulfilment_lines).values(fulfilment_id="f1", line_id=line, quantity=quantity)
    )


async def _add_variant(connection: Any, line: str, variant: str, *, position: int, price: int, stock: int) -> None:
    await connection.execute(
        insert(tables.shop_variants).values(
            id=variant,
            product_id=f"{line}-p",
            position=position,
            sku=variant,
            options_zh="",
            options_en="",
            prices=[["CNY", price]],
            stock=stock,
            image="",
            active=True,
        )
    )
