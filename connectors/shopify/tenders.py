"""Shopify's transactions as payments: one for each sale or capture, less what was paid back of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.domain.payment_methods import PaymentMethod, method_of
from connectors.shopify.ids import bare
from connectors.shopify.payloads import Transaction

_M = PaymentMethod
_METHODS = {
    "shopify_payments": _M.CARD,
    "shopify_store_credit": _M.STORE_CREDIT,
    "cash_on_delivery_cod": _M.CASH_ON_DELIVERY,
    "bank_deposit": _M.BANK,
}
# Money that may be on its way back counts as back: what is refunded twice is not to be had again.
_MAY_BE_PAID = {"SUCCESS", "PENDING", "AWAITING_RESPONSE", "UNKNOWN"}


def payments_of(transactions: Sequence[Transaction], *, currency: str) -> tuple[Payment, ...]:
    """In Shopify's order. Raises ValueError for an amount in another currency.

    A refund by another way than the payment's (store credit for a card) is counted against what is left of the
    payments, one after the other, so that an order is never paid back beyond what was taken for it.
    """
    taken = [row for row in transactions if row.kind in {"SALE", "CAPTURE"} and row.status == "SUCCESS"]
    left = {row.id: row.amount_set.money - Money.zero(currency) for row in taken}
    orphans = Money.zero(currency)
    for row in refunds_in(transactions):
        parent = row.parent_transaction.id if row.parent_transaction else ""
        amount = row.amount_set.money
        fits = min(amount.minor, left[parent].minor) if parent in left else 0
        if fits:
            left[parent] -= Money(fits, currency)
        orphans += amount - Money(fits, currency)
    for row in taken:
        part = Money(min(orphans.minor, left[row.id].minor), currency)
        left[row.id] -= part
        orphans -= part
    return tuple(_payment(row, left=left[row.id]) for row in taken)


def refunds_in(transactions: Iterable[Transaction]) -> list[Transaction]:
    """Those that were made or may have been."""
    return [row for row in transactions if row.kind == "REFUND" and row.status in _MAY_BE_PAID]


def gateway_of(row: Transaction) -> str:
    """The name under which the settings and the desk know it: "Cash on Delivery (COD)" is cash_on_delivery_cod."""
    kept = "".join(c if c.isalnum() else " " for c in (row.gateway or "").lower())
    return "_".join(kept.split())


def pays_back(row: Transaction) -> bool:
    """Whether money moves when Shopify is told to pay back: through a manual gateway none does."""
    return not row.manual_payment_gateway


def _payment(row: Transaction, *, left: Money) -> Payment:
    gateway, captured = gateway_of(row), row.amount_set.money
    return Payment(
        id=bare(row.id),
        provider=gateway,
        captured=captured,
        refunded=captured - left,
        captured_at=row.processed_at,
        method=_METHODS.get(gateway) or method_of(gateway),
        supports_auto_refund=pays_back(row),
    )
