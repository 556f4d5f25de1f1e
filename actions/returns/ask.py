"""The questions of the return form that need the customer's own orders."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.access import proven_customer
from actions.base import Events, Scene, ServiceAction
from actions.cards import goods_words, line_title, order_card, verdict_card
from actions.returns.draft import Draft
from actions.returns.plan import offered_lines, offered_orders, units
from actions.returns.quote import NOTED, QUOTED, consent_digest, customer_orders, quote_draft, shown
from aftersales.domain.orders import Order
from aftersales.domain.policy import Quote
from aftersales.domain.policy_describe import facts
from aftersales.services.access import access_order
from runtime import formats


def inform(kind: str, value: str) -> str:
    """The payload of a button."""
    return f'/inform{{"choice":"{kind}:{value}"}}'


async def _order(scene: Scene, draft: Draft) -> Order:
    return await access_order(scene.ctx, customer_id=await proven_customer(scene), number=draft.order or "")


class ActionAskReturnsOrder(ServiceAction):
    action_name = "action_ask_returns_order"

    async def act(self, scene: Scene) -> Events:
        noted = scene.slot(NOTED) or {}
        orders = offered_orders(await customer_orders(scene, await proven_customer(scene)), noted)
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
        response = "utter_returns_choose_order_among" if noted.get("orders") else "utter_returns_choose_order"
        first_time = not scene.slot("session_misses")
        cards = [order_card(order, scene.language) for order in orders] if first_time else None
        scene.say(response, cards=cards, buttons=buttons)
        return []


class ActionAskReturnsItems(ServiceAction):
    action_name = "action_ask_returns_items"

    async def act(self, scene: Scene) -> Events:
        noted = scene.slot(NOTED) or {}
        order = await _order(scene, Draft.of(scene.slot))
        buttons = [
            {"title": line_title(line, scene.language), "payload": inform("item", line.id)}
            for line in offered_lines(order, noted)
        ]
        if noted.get("lines"):
            scene.say("utter_returns_choose_items_among", buttons=buttons)
        else:
            card = order_card(order, scene.language)
            scene.say("utter_returns_choose_items", {"order": order.number}, cards=[card], buttons=buttons)
        return []


class ActionAskReturnsQuantity(ServiceAction):
    action_name = "action_ask_returns_quantity"

    async def act(self, scene: Scene) -> Events:
        draft = Draft.of(scene.slot)
        line = (await _order(scene, draft)).line(draft.items[0])
        buttons = [
            {"title": str(count), "payload": inform("quantity", str(count))}
            for count in range(1, min(line.returnable, 6) + 1)
        ]
        title = line_title(line, scene.language)
        scene.say("utter_returns_how_many", {"title": title, "count": str(line.returnable)}, buttons=buttons)
        return []


class ActionAskReturnsConfirmed(ServiceAction):
    """Tells the verdict and asks for an explicit yes; what was shown is remembered: nothing else is filed."""

    action_name = "action_ask_returns_confirmed"

    async def act(self, scene: Scene) -> Events:
        draft = Draft.of(scene.slot)
        order = await _order(scene, draft)
        quote = await quote_draft(scene, draft, order.customer.id)
        now = shown(quote, draft)
        if scene.slot(QUOTED) == now:
            self._tell_again(scene, quote, now)
            return []
        self._tell(scene, draft, order, quote, now)
        return [SlotSet(QUOTED, now)]

    def _tell_again(self, scene: Scene, quote: Quote, now: dict[str, Any]) -> None:
        """The whole verdict stands above already."""
        if not quote.decision.allowed:
            scene.say("utter_returns_refused_again")
        elif scene.said.intent == "deny":
            scene.say("utter_returns_not_yet")
        else:
            amount = formats.money(quote.decision.amount, scene.language)
            scene.say("utter_returns_confirm_again", {"amount": amount}, buttons=self._buttons(scene, now))

    def _buttons(self, scene: Scene, now: dict[str, Any]) -> list[dict[str, str]]:
        payloads = {
            "confirm": f'/affirm{{"choice":"confirm:{consent_digest(now)}"}}',
            "change": inform("returns", "other_items"),
            "not_now": "/stop",
        }
        return [
            {"title": scene.title(f"utter_returns_button_{name}"), "payload": payload}
            for name, payload in payloads.items()
        ]

    def _tell(self, scene: Scene, draft: Draft, order: Order, quote: Quote, now: dict[str, Any]) -> None:
        decision, language = quote.decision, scene.language
        goods = goods_words([(order.line(item), count) for item, count in units(draft, order)], language)
        named = {"items": goods, "rule": decision.rule_text.of(language)}
        card = verdict_card(order, quote, language, review=now["review"])
        if not decision.allowed:
            scene.say("utter_returns_verdict_refused", named, cards=[card])
            return
        fee = (
            scene.ctx.texts.render("utter_returns_fee", language, fee=formats.money(decision.fee, language))
            if decision.fee
            else scene.title("utter_returns_no_fee")
        )
        scene.say(
            "utter_returns_verdict_review" if now["review"] else "utter_returns_verdict",
            {
                **named,
                "amount": formats.money(decision.amount, language),
                "fee": fee,
                "payer": scene.title(f"utter_returns_payer_{decision.who_pays_shipping}"),
                "refund_days": facts(scene.ctx.policy, language)["refund_days"],
            },
            cards=[card],
            buttons=self._buttons(scene, now),
        )
