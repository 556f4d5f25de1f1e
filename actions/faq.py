"""Answers about how things work, from the shop's own entries and with the figures of the rules in force."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import FollowupAction

from actions.access import known_customer
from actions.base import Events, Scene, ServiceAction
from actions.cards import joint, line_title
from actions.orders.price_words import CHECK, claims
from actions.orders.price_words import INTENT as PRICE
from actions.orders.status import OWN_MONEY, ActionOrdersStatus, money_under_way
from actions.orders.words import asks_for_own_money
from actions.outbursts import is_met_by_person
from actions.returns.draft import reason_heard
from actions.said import Said
from aftersales.domain.faq import Entry, Found
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.product_match import match, speaks_of_own_goods
from aftersales.domain.reasons import Reason
from aftersales.services.access import access_orders
from aftersales.services.returns import quote_return

ORDERS_AT_HAND = 50


class ActionFaqAnswer(ServiceAction):
    """Answers with the entry that the question is most like; names its neighbours where that is not sure.

    A question about goods of one's own is also answered by what the rules say about these. One that claims the
    difference of a price opens its topic instead.
    """

    action_name = "action_faq_answer"

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        if await is_met_by_person(scene):
            return []
        if claims(said) and not scene.tracker.active_loop:
            return [FollowupAction("matter_form")]
        customer_id = await known_customer(scene)
        about_money = not said.structured and asks_for_own_money(said.text)
        if about_money and await money_under_way(scene, customer_id):
            await ActionOrdersStatus().tell(scene, {**OWN_MONEY, "words": said.text})
            return []
        if about_money:
            said = replace(said, intent="ask_refund_policy")
        found = self._find(scene, said, signed_in=customer_id is not None)
        own = await self._own_goods(scene, said, customer_id) if said.intent == "ask_return_policy" else None
        # In the middle of a matter its own question follows, with buttons of its own.
        buttons = [] if scene.tracker.active_loop or own else go_on_buttons(scene, found.entry)
        neighbours = [neighbour_button(scene, entry, said.intent) for entry in found.neighbours]
        answer = scene.ctx.faq.answer(found.entry).of(scene.language)
        parameters = {"answer": answer, "source": source_words(scene, found.entry)}
        scene.say("utter_faq_answer", parameters, buttons=[] if neighbours else buttons)
        if neighbours:
            scene.say("utter_faq_neighbours", buttons=neighbours)
        if own:
            await self._tell_own(scene, said, *own)
        return []

    def _find(self, scene: Scene, said: Said, *, signed_in: bool) -> Found:
        faq = scene.ctx.faq
        chosen = faq.get(said.choice[1]) if said.choice and said.choice[0] == "faq" else None
        if chosen or said.structured:
            return Found(chosen or faq.general(said.intent), ())
        return faq.find(said.text, intent=said.intent, language=scene.language, signed_in=signed_in)

    async def _own_goods(
        self, scene: Scene, said: Said, customer_id: str | None
    ) -> tuple[Order, OrderLine] | None:
        """The one thing that the customer has bought and speaks of."""
        if said.structured or not speaks_of_own_goods(said.text):
            return None
        orders = await access_orders(scene.ctx, customer_id=customer_id, limit=ORDERS_AT_HAND)
        lines = {f"{order.number} {line.id}": (order, line) for order in orders for line in order.lines}
        titles = {
            key: (line.title.zh, line.title.en, line.options.zh, line.options.en)
            for key, (_, line) in lines.items()
        }
        named = match(said.text, titles)
        return lines[named[0]] if len(named) == 1 else None

    async def _tell_own(self, scene: Scene, said: Said, order: Order, line: OrderLine) -> None:
        reason = reason_heard(said) or Reason.NO_LONGER_NEEDED
        quote = await quote_return(scene.ctx, order=order, items=[(line.id, 1)], reason=reason)
        allowed = quote.decision.allowed
        named = {
            "order": order.number,
            "goods": line_title(line, scene.language),
            "rule": joint(
                [text.of(scene.language) for text in (quote.decision.rule_text, *quote.decision.instead)],
                scene.language,
            ),
        }
        take_back = {
            "title": scene.title("utter_faq_own_return"),
            "payload": f'/return_item{{"order_number":"{order.number}"}}',
        }
        scene.say(
            "utter_faq_own_allowed" if allowed else "utter_faq_own_refused",
            named,
            buttons=[take_back] if allowed and not scene.tracker.active_loop else [],
        )


def go_on_buttons(scene: Scene, entry: Entry) -> list[dict[str, str]]:
    return [intent_button(scene, intent) for intent in entry.buttons]


def intent_button(scene: Scene, intent: str) -> dict[str, str]:
    """What the intent is called; beside answers about price protection, a look at the customer's own orders."""
    if intent == PRICE and scene.said.intent == PRICE:
        choice = ":".join(CHECK)
        return {"title": scene.title("utter_price_check"), "payload": f'/{intent}{{"choice":"{choice}"}}'}
    return {"title": scene.title(f"utter_intent_{intent}"), "payload": f"/{intent}"}


def neighbour_button(scene: Scene, entry: Entry, intent: str) -> dict[str, str]:
    """Asks the entry's own question."""
    return {"title": entry.title(scene.language), "payload": f'/{intent}{{"choice":"faq:{entry.id}"}}'}


def source_words(scene: Scene, entry: Entry) -> str:
    """What the answer rests on: names of rules, each with the version in which it stands."""
    render, language = scene.ctx.texts.render, scene.language
    comma, semicolon = ("、", "；") if language == "zh" else (", ", "; ")
    parts = [
        render(
            "utter_faq_source_part",
            language,
            names=comma.join(name.of(language) for name in source.names),
            version=source.version,
        )
        for source in scene.ctx.faq.sources(entry)
    ]
    return render("utter_faq_source", language, sources=semicolon.join(parts))
