"""What is asked and told about a price that fell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from rasa_sdk.events import SlotSet

from actions.access import proven_customer
from actions.base import Events, Question, Scene, inform
from actions.cards import line_title
from actions.returns.quote import consent_digest, customer_orders
from aftersales.domain.adjustments import Adjustment
from aftersales.domain.errors import Conflict
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.price_drops import PriceDrop, last_day
from aftersales.services.price_protection import PriceCheck, check_price_drops, waits_for_people
from runtime import formats

ORDER, QUOTED, CONFIRMED = "price_order", "price_quoted", "price_confirmed"
_OFFERS = 5


def offered(scene: Scene, orders: Sequence[Order]) -> list[Order]:
    """Orders whose prices still count, newest first; the newest of all where there are none."""
    ctx, today = scene.ctx, scene.ctx.today()
    counting = [
        order
        for order in orders
        if not order.is_cancelled
        and today <= last_day(order, ctx.policy_for(order).refunds.price_protection, zone=ctx.zone)
    ]
    return (counting or list(orders[:1]))[:_OFFERS]


def shown(check: PriceCheck) -> dict[str, Any]:
    """All that the customer is shown and consents to, as a slot value."""
    drops = [[drop.line_id, drop.units, drop.amount.minor] for drop in check.drops]
    return {
        "order": check.order.number,
        "drops": drops,
        "minor": check.owed.minor,
        "currency": check.owed.currency,
    }


class AskPriceOrder(Question):
    slot = ORDER

    async def ask(self, scene: Scene) -> Events:
        orders = offered(scene, await customer_orders(scene, await proven_customer(scene)))
        buttons = [
            {
                "title": f"{order.number[-5:]} · {order.lines[0].title.of(scene.language)}",
                "payload": inform("order", order.number),
            }
            for order in orders
        ]
        scene.say("utter_price_choose_order", buttons=buttons)
        return []


class AskPriceConfirmed(Question):
    """Shows what is owed for each line, and by which rule, and asks for a yes; what was shown is remembered."""

    slot = CONFIRMED

    async def ask(self, scene: Scene) -> Events:
        customer_id = await proven_customer(scene)
        check = await check_price_drops(scene.ctx, customer_id=customer_id, order_number=scene.slot(ORDER) or "")
        if not check.drops:
            raise Conflict("amount_changed")  # a price rose in this very moment
        now, amount = shown(check), formats.money(check.owed, scene.language)
        buttons = [
            {
                "title": scene.title("utter_price_yes"),
                "payload": f'/affirm{{"choice":"confirm:{consent_digest(now)}"}}',
            },
            {"title": scene.title("utter_price_no"), "payload": "/stop"},
        ]
        if scene.slot(QUOTED) == now:
            scene.say("utter_price_confirm_again", {"amount": amount}, buttons=buttons)
            return []
        goods = ("；" if scene.language == "zh" else "; ").join(
            _line_words(scene, check, drop) for drop in check.drops
        )
        told = {"order": check.order.number, "goods": goods, "amount": amount, "rule": _rule_words(scene, check)}
        scene.say("utter_price_confirm", told, buttons=buttons)
        return [SlotSet(QUOTED, now)]


async def tell_nothing(scene: Scene, check: PriceCheck) -> None:
    """That nothing is owed: by which rule and fact, and until when that may change."""
    if check.nothing is None:
        raise Conflict("amount_changed")
    day = formats.day(check.last_day, scene.language)
    told = {"order": check.order.number, "rule": _rule_words(scene, check), "day": day}
    scene.say(f"utter_price_{check.nothing.value}", told)


async def tell_filed(scene: Scene, items: Sequence[Adjustment]) -> None:
    """The numbers, the sum, and by when it is paid back."""
    policy = scene.ctx.policy_named(items[0].policy_version)
    created = items[0].created_at.astimezone(scene.ctx.zone).date()
    day = created + timedelta(days=policy.refunds.price_protection.refund_days)
    total = sum((item.amount for item in items), Money.zero(items[0].amount.currency))
    told = {
        "number": ("、" if scene.language == "zh" else ", ").join(item.number for item in items),
        "amount": formats.money(total, scene.language),
        "date": formats.day(day, scene.language),
    }
    waits = await waits_for_people(scene.ctx, items)
    scene.say("utter_price_filed_review" if waits else "utter_price_filed", told)


def _line_words(scene: Scene, check: PriceCheck, drop: PriceDrop) -> str:
    line, language = check.order.line(drop.line_id), scene.language
    return scene.ctx.texts.render(
        "utter_price_line",
        language,
        goods=line_title(line, language) + (f" ×{drop.units}" if drop.units > 1 else ""),
        paid=formats.money(drop.paid, language),
        now=formats.money(drop.now, language),
        owed=formats.money(drop.amount, language),
    )


def _rule_words(scene: Scene, check: PriceCheck) -> str:
    return check.rules.general().of(scene.language)
