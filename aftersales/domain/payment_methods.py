"""By what kinds of means an order can be paid, and what that says about paying it back."""

from __future__ import annotations

from enum import StrEnum


class PaymentMethod(StrEnum):
    """`OTHER` is money by a means that the shop does not tell."""

    CARD = "card"
    WALLET = "wallet"
    BANK = "bank"
    CASH_ON_DELIVERY = "cash_on_delivery"
    OTHER = "other"
    STORE_CREDIT = "store_credit"
    GIFT_CARD = "gift_card"
    POINTS = "points"
    COUPON = "coupon"


_M = PaymentMethod
_PROVIDERS = {
    "wechat_pay": _M.WALLET,
    "alipay": _M.WALLET,
    "paypal": _M.WALLET,
    "apple_pay": _M.WALLET,
    "google_pay": _M.WALLET,
    "stripe": _M.CARD,
    "adyen": _M.CARD,
    "unionpay": _M.CARD,
    "bank_transfer": _M.BANK,
    "cod": _M.CASH_ON_DELIVERY,
}


def method_of(provider: str) -> PaymentMethod:
    """The kind of a payment of which only the provider is known; `OTHER` for a name that says nothing."""
    name = provider.strip().lower()
    return _PROVIDERS.get(name) or (_M(name) if name in set(_M) else _M.OTHER)


def refunds_itself(method: PaymentMethod) -> bool:
    """Whether a provider can usually pay such a payment back: cash that a courier took, nobody can."""
    return method is not PaymentMethod.CASH_ON_DELIVERY
