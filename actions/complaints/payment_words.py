"""Saying what the shop sees of an order's money."""

from __future__ import annotations

from collections.abc import Sequence

from actions.base import Scene
from aftersales.domain.charges import order_charges
from aftersales.domain.claims import PaymentTrouble
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, Payment
from runtime import formats

# Means of payment that have a name of their own; others are told as the shop calls them.
MEANS = frozenset("alipay wechat_pay paypal apple_pay bank_transfer card gift_card".split())


def tell_charges(scene: Scene, order: Order | None, trouble: PaymentTrouble, orders: Sequence[Order]) -> None:
    """The charges and refunds of the order; where there is none, whether an order waits to be paid."""
    if order is None:
        unpaid = next((known for known in orders if known.status == "unpaid"), None)
        if unpaid is not None:
            scene.say("utter_complaints_seen_unpaid", {"order": unpaid.number})
        return
    charges, language = order_charges(order), scene.language
    parameters = {
        "order": order.number,
        "total": formats.money(order.total, language),
        "charges": _charges(scene, order.payments),
        "excess": formats.money(charges.excess, language),
    }
    if charges.twice and charges.excess:
        scene.say("utter_complaints_seen_twice", parameters)
    elif charges.captured > order.total:
        scene.say("utter_complaints_seen_refunded", {**parameters, "refunded": _money(scene, charges.refunded)})
    elif trouble is PaymentTrouble.CHARGED_TWICE:
        scene.say("utter_complaints_seen_once", parameters)
    else:
        scene.say("utter_complaints_seen", parameters)


def _charges(scene: Scene, payments: Sequence[Payment]) -> str:
    """Each charge with its means and time, in one phrase."""
    gap = "、" if scene.language == "zh" else ", "
    return gap.join(_charge(scene, payment) for payment in payments if payment.captured)


def _charge(scene: Scene, payment: Payment) -> str:
    sum_, means = _money(scene, payment.captured), _means(scene, payment.provider)
    if payment.captured_at is None:
        return scene.ctx.texts.render("utter_complaints_charge", scene.language, sum=sum_, means=means)
    at = formats.moment(payment.captured_at, scene.language, scene.ctx.zone)
    return scene.ctx.texts.render("utter_complaints_charge_at", scene.language, sum=sum_, means=means, at=at)


def _means(scene: Scene, provider: str) -> str:
    return scene.title(f"utter_complaints_means_{provider}") if provider in MEANS else provider


def _money(scene: Scene, amount: Money) -> str:
    return formats.money(amount, scene.language)
