"""A return in words, seen from the money: where it is, by which means it comes, and by when."""

from __future__ import annotations

from collections.abc import Sequence

from actions.base import Scene
from actions.cards import return_card
from actions.orders.buttons import order_buttons
from actions.orders.returns import tell_return
from actions.orders.split import tell_split_of
from actions.returns.words import status_words
from aftersales.domain.deliveries import working_days_after
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.refunds import SETTLED, Refund
from aftersales.domain.remedies import Remedy
from aftersales.services.return_views import ReturnView
from runtime import formats

_RESPONSES = {
    "send_parcel": "utter_orders_refund_send_first",
    "parcel_on_the_way": "utter_orders_refund_parcel_first",
    "refund_underway": "utter_orders_refund_underway",
    "refund_approval": "utter_orders_refund_approval",
}
_NEXT = {
    "send_parcel": ("ask_return_shipping", "cancel_return"),
    "parcel_on_the_way": ("check_return_status",),
}


async def tell_money(scene: Scene, view: ReturnView, *, alone: bool = True) -> None:
    """As tell_return; what has no money to speak of yet is told from the goods."""
    sent = [refund for refund in view.refunds if refund.state in SETTLED]
    under_way = view.next_step in ("done", "refund_underway")
    all_sent = bool(sent) and under_way and sum(r.amount.minor for r in sent) >= view.paid_back.minor
    response = "utter_orders_refund_sent" if all_sent else _RESPONSES.get(view.next_step)
    if response is None or (view.item.remedy is not Remedy.RETURN and not all_sent):
        await tell_return(scene, view, alone=alone)
        return
    language = scene.language
    order = await scene.ctx.shop.get_order(view.item.order_id)
    parameters = {
        **status_words(scene, view, order),
        **_means(scene, order, sent if all_sent else view.refunds),
        "refund_days": str(scene.ctx.policy_named(view.item.policy_version).refund.days),
    }
    text = scene.ctx.texts.render(response, language, **parameters)
    next_acts = _NEXT.get(view.next_step, ("ask_refund_policy", "talk_to_human"))
    scene.say(
        response,
        parameters,
        cards=[return_card(view, order, language, text)],
        buttons=order_buttons(scene, next_acts, None) if alone else [],
    )
    tell_split_of(scene, order, view.refunds)


def _means(scene: Scene, order: Order, refunds: Sequence[Refund]) -> dict[str, str]:
    """By which means it goes back, when it was sent and by when the slowest of the banks shows it."""
    payments, zone = scene.ctx.faq.shop.payments, scene.ctx.zone
    used = {refund.payment_id for refund in refunds} or {payment.id for payment in order.payments}
    known = [payments.of(payment.provider) for payment in order.payments if payment.id in used]
    names = [means.name.of(scene.language) for means in known if means]
    slowest = max((means.days for means in known if means), default=0)
    sent = max((refund.updated_at.astimezone(zone).date() for refund in refunds), default=scene.ctx.today())
    comma = "、" if scene.language == "zh" else ", "
    return {
        "means": comma.join(dict.fromkeys(names)) or scene.title("utter_orders_means_original"),
        "days": str(slowest or max((means.days for means in payments.means), default=0)),
        "sent": formats.day(sent, scene.language),
        "shown_by": formats.day(working_days_after(sent, slowest), scene.language),
    }


def tell_recorded_refunds(scene: Scene, orders: Sequence[Order]) -> bool:
    """What the shop has paid back of orders without a return of ours; False when there is nothing."""
    paid_back = [(order, sum(payment.refunded.minor for payment in order.payments)) for order in orders]
    found = [(order, Money(minor, order.currency)) for order, minor in paid_back if minor]
    for order, amount in found[:1]:
        parameters = {"order": order.number, "amount": formats.money(amount, scene.language)}
        means = _means(scene, order, ())
        buttons = order_buttons(scene, ("ask_refund_policy", "talk_to_human"), None)
        scene.say("utter_orders_refund_recorded", {**parameters, **means}, buttons=buttons)
    return bool(found)
