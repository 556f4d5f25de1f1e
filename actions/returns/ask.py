"""The questions of the return form that need the customer's own orders."""

from __future__ import annotations

from actions.access import proven_customer
from actions.base import Events, Question, Scene, inform
from actions.cards import line_title, order_card
from actions.returns.ask_remedy import order_at_hand
from actions.returns.draft import Draft
from actions.returns.plan import offered_lines, offered_orders, orders_after
from actions.returns.quote import NOTED, customer_orders
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.remedies import Remedy

# What is asked of goods to be sent back, to be exchanged, and of those that never came.
_ITEMS = ("utter_returns_choose_items", "utter_exchanges_choose_items", "utter_returns_choose_items_missing")
_HOW_MANY = ("utter_returns_how_many", "utter_exchanges_how_many", "utter_returns_how_many_missing")


# Where it is open, or plain, that nothing goes back.
_ABOUT = {
    "utter_returns_how_many": "utter_returns_how_many_about",
    "utter_returns_choose_items": "utter_returns_choose_items_about",
}


def _by_wish(draft: Draft, responses: tuple[str, str, str]) -> str:
    returned, exchanged, missing = responses
    if draft.remedy is Remedy.REFUND_ONLY or (draft.remedy is None and draft.reason in MERCHANT_FAULT):
        return missing if draft.reason is Reason.MISSING_ITEM else _ABOUT.get(returned, returned)
    if draft.reason is Reason.MISSING_ITEM:
        return missing
    return exchanged if draft.remedy is Remedy.EXCHANGE else returned


class AskReturnsOrder(Question):
    slot = "returns_order"

    async def ask(self, scene: Scene) -> Events:
        noted = scene.slot(NOTED) or {}
        known = await customer_orders(scene, await proven_customer(scene))
        orders = offered_orders(known, noted)
        if not orders:
            scene.say("utter_returns_no_orders")
            return []
        buttons = [
            {
                "title": f"{order.number[-5:]} · {order.lines[0].title.of(scene.language)}",
                "payload": inform("order", order.number),
            }
            for order in orders
        ]
        following = orders_after(known, noted)
        if following is not None:
            title = scene.title("utter_returns_button_more_orders")
            buttons.append({"title": title, "payload": inform("orders", str(following))})
        response = "utter_returns_choose_order_among" if noted.get("orders") else "utter_returns_choose_order"
        first_time = not scene.slot("session_misses")
        cards = [order_card(order, scene.language) for order in orders] if first_time else None
        scene.say(response, cards=cards, buttons=buttons)
        return []


class AskReturnsItems(Question):
    slot = "returns_items"

    async def ask(self, scene: Scene) -> Events:
        noted = scene.slot(NOTED) or {}
        draft = Draft.of(scene.slot)
        order = await order_at_hand(scene, draft)
        buttons = [
            {"title": line_title(line, scene.language), "payload": inform("item", line.id)}
            for line in offered_lines(order, noted)
        ]
        if noted.get("lines"):
            scene.say("utter_returns_choose_items_among", buttons=buttons)
        else:
            card = order_card(order, scene.language)
            response = _by_wish(draft, _ITEMS)
            scene.say(response, {"order": order.number}, cards=[card], buttons=buttons)
        return []


class AskReturnsQuantity(Question):
    slot = "returns_quantity"

    async def ask(self, scene: Scene) -> Events:
        draft = Draft.of(scene.slot)
        line = (await order_at_hand(scene, draft)).line(draft.items[0])
        buttons = [
            {"title": str(count), "payload": inform("quantity", str(count))}
            for count in range(1, min(line.returnable, 6) + 1)
        ]
        title = line_title(line, scene.language)
        scene.say(_by_wish(draft, _HOW_MANY), {"title": title, "count": str(line.returnable)}, buttons=buttons)
        return []
