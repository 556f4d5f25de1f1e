"""The Payments port over Medusa 2: refunds of payments that Medusa's own payment provider took.

Medusa refunds twice when it is asked twice, so our key stands in the note of the refund and is looked for first.
Measured on 2.21.2:

- It writes the refund, then calls its payment provider, and deletes the refund where the provider says no.
- While a change of the order is open (a return being made, an edit, another refund), it pays a refund that is
  above what it thinks it owes and then answers with status 400. So none is sent while one is open, and after a
  refusal it is looked up.
- A transaction of the order is written last: a refund without one is not known to be paid, it is pending.
- Of refunds at the same moment some are booked several times: the order's summary is wrong then. What was paid
  back is the sum of the refunds alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Literal

import structlog

from aftersales.domain.errors import NotFound, OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.ports import PaymentRequest, ProviderRefund
from connectors.medusa.answers import one_in
from connectors.medusa.changes import OrderLocks, make_room, note
from connectors.medusa.client import Declined, MedusaClient
from connectors.medusa.orders import payment_of, provider_of
from connectors.medusa.payloads import PAYMENT_FIELDS, PaidRow, RefundRow

log = structlog.get_logger("returndesk.medusa")
_LONGEST_NOTE = 200


class MedusaPayments:
    """`payment_id_of` tells the payment of one of our refunds by its key; None for a key that is not ours.

    `locks` are those of the shop: no refund of ours meets a change of ours. `by_hand` are the providers that move
    no money when Medusa tells them to pay back.
    """

    def __init__(
        self,
        client: MedusaClient,
        *,
        locks: OrderLocks,
        payment_id_of: Callable[[str], Awaitable[str | None]],
        by_hand: frozenset[str] = frozenset(),
    ) -> None:
        self._client = client
        self._locks = locks
        self._payment_id_of = payment_id_of
        self._by_hand = by_hand

    async def request_payment(self, *, order_id: str, amount: Money, key: str) -> PaymentRequest:
        """Medusa has no page on which an order is paid later: a person asks for it. Raises ProviderRejected."""
        raise ProviderRejected("unsupported")

    async def find_payment(self, key: str) -> PaymentRequest | None:
        """None: nothing is ever asked for."""
        return None

    async def cancel_payment(self, key: str) -> None:
        """Harmless: nothing is ever asked for."""

    async def refund(self, payment: Payment, *, amount: Money, key: str, reason: str) -> ProviderRefund:
        """One refund per key. Raises Unavailable, OutcomeUnknown, ProviderRejected.

        Unavailable also while the order is being changed at Medusa; the rejections are amount, payment_unknown,
        currency, key_reused, insufficient, by_hand, and declined where the payment provider said no.
        """
        if amount.minor <= 0:
            raise ProviderRejected("amount")
        order_id = (await self._known(payment.id)).order_id
        async with self._locks.hold(order_id or payment.id):
            row = await self._known(payment.id)
            found = _refund_of(row, key)
            if found is not None:
                return _same(row, found, amount=amount)
            _check(row, amount)
            if provider_of(row) in self._by_hand:
                raise ProviderRejected("by_hand")
            if order_id is not None:
                await make_room(self._client, order_id)
            return await self._pay(row.id, amount=amount, key=key, reason=reason)

    async def find_refund(self, key: str) -> ProviderRefund | None:
        """Pending until Medusa has booked it at the order.

        Raises Unavailable also where Medusa tells nothing of the payment: nothing is concluded from that.
        """
        payment_id = await self._payment_id_of(key)
        if payment_id is None:
            return None
        try:
            row = await self._row(payment_id)
        except NotFound:
            raise Unavailable("payment") from None
        found = _refund_of(row, key)
        return _told(row, found) if found is not None else None

    async def _pay(self, payment_id: str, *, amount: Money, key: str, reason: str) -> ProviderRefund:
        body = {"amount": Decimal(amount.decimal()), "note": f"{note(key)} {reason}"[:_LONGEST_NOTE]}
        declined = False
        try:
            await self._client.post(f"/admin/payments/{payment_id}/refund", body)
        except (Declined, NotFound):
            declined = True
        try:
            row = await self._row(payment_id)
        except (NotFound, Unavailable) as error:
            raise OutcomeUnknown("medusa") from error
        found = _refund_of(row, key)
        if found is None:
            raise ProviderRejected("declined") if declined else OutcomeUnknown("medusa")
        if declined:
            log.warning("medusa_paid_though_declined", refund=found.id)
        # Medusa has answered and kept the refund: its payment provider has taken it.
        return ProviderRefund(reference=found.id, status="succeeded", amount=_amount(row, found))

    async def _known(self, payment_id: str) -> PaidRow:
        try:
            return await self._row(payment_id)
        except NotFound:
            raise ProviderRejected("payment_unknown") from None

    async def _row(self, payment_id: str) -> PaidRow:
        """Raises NotFound: Medusa answers 200 and nothing for a payment that it does not have."""
        told = await self._client.get(f"/admin/payments/{payment_id}", fields=PAYMENT_FIELDS)
        if told == {}:
            raise NotFound("payment")
        return one_in(told, "payment", PaidRow)


def _check(row: PaidRow, amount: Money) -> None:
    if row.currency_code.upper() != amount.currency:
        raise ProviderRejected("currency")
    if payment_of(row).refundable < amount:
        raise ProviderRejected("insufficient")


def _refund_of(row: PaidRow, key: str) -> RefundRow | None:
    """The refund whose note begins with our key; notes of people may hold anything."""
    return next((r for r in row.refunds if f"{r.note or ''} ".startswith(f"{note(key)} ")), None)


def _same(row: PaidRow, found: RefundRow, *, amount: Money) -> ProviderRefund:
    if _amount(row, found) != amount:
        raise ProviderRejected("key_reused")
    return _told(row, found)


def _told(row: PaidRow, found: RefundRow) -> ProviderRefund:
    status: Literal["pending", "succeeded"] = "succeeded" if found.id in row.booked else "pending"
    return ProviderRefund(reference=found.id, status=status, amount=_amount(row, found))


def _amount(row: PaidRow, found: RefundRow) -> Money:
    return Money.parse(found.raw_amount, row.currency_code.upper())
