"""How things stand: returns and refunds, parcels, orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from actions.access import known_customer
from actions.base import Events, Scene, ServiceAction
from actions.cards import order_card, return_card
from actions.changes.status import tell_changes
from actions.returns.draft import orders_numbered
from actions.returns.ship import note_parcel
from actions.returns.withdraw import returned_words
from actions.said import Said
from actions.topic import STATUS, After, Finished, Topic
from aftersales.domain.orders import Order
from aftersales.domain.texts import Language
from aftersales.services.access import access_orders
from aftersales.services.return_views import ReturnView, list_returns
from runtime import formats

GOAL = "session_goal"
SHOWN = 3


class StatusTopic(Topic):
    """Needs nothing but to know who asks; what was asked is kept in the goal."""

    name = "status"
    entry = STATUS
    empty: ClassVar[Mapping[str, Any]] = {GOAL: None}

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        goal = said.intent if said.intent in STATUS else said.likely
        return {GOAL: {"intent": goal, "order": said.first("order_number")}}

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        return None

    async def finish(self, scene: Scene) -> Finished:
        await ActionOrdersStatus().act(scene)
        return Finished(after=After.SAME_SESSION)


class ActionOrdersStatus(ServiceAction):
    action_name = "action_orders_status"

    async def act(self, scene: Scene) -> Events:
        customer_id = await known_customer(scene)
        if customer_id is None:
            scene.say("utter_orders_verify_first")
            return []
        said: Said = scene.said
        if await note_parcel(scene, said):
            return []
        goal = scene.slot(GOAL) or {}
        intent = next((name for name in (said.intent, goal.get("intent"), said.likely) if name in STATUS), None)
        reference = said.first("order_number") if said.intent in STATUS else goal.get("order")
        orders = list(await access_orders(scene.ctx, customer_id=customer_id, limit=50))
        if reference:
            orders = [order for order in orders if order.number in orders_numbered(orders, reference)]
            if not orders:
                scene.say("utter_error_not_found")
                return []
        if intent == "list_orders":
            self._tell_orders(scene, orders)
        elif intent == "track_order":
            self._tell_parcels(scene, orders)
        else:
            await self._tell_returns(scene, customer_id, [order.id for order in orders] if reference else None)
        return []

    def _tell_orders(self, scene: Scene, orders: list[Order]) -> None:
        if not orders:
            scene.say("utter_orders_none")
            return
        scene.say("utter_orders_list", cards=[order_card(order, scene.language) for order in orders[:5]])

    def _tell_parcels(self, scene: Scene, orders: list[Order]) -> None:
        live = [order for order in orders if order.status not in ("cancelled", "unpaid", "refunded")]
        moving = [order for order in live if order.status != "delivered"]
        if not live:
            scene.say("utter_orders_none" if not orders else "utter_orders_nothing_moving")
        for order in (moving or live)[:SHOWN]:
            for parcel in order.fulfilments:
                response, parameters = parcel_words(scene, parcel, scene.language)
                scene.say(response, {**parameters, "order": order.number})
            if not order.fulfilments:
                scene.say("utter_orders_parcel_none", {"order": order.number})

    async def _tell_returns(self, scene: Scene, customer_id: str, order_ids: list[str] | None) -> None:
        views = await list_returns(scene.ctx, customer_id=customer_id)
        if order_ids is not None:
            views = [view for view in views if view.item.order_id in order_ids]
        told = await tell_changes(scene, customer_id, order_ids=order_ids)
        if not views and not told:
            scene.say("utter_returns_status_none")
        unfinished = [view for view in views if view.next_step not in ("done", "cancelled", "rejected")]
        finished = [view for view in views if view not in unfinished]
        for view in [*unfinished, *finished[:1]][:SHOWN]:
            await tell_return(scene, view)


def parcel_words(scene: Scene, parcel: Any, language: Language) -> tuple[str, dict[str, str]]:
    known = {"carrier": parcel.carrier, "tracking": parcel.tracking_number}
    if parcel.delivered_at:
        return "utter_orders_parcel_delivered", {
            **known,
            "delivered": formats.moment(parcel.delivered_at, language, scene.ctx.zone),
        }
    if parcel.shipped_at:
        return "utter_orders_parcel", {
            **known,
            "shipped": formats.moment(parcel.shipped_at, language, scene.ctx.zone),
        }
    return "utter_orders_parcel_none", {}


async def tell_return(scene: Scene, view: ReturnView) -> None:
    """One return: where it stands, what comes next and by when."""
    language = scene.language
    order = await scene.ctx.shop.get_order(view.item.order_id)
    parameters = {
        "number": view.item.number,
        "items": returned_words(scene, view, order),
        "amount": formats.money(view.item.amount, language),
        "due": formats.day(view.refund_by or scene.ctx.today(), language),
    }
    response = f"utter_returns_status_{view.next_step}"
    text = scene.ctx.texts.render(response, language, **parameters)
    scene.say(response, parameters, cards=[return_card(view, order, language, text)])
