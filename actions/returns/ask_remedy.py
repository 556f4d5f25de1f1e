"""Questions about the remedy: which one, and what is wanted instead."""

from __future__ import annotations

from typing import Any

from actions.access import proven_customer
from actions.base import Events, Question, Scene, inform
from actions.cards import goods_words, line_title
from actions.returns.draft import Draft
from actions.returns.exchange import offered_variants, possible
from actions.returns.plan import units
from actions.returns.quote import NOTED
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, OrderLine, Variant
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy
from aftersales.services.access import access_order
from aftersales.services.exchange_choice import list_choices, own_variant
from runtime import formats

FEW = 3  # so many or fewer in stock are said


def remedy_buttons(scene: Scene, draft: Draft, remedies: tuple[Remedy, ...]) -> list[dict[str, str]]:
    return [
        {"title": remedy_title(scene, draft, remedy), "payload": inform("remedy", remedy.value)}
        for remedy in remedies
    ]


def remedy_title(scene: Scene, draft: Draft, remedy: Remedy) -> str:
    """What never came is sent again rather than exchanged."""
    if remedy is Remedy.EXCHANGE and draft.reason is Reason.MISSING_ITEM:
        return scene.title("utter_exchanges_button_resend")
    return scene.title(f"utter_returns_remedy_{remedy.value}")


async def order_at_hand(scene: Scene, draft: Draft) -> Order:
    return await access_order(scene.ctx, customer_id=await proven_customer(scene), number=draft.order or "")


class AskReturnsRemedy(Question):
    slot = "returns_remedy"

    async def ask(self, scene: Scene) -> Events:
        draft = Draft.of(scene.slot)
        order = await order_at_hand(scene, draft)
        goods = goods_words([(order.line(item), count) for item, count in units(draft, order)], scene.language)
        buttons = remedy_buttons(scene, draft, await possible(scene, draft, order))
        scene.say("utter_returns_choose_remedy", {"items": goods}, buttons=buttons)
        return []


class AskReturnsVariant(Question):
    """Offers what is in stock for the first line without a choice; says what is sold out."""

    slot = "returns_variant"

    async def ask(self, scene: Scene) -> Events:
        draft, noted = Draft.of(scene.slot), scene.slot(NOTED) or {}
        order = await order_at_hand(scene, draft)
        line = next(order.line(item) for item in draft.items if item not in draft.variants)
        choices = await list_choices(scene.ctx, order=order, line=line)
        count = dict(units(draft, order))[line.id]
        offered = offered_variants(line, choices, noted, count=count)
        buttons = [self._button(scene, line, own_variant(line, choices), variant) for variant in offered]
        gone = [variant for variant in choices if variant.id in noted.get("sold_out", ())]
        wanted = " / ".join(variant.options.of(scene.language) for variant in gone)
        parameters = {"title": line_title(line, scene.language), "wanted": wanted}
        scene.say(
            self._response(noted, wanted, bool(offered)), parameters, buttons=[*buttons, *self._ways_out(scene)]
        )
        return []

    def _response(self, noted: dict[str, Any], wanted: str, stocked: bool) -> str:
        if not stocked:
            return "utter_exchanges_nothing_in_stock"
        if wanted:
            return "utter_exchanges_sold_out"
        if noted.get("beyond"):
            return "utter_exchanges_no_such_size"
        return "utter_exchanges_choose_among" if noted.get("variants") else "utter_exchanges_choose"

    def _button(self, scene: Scene, line: OrderLine, own: Variant, variant: Variant) -> dict[str, str]:
        language = scene.language
        same = variant.id == line.variant_id
        name = variant.options.of(language) or variant.title.of(language)
        parts = [scene.title("utter_exchanges_button_same") if same else name]
        difference = variant.price - own.price
        if difference.minor:
            response = "utter_exchanges_button_more" if difference.minor > 0 else "utter_exchanges_button_less"
            amount = formats.money(Money(abs(difference.minor), difference.currency), language)
            parts.append(scene.ctx.texts.render(response, language, amount=amount))
        if variant.stock <= FEW:
            count = str(variant.stock)
            parts.append(scene.ctx.texts.render("utter_exchanges_button_left", language, count=count))
        return {"title": " · ".join(parts), "payload": inform("variant", variant.id)}

    def _ways_out(self, scene: Scene) -> list[dict[str, str]]:
        return [
            {
                "title": scene.title("utter_returns_remedy_return"),
                "payload": inform("remedy", Remedy.RETURN.value),
            },
            {"title": scene.title("utter_returns_button_not_now"), "payload": "/stop"},
        ]
