"""Payments that the embedded provider asks customers for; a page of the demo takes them."""

from __future__ import annotations

import secrets

from sqlalchemy import ColumnElement, RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from aftersales.domain.errors import Conflict, NotFound, OutcomeUnknown, ProviderRejected
from aftersales.domain.money import Money
from aftersales.ports import Clock, PaymentRequest
from aftersales.stores.schema.shop import shop_orders, shop_payment_requests, shop_payments
from aftersales.stores.transactions import insert_new, reading, writing

_REQUESTS = shop_payment_requests.c


class EmbeddedPaymentRequests:
    """One request per key. `page` is the address under which requests are paid, or empty where there is none."""

    def __init__(self, engine: AsyncEngine, clock: Clock, *, page: str) -> None:
        self._engine = engine
        self._clock = clock
        self._page = page.rstrip("/")

    async def request(self, *, order_id: str, amount: Money, key: str) -> PaymentRequest:
        """Raises ProviderRejected without a page to pay on, without an amount, and for a key used otherwise."""
        if not self._page or amount.minor <= 0:
            raise ProviderRejected("amount" if self._page else "unsupported")
        row = {
            "id": secrets.token_urlsafe(18),
            "key": key,
            "order_id": order_id,
            "currency": amount.currency,
            "amount": amount.minor,
            "status": "open",
            "created_at": self._clock.now(),
        }
        async with writing(self._engine) as connection:
            await connection.execute(insert_new(shop_payment_requests, connection, unique="key").values(row))
        made = await self.find(_REQUESTS.key == key)
        if made is None:
            raise OutcomeUnknown("the ledger lost a request")
        if made.amount != amount:
            raise ProviderRejected("key_reused")
        return made

    async def find(self, condition: ColumnElement[bool]) -> PaymentRequest | None:
        async with reading(self._engine) as connection:
            found = await connection.execute(select(shop_payment_requests).where(condition))
        row = found.mappings().one_or_none()
        return self._told(row) if row is not None else None

    async def by_key(self, key: str) -> PaymentRequest | None:
        return await self.find(_REQUESTS.key == key)

    async def by_reference(self, reference: str) -> PaymentRequest:
        """Raises NotFound."""
        found = await self.find(_REQUESTS.id == reference)
        if found is None:
            raise NotFound("payment")
        return found

    async def cancel(self, key: str) -> None:
        """Harmless when there is none. Raises Conflict when it is paid."""
        async with writing(self._engine) as connection:
            await connection.execute(
                update(shop_payment_requests)
                .where(_REQUESTS.key == key, _REQUESTS.status == "open")
                .values(status="cancelled")
            )
            now = await connection.scalar(select(_REQUESTS.status).where(_REQUESTS.key == key))
        if now == "paid":
            raise Conflict("paid")

    async def pay(self, reference: str) -> PaymentRequest:
        """Takes the money, which becomes a payment of the order. Harmless when paid. Raises NotFound, Conflict."""
        async with writing(self._engine) as connection:
            await _pay(connection, reference)
        paid = await self.by_reference(reference)
        if paid.status != "paid":
            raise Conflict(f"the payment is {paid.status}")
        return paid

    def _told(self, row: RowMapping) -> PaymentRequest:
        return PaymentRequest(
            reference=row["id"],
            link=f"{self._page}/{row['id']}",
            status=row["status"],
            amount=Money(row["amount"], row["currency"]),
            payment_id=row["payment_id"],
        )


async def _pay(connection: AsyncConnection, reference: str) -> None:
    claimed = await connection.execute(
        update(shop_payment_requests)
        .where(_REQUESTS.id == reference, _REQUESTS.status == "open")
        .values(status="paid")
    )
    if claimed.rowcount == 0:
        return
    request = (
        (await connection.execute(select(shop_payment_requests).where(_REQUESTS.id == reference))).mappings().one()
    )
    payments, orders = shop_payments.c, shop_orders.c
    last = await connection.scalar(
        select(func.max(payments.position)).where(payments.order_id == request["order_id"])
    )
    payment_id = f"pay_{reference}"
    await connection.execute(
        shop_payments.insert().values(
            id=payment_id,
            order_id=request["order_id"],
            position=0 if last is None else last + 1,
            provider="embedded",
            currency=request["currency"],
            captured=request["amount"],
            refunded=0,
            reserved=0,
        )
    )
    await connection.execute(
        update(shop_orders).where(orders.id == request["order_id"]).values(total=orders.total + request["amount"])
    )
    await connection.execute(
        update(shop_payment_requests).where(_REQUESTS.id == reference).values(payment_id=payment_id)
    )
