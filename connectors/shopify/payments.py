"""The Payments port over Shopify: refunds of an order's transactions through the gateway that took the money.

refundCreate is sent with our key as its idempotency key (Shopify makes one refund of it, for a day at least) and
with the key at the head of the refund's note, under which it is found for as long as the order is there.
https://shopify.dev/docs/api/admin-graphql/latest/mutations/refundCreate, /docs/api/usage/idempotent-requests
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import structlog

from aftersales.domain.errors import NotFound, OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.ports import PaymentRequest, ProviderRefund
from connectors.shopify import documents as ask
from connectors.shopify.answers import Declined, parsed
from connectors.shopify.client import ShopifyClient
from connectors.shopify.ids import bare, gid
from connectors.shopify.locks import OrderLocks
from connectors.shopify.pages import too_long
from connectors.shopify.payloads import PaidOrder, RefundRow, Transaction
from connectors.shopify.returns import is_ours, note
from connectors.shopify.tenders import payments_of, pays_back, refunds_in

log = structlog.get_logger("returndesk.shopify")
_LONGEST_NOTE = 200
_MOST_REFUNDS = 50  # of one order: as many as the document asks for


class ShopifyPayments:
    """`payment_id_of` tells the payment of one of our refunds by its key; None for a key that is not ours.

    `locks` are those of the shop: no refund of ours meets a change of ours.
    """

    def __init__(
        self,
        client: ShopifyClient,
        *,
        locks: OrderLocks,
        payment_id_of: Callable[[str], Awaitable[str | None]],
    ) -> None:
        self._client = client
        self._locks = locks
        self._payment_id_of = payment_id_of

    async def request_payment(self, *, order_id: str, amount: Money, key: str) -> PaymentRequest:
        """What is owed is asked for at Shopify by a person. Raises ProviderRejected."""
        raise ProviderRejected("unsupported")

    async def find_payment(self, key: str) -> PaymentRequest | None:
        """None: nothing is ever asked for."""
        return None

    async def cancel_payment(self, key: str) -> None:
        """Harmless: nothing is ever asked for."""

    async def refund(self, payment: Payment, *, amount: Money, key: str, reason: str) -> ProviderRefund:
        """One refund per key. Raises Unavailable, OutcomeUnknown, ProviderRejected.

        The rejections are amount, payment_unknown, currency, key_reused, insufficient, by_hand for a manual
        gateway, and declined where Shopify said no.
        """
        if amount.minor <= 0:
            raise ProviderRejected("amount")
        order_gid = (await self._known(payment.id)).id
        async with self._locks.hold(order_gid):
            order = await self._known(payment.id)
            found = _refund_of(order, key)
            if found is not None:
                return _same(found, amount=amount)
            taken = _check(order, payment.id, amount=amount)
            return await self._pay(order, taken, amount=amount, key=key, reason=reason)

    async def find_refund(self, key: str) -> ProviderRefund | None:
        """Pending until the gateway has said yes.

        Raises Unavailable also where Shopify tells nothing of the payment, or not all of its order's refunds:
        nothing is concluded from that.
        """
        payment_id = await self._payment_id_of(key)
        if payment_id is None:
            return None
        try:
            order = await self._order(payment_id)
        except NotFound:
            raise Unavailable("payment") from None
        found = _refund_of(order, key)
        return _told(found) if found is not None else None

    async def _pay(
        self, order: PaidOrder, taken: Transaction, *, amount: Money, key: str, reason: str
    ) -> ProviderRefund:
        input = _input(order, taken, amount=amount, words=f"{note(key)} {reason}"[:_LONGEST_NOTE])
        declined = False
        try:
            await self._client.mutate(ask.REFUND_CREATE, input=input, key=key)
        except Declined as error:
            if "idempoten" in error.detail.lower():  # the same request is still being dealt with
                raise OutcomeUnknown("shopify") from error
            declined = True
        try:
            found = _refund_of(await self._order(bare(taken.id)), key)
        except (NotFound, Unavailable) as error:
            raise OutcomeUnknown("shopify") from error
        if found is None:
            raise ProviderRejected("declined") if declined else OutcomeUnknown("shopify")
        if declined:
            log.warning("shopify_paid_though_declined", refund=bare(found.id))
        return _told(found)

    async def _known(self, payment_id: str) -> PaidOrder:
        try:
            return await self._order(payment_id)
        except NotFound:
            raise ProviderRejected("payment_unknown") from None

    async def _order(self, payment_id: str) -> PaidOrder:
        """The order of a payment with its refunds. Raises NotFound, Unavailable."""
        told: Any = (await self._client.query(ask.PAYMENT, id=gid("OrderTransaction", payment_id))).get("node")
        if not told or not told.get("order"):
            raise NotFound("payment")
        order = parsed(PaidOrder, told["order"])
        if order.transactions_count is None or order.transactions_count.count > len(order.transactions):
            raise too_long()
        return order


def _check(order: PaidOrder, payment_id: str, *, amount: Money) -> Transaction:
    """The transaction that took the money. Raises ProviderRejected, and Unavailable for several currencies."""
    if order.presentment_currency_code != amount.currency:
        raise ProviderRejected("currency")
    try:
        payments = payments_of(order.transactions, currency=amount.currency)
    except ValueError as error:
        raise Unavailable("shopify_currencies") from error
    payment = next((p for p in payments if p.id == payment_id), None)
    if payment is None:
        raise ProviderRejected("payment_unknown")
    if payment.refundable < amount:
        raise ProviderRejected("insufficient")
    taken = next(row for row in order.transactions if bare(row.id) == payment_id)
    if not pays_back(taken):
        raise ProviderRejected("by_hand")
    return taken


def _input(order: PaidOrder, taken: Transaction, *, amount: Money, words: str) -> dict[str, Any]:
    """Of money alone: what became of the goods is the return's own matter. Shopify tells the customer nothing."""
    part = {
        "orderId": order.id,
        "parentId": taken.id,
        "gateway": taken.gateway or "",
        "kind": "REFUND",
        "amount": amount.decimal(),
    }
    return {
        "orderId": order.id,
        "currency": amount.currency,
        "note": words,
        "notify": False,
        "transactions": [part],
    }


def _refund_of(order: PaidOrder, key: str) -> RefundRow | None:
    """Raises Unavailable where it may be among those that Shopify did not tell."""
    found = next((row for row in order.refunds if is_ours(row.note, key)), None)
    if found is None and len(order.refunds) >= _MOST_REFUNDS:
        raise too_long()
    return found


def _same(found: RefundRow, *, amount: Money) -> ProviderRefund:
    told = _told(found)
    if told.amount != amount:
        raise ProviderRejected("key_reused")
    return told


def _told(found: RefundRow) -> ProviderRefund:
    """Raises Unavailable for a refund of which the transactions are not told."""
    rows = [row for row in found.transactions.nodes if row.kind == "REFUND"]
    if not rows:
        raise Unavailable("shopify_refund")
    status: Literal["pending", "succeeded", "failed"] = "pending"
    if all(row.status == "SUCCESS" for row in rows):
        status = "succeeded"
    elif not refunds_in(rows):
        status = "failed"
    amounts = [row.amount_set.money for row in rows]
    return ProviderRefund(
        reference=bare(found.id),
        status=status,
        amount=sum(amounts[1:], amounts[0]),
        failure="gateway" if status == "failed" else None,
    )
