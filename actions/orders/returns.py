"""A return in words, seen from the goods: where it stands, what comes next and by when."""

from __future__ import annotations

from actions.base import Scene
from actions.cards import return_card
from actions.orders.buttons import order_buttons
from actions.returns.words import status_response, status_words
from aftersales.services.return_views import ReturnView
from runtime import formats

_NEXT = {
    "wait_approval": ("cancel_return", "talk_to_human"),
    "pay_difference": ("cancel_return", "talk_to_human"),
    "payment_by_person": ("cancel_return", "talk_to_human"),
    "replacement_underway": ("talk_to_human",),
    "sold_out": ("exchange_item", "return_item"),
    "send_parcel": ("ask_return_shipping", "cancel_return"),
    "parcel_on_the_way": ("ask_refund_policy",),
    "refund_underway": ("check_refund_status",),
    "refund_approval": ("check_refund_status",),
    "refund_trouble": ("talk_to_human",),
    "done": ("check_refund_status", "list_orders"),
    "rejected": ("talk_to_human",),
    "cancelled": ("return_item",),
}


async def tell_return(scene: Scene, view: ReturnView, *, alone: bool = True) -> None:
    """`alone`: no other return is told of, so that what fits next can be offered."""
    language = scene.language
    order = await scene.ctx.shop.get_order(view.item.order_id)
    parameters, response = status_words(scene, view, order), status_response(view)
    text = scene.ctx.texts.render(response, language, **parameters)
    cards = [return_card(view, order, language, text)]
    buttons = order_buttons(scene, _NEXT.get(view.next_step, ("talk_to_human",)), None) if alone else []
    waits = view.next_step == "wait_approval"
    scene.say(response, parameters, cards=cards, buttons=[] if waits else buttons)
    if waits:
        due = formats.deadline(view.item.created_at + scene.ctx.promise, language, scene.ctx.zone)
        scene.say("utter_orders_review_by", {"due": due}, buttons=buttons)
