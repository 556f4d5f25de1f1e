"""The embedded payment provider: refunds in a ledger of its own that settle after a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from aftersales.domain.errors import OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.ids import new_id
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.ports import Clock, PaymentRequest, ProviderRefund
from aftersales.stores.embedded_payment_requests import EmbeddedPaymentRequests
from aftersales.stores.payment_faults import Fault, Faults
from aftersales.stores.schema.shop import shop_payment_refunds, shop_payments
from aftersales.stores.transactions import insert_new, reading, writing

_LEDGER = shop_payment_refunds.c
_PAYMENTS = shop_payments.c


class EmbeddedPayments:
    """One refund per key, for ever. The amount is reserved when the refund is made and booked when it settles.

    Reserving and booking are conditional updates of the payment: no number of parallel refunds takes out more
    than was captured.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        settle_after: timedelta,
        faults: Faults | None = None,
        *,
        pay_page: str = "",
    ) -> None:
        """`pay_page` is the address of the page on which customers pay what they are asked for; empty: none."""
        self._engine = engine
        self._clock = clock
        self._settle_after = settle_after
        self._faults = faults or Faults()
        self._requests = EmbeddedPaymentRequests(engine, clock, page=pay_page)

    async def refund(self, payment: Payment, *, amount: Money, key: str, reason: str) -> ProviderRefund:
        """Asks for a refund; the same key again tells how that refund stands.

        Raises ProviderRejected when the payment is not known or cannot be refunded by itself, the amount is not
        positive, in another currency or above what is left, or the key was used for another payment or amount;
        Unavailable; OutcomeUnknown.
        """
        fault = self._faults.take(key)
        if fault is Fault.REFUSE:
            raise ProviderRejected("refused")
        if fault is Fault.UNAVAILABLE:
            raise Unavailable("planned")
        await self._create(payment, amount=amount, key=key, reason=reason)
        if fault is Fault.LOSE_ANSWER:
            raise OutcomeUnknown("planned")
        try:
            made = await self.find_refund(key)
        except Unavailable as error:
            raise OutcomeUnknown(error.detail) from error
        if made is None:
            raise OutcomeUnknown("the ledger lost a refund")
        return made

    async def find_refund(self, key: str) -> ProviderRefund | None:
        """The refund of this key, settled if its time has come; None when there is none. Raises Unavailable."""
        row = await self._row(key)
        if row is not None and row["status"] == "pending" and row["settle_at"] <= self._clock.now():
            await self._settle(row)
            row = await self._row(key)
        return _refund(row) if row is not None else None

    async def request_payment(self, *, order_id: str, amount: Money, key: str) -> PaymentRequest:
        """Raises ProviderRejected where there is no page to pay on, Unavailable, OutcomeUnknown."""
        return await self._requests.request(order_id=order_id, amount=amount, key=key)

    async def find_payment(self, key: str) -> PaymentRequest | None:
        """The request of this key; None when there is none. Raises Unavailable."""
        return await self._requests.by_key(key)

    async def cancel_payment(self, key: str) -> None:
        """Harmless when there is no such request. Raises Conflict when it is paid, Unavailable, OutcomeUnknown."""
        await self._requests.cancel(key)

    async def settle_due(self, *, limit: int = 100) -> int:
        """Settles the refunds whose time has come, oldest first; returns how many were looked at."""
        due = select(shop_payment_refunds).where(
            _LEDGER.status == "pending", _LEDGER.settle_at <= self._clock.now()
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(due.order_by(_LEDGER.settle_at).limit(limit))).mappings().all()
        for row in rows:
            await self._settle(row)
        return len(rows)

    async def _row(self, key: str) -> RowMapping | None:
        async with reading(self._engine) as connection:
            found = await connection.execute(select(shop_payment_refunds).where(_LEDGER.key == key))
            return found.mappings().one_or_none()

    async def _create(self, payment: Payment, *, amount: Money, key: str, reason: str) -> None:
        if amount.minor <= 0:
            raise ProviderRejected("amount")
        async with writing(self._engine) as connection:
            await _check_payment(connection, payment.id, currency=amount.currency)
            now = self._clock.now()
            row = _ledger_row(payment, amount=amount, key=key, reason=reason, now=now, wait=self._settle_after)
            made = await connection.execute(insert_new(shop_payment_refunds, connection, unique="key").values(row))
            if made.rowcount:
                await _reserve(connection, payment.id, amount.minor)
            else:
                await _check_same(connection, payment.id, amount=amount, key=key)

    async def _settle(self, refund: RowMapping) -> None:
        """Books one pending refund, once however many try it."""
        failure = "provider_failed" if self._faults.fails_settlement(refund["key"]) else None
        async with writing(self._engine) as connection:
            claimed = await connection.execute(
                update(shop_payment_refunds)
                .where(_LEDGER.id == refund["id"], _LEDGER.status == "pending")
                .values(status="failed" if failure else "succeeded", failure=failure)
            )
            if claimed.rowcount == 0:
                return
            if failure or not await _book(connection, refund["payment_id"], refund["amount"]):
                await _fail(connection, refund, failure=failure or "insufficient")


def _ledger_row(
    payment: Payment, *, amount: Money, key: str, reason: str, now: datetime, wait: timedelta
) -> dict[str, object]:
    return {
        "id": f"pr_{new_id()}",
        "key": key,
        "payment_id": payment.id,
        "currency": amount.currency,
        "amount": amount.minor,
        "reason": reason[:200],
        "status": "pending",
        "settle_at": now + wait,
        "created_at": now,
    }


async def _check_payment(connection: AsyncConnection, payment_id: str, *, currency: str) -> None:
    query = select(_PAYMENTS.currency, _PAYMENTS.supports_auto_refund).where(_PAYMENTS.id == payment_id)
    known = (await connection.execute(query)).one_or_none()
    if known is None:
        raise ProviderRejected("payment_unknown")
    if known.currency != currency:
        raise ProviderRejected("currency")
    if not known.supports_auto_refund:
        raise ProviderRejected("by_hand")


async def _check_same(connection: AsyncConnection, payment_id: str, *, amount: Money, key: str) -> None:
    query = select(_LEDGER.payment_id, _LEDGER.amount).where(_LEDGER.key == key)
    first = (await connection.execute(query)).one()
    if tuple(first) != (payment_id, amount.minor):
        raise ProviderRejected("key_reused")


async def _reserve(connection: AsyncConnection, payment_id: str, minor: int) -> None:
    left = _PAYMENTS.captured - _PAYMENTS.refunded - _PAYMENTS.reserved
    reserved = await connection.execute(
        update(shop_payments)
        .where(_PAYMENTS.id == payment_id, left >= minor)
        .values(reserved=_PAYMENTS.reserved + minor)
    )
    if reserved.rowcount == 0:
        raise ProviderRejected("insufficient")


async def _book(connection: AsyncConnection, payment_id: str, minor: int) -> bool:
    """False when the payment no longer covers the amount (it was captured anew for less)."""
    booked = await connection.execute(
        update(shop_payments)
        .where(_PAYMENTS.id == payment_id, _PAYMENTS.captured - _PAYMENTS.refunded >= minor)
        .values(refunded=_PAYMENTS.refunded + minor, reserved=_PAYMENTS.reserved - minor)
    )
    return booked.rowcount == 1


async def _fail(connection: AsyncConnection, refund: RowMapping, *, failure: str) -> None:
    await connection.execute(
        update(shop_payment_refunds).where(_LEDGER.id == refund["id"]).values(status="failed", failure=failure)
    )
    await connection.execute(
        update(shop_payments)
        .where(_PAYMENTS.id == refund["payment_id"])
        .values(reserved=_PAYMENTS.reserved - refund["amount"])
    )


def _refund(row: RowMapping) -> ProviderRefund:
    return ProviderRefund(
        reference=row["id"],
        status=row["status"],
        amount=Money(row["amount"], row["currency"]),
        failure=row["failure"],
    )
