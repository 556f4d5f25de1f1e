"""The questions of the change of an order."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.access import proven_customer
from actions.base import Events, Question, Scene, inform
from actions.cards import line_title, order_card
from actions.changes import words as w
from actions.changes.draft import DRAFT, NOTED, QUOTED, Draft
from actions.changes.plan import offered_lines, offered_orders, shown, stand, variants_of
from actions.changes.telling import address_words, goods_at_hand, money_words, variant_words
from actions.returns.quote import consent_digest, customer_orders
from aftersales.domain.changes_quote import ChangeQuote
from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Address, Order
from aftersales.services.access import access_order
from runtime import formats

_MOST_VARIANTS = 12
_BUTTONS = {
    w.CANCEL: ("confirm_cancel", "keep"),
    w.ADDRESS: ("confirm_address", "other_address", "keep"),
    w.QUANTITY: ("confirm_change", "keep"),
    w.VARIANT: ("confirm_change", "keep"),
}
_PAYLOADS = {"keep": "/stop", "other_address": inform("change", "other_address")}


async def draft_and_order(scene: Scene) -> tuple[Draft, Order]:
    """What is at hand. Raises NotFound where the order is not known or not the customer's."""
    draft = Draft.of(scene.slot(DRAFT))
    if draft.order is None:
        raise NotFound
    return draft, await access_order(scene.ctx, customer_id=await proven_customer(scene), number=draft.order)


class AskOrdersOrder(Question):
    slot = "orders_order"

    async def ask(self, scene: Scene) -> Events:
        noted = scene.slot(NOTED) or {}
        orders = offered_orders(await customer_orders(scene, await proven_customer(scene)), noted)
        buttons = [
            {
                "title": f"{order.number[-5:]} · {order.lines[0].title.of(scene.language)}",
                "payload": inform("order", order.number),
            }
            for order in orders
        ]
        cancelling = Draft.of(scene.slot(DRAFT)).kind == w.CANCEL
        response = "utter_orders_choose_to_cancel" if cancelling else "utter_orders_choose_to_change"
        first_time = not scene.slot("session_misses")
        cards = [order_card(order, scene.language) for order in orders] if first_time else None
        scene.say(response, cards=cards, buttons=buttons)
        return []


class AskOrdersKind(Question):
    slot = "orders_kind"

    async def ask(self, scene: Scene) -> Events:
        _, order = await draft_and_order(scene)
        buttons = [
            {"title": scene.title(f"utter_orders_kind_{kind}"), "payload": inform("change", kind)}
            for kind in w.KINDS
        ]
        scene.say("utter_orders_choose_kind", {"order": order.number}, buttons=buttons)
        return []


class AskOrdersItems(Question):
    slot = "orders_items"

    async def ask(self, scene: Scene) -> Events:
        draft, order = await draft_and_order(scene)
        buttons = [
            {"title": line_title(line, scene.language), "payload": inform("item", line.id)}
            for line in offered_lines(order, scene.slot(NOTED) or {})
        ]
        cancelling = draft.kind == w.CANCEL
        scene.say(
            "utter_orders_items_to_cancel" if cancelling else "utter_orders_items_to_change", buttons=buttons
        )
        return []


class AskOrdersQuantity(Question):
    slot = "orders_quantity"

    async def ask(self, scene: Scene) -> Events:
        draft, order = await draft_and_order(scene)
        line = order.line(draft.items[0])
        now = line.unsent + line.fulfilled
        buttons = [
            {"title": str(count), "payload": inform("quantity", str(count))}
            for count in range(max(1, line.fulfilled), min(now, 7))
        ]
        parameters = {"title": line_title(line, scene.language), "count": str(now)}
        scene.say("utter_orders_how_many", parameters, buttons=buttons)
        return []


class AskOrdersVariant(Question):
    slot = "orders_variant"

    async def ask(self, scene: Scene) -> Events:
        draft, order = await draft_and_order(scene)
        line = order.line(draft.items[0])
        variants = await variants_of(scene.ctx, draft, order)
        there = [one for one in variants if one.id != line.variant_id and one.stock >= line.quantity]
        buttons = [
            {"title": variant_words(one, scene.language), "payload": inform("variant", one.id)}
            for one in there[:_MOST_VARIANTS]
        ]
        parameters = {"title": line_title(line, scene.language)}
        scene.say(
            "utter_orders_which_variant" if there else "utter_orders_no_variant", parameters, buttons=buttons
        )
        return []


class AskOrdersAddress(Question):
    slot = "orders_address"

    async def ask(self, scene: Scene) -> Events:
        draft, order = await draft_and_order(scene)
        again = "utter_orders_address_place" if draft.partial else "utter_orders_which_address"
        scene.say(again, {"order": order.number})
        return []


class AskOrdersPerson(Question):
    """Says why only a person can do it, with where the parcel is, and offers a dated case."""

    slot = "orders_person"

    async def ask(self, scene: Scene) -> Events:
        draft, order = await draft_and_order(scene)
        now = {"order": order.number, "why": (await stand(scene.ctx, draft, order)).why or w.OTHER}
        if scene.slot(QUOTED) == now:
            if draft.notes[-1:] == (scene.said.text.strip(),):
                scene.say("utter_orders_noted")
        else:
            scene.say(
                f"utter_orders_person_{now['why']}", {"order": order.number, "parcel": _parcel(scene, order)}
            )
        scene.say("utter_orders_pass_on")
        return [SlotSet(QUOTED, now)]


class AskOrdersConfirmed(Question):
    """Shows what the change comes to and asks for an explicit yes; what was shown is remembered."""

    slot = "orders_confirmed"

    async def ask(self, scene: Scene) -> Events:
        draft, order = await draft_and_order(scene)
        quote = (await stand(scene.ctx, draft, order)).quote
        if quote is None:
            raise NotFound
        now = shown(draft, quote)
        if scene.slot(QUOTED) == now:
            asking = "utter_orders_what_else" if scene.said.intent == "deny" else "utter_orders_confirm_again"
            scene.say(asking, buttons=self._buttons(scene, draft, order, now))
            return []
        await self._show(scene, draft, order, quote, now)
        return [SlotSet(QUOTED, now)]

    async def _show(
        self, scene: Scene, draft: Draft, order: Order, quote: ChangeQuote, now: dict[str, Any]
    ) -> None:
        language = scene.language
        parameters = {
            "order": order.number,
            "items": goods_at_hand(draft, order, language),
            "money": money_words(scene, order, quote),
            "count": str(draft.quantity or 0),
        }
        what = draft.kind or ""
        if draft.kind == w.CANCEL:
            sent = any(line.fulfilled for line in order.lines)
            what = "cancel_all" if quote.whole and not sent else "cancel_part"
        if draft.kind == w.ADDRESS and quote.rewrite and isinstance(quote.rewrite.after, Address):
            parameters["address"] = address_words(quote.rewrite.after, language)
        if draft.kind == w.VARIANT:
            variants = await variants_of(scene.ctx, draft, order)
            parameters["variant"] = next(variant_words(v, language) for v in variants if v.id == draft.variant)
        scene.say(f"utter_orders_confirm_{what}", parameters, buttons=self._buttons(scene, draft, order, now))

    def _buttons(self, scene: Scene, draft: Draft, order: Order, now: dict[str, Any]) -> list[dict[str, str]]:
        names = list(_BUTTONS[draft.kind or w.CANCEL])
        payloads = {**_PAYLOADS, names[0]: f'/affirm{{"choice":"confirm:{consent_digest(now)}"}}'}
        if draft.kind == w.CANCEL and sum(1 for line in order.lines if line.unsent) > 1:
            scope = "whole" if draft.items else "part"
            names.insert(1, f"cancel_{scope}")
            payloads[f"cancel_{scope}"] = inform("change", scope)
        return [{"title": scene.title(f"utter_orders_button_{name}"), "payload": payloads[name]} for name in names]


def _parcel(scene: Scene, order: Order) -> str:
    """The parcel that left last, in words; its carrier and number, and when it was sent."""
    sent = [parcel for parcel in order.fulfilments if parcel.shipped_at]
    if not sent:
        return ""
    parcel = sent[-1]
    day = formats.moment(parcel.shipped_at, scene.language, scene.ctx.zone) if parcel.shipped_at else ""
    return scene.ctx.texts.render(
        "utter_orders_parcel_words",
        scene.language,
        carrier=parcel.carrier,
        tracking=parcel.tracking_number,
        shipped=day,
    )
