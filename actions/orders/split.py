"""By which means the parts of a refund go back, in words."""

from __future__ import annotations

from collections.abc import Sequence

from actions.base import Scene
from actions.cards import listed
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, Payment
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.refunds import RESERVING, Refund
from aftersales.services.refund_sources import quote_tender
from runtime import formats

Part = tuple[Payment, Money]
_OWN_WORDS = frozenset({PaymentMethod.POINTS, PaymentMethod.STORE_CREDIT, PaymentMethod.COUPON})


async def tell_split(scene: Scene, order: Order, amount: Money) -> None:
    """How this amount would go back today; nothing where it all goes back by one means."""
    _tell(scene, await quote_tender(scene.ctx, order, amount))


def tell_split_of(scene: Scene, order: Order, refunds: Sequence[Refund]) -> None:
    """As tell_split, of refunds that are granted."""
    payments = {payment.id: payment for payment in order.payments}
    counted = [refund for refund in refunds if refund.state in RESERVING and refund.payment_id in payments]
    _tell(scene, [(payments[refund.payment_id], refund.amount) for refund in counted])


def _tell(scene: Scene, parts: Sequence[Part]) -> None:
    """Parts by the same words are one."""
    together: dict[tuple[str, str], Money] = {}
    for payment, amount in parts:
        kind = _kind(scene, payment)
        key = (kind, _name(scene, payment) if kind == "money" else "")
        together[key] = together[key] + amount if key in together else amount
    kinds = {kind for kind, _ in together}
    if len(together) > 1 or kinds & {"coupon_kept", "by_hand"}:
        words = [_words(scene, kind, name, amount) for (kind, name), amount in together.items()]
        scene.say("utter_refunds_split", {"parts": listed(words, scene.language)})


def _words(scene: Scene, kind: str, name: str, amount: Money) -> str:
    parameters = {"means": name, "amount": formats.money(amount, scene.language)}
    return scene.ctx.texts.render(f"utter_refunds_part_{kind}", scene.language, **parameters)


def _kind(scene: Scene, payment: Payment) -> str:
    if payment.method is PaymentMethod.COUPON and not scene.ctx.policy.refunds.returns_coupons:
        return "coupon_kept"
    if not payment.supports_auto_refund:
        return "by_hand"
    return payment.method.value if payment.method in _OWN_WORDS else "money"


def _name(scene: Scene, payment: Payment) -> str:
    means = scene.ctx.faq.shop.payments.of(payment.provider)
    return means.name.of(scene.language) if means else scene.title("utter_orders_means_original")
