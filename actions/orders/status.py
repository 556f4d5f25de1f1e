"""How things stand: parcels, returns, refunds, orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from actions.access import known_customer, proven_customer
from actions.base import Events, Scene, ServiceAction
from actions.cards import order_card
from actions.changes.status import tell_changes
from actions.orders.buttons import order_buttons
from actions.orders.choose import OVER, named_orders, orders_to_track, returns_to_tell
from actions.orders.money import tell_money, tell_recorded_refunds
from actions.orders.parcels import tell_parcels
from actions.orders.returns import tell_return
from actions.outbursts import is_met_by_person
from actions.returns.ship import note_parcel
from actions.said import Said
from actions.topic import STATUS, After, Finished, Topic
from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Order
from aftersales.services.access import access_order, access_orders
from aftersales.services.return_views import list_returns

GOAL = "session_goal"
ORDERS_AT_HAND = 50
SHOWN, LISTED = 3, 5
_FULL_NUMBER = 9
OWN_MONEY = {"intent": "check_refund_status", "order": None}


class StatusTopic(Topic):
    """Needs nothing but to know who asks; what was asked is kept in the goal."""

    name = "status"
    entry = STATUS
    empty: ClassVar[Mapping[str, Any]] = {GOAL: None}

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        return {GOAL: _goal(said, said.likely)}

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        return None

    async def finish(self, scene: Scene) -> Finished:
        await ActionOrdersStatus().act(scene)
        return Finished(after=After.SAME_SESSION)


async def money_under_way(scene: Scene, customer_id: str | None) -> bool:
    """Whether there is a return whose money has not been paid back yet."""
    views = await list_returns(scene.ctx, customer_id=customer_id)
    return any(view.item.amount.minor and view.next_step not in OVER for view in views)


def _goal(said: Said, otherwise: str) -> dict[str, Any]:
    """What is asked: the intent, the order's number and the words, as a slot value."""
    return {
        "intent": said.intent if said.intent in STATUS else otherwise,
        "order": said.first("order_number"),
        "words": "" if said.structured else said.text,
    }


class ActionOrdersStatus(ServiceAction):
    action_name = "action_orders_status"

    async def act(self, scene: Scene) -> Events:
        if await is_met_by_person(scene):
            return []
        customer_id = await known_customer(scene)
        if customer_id is None:
            scene.say("utter_orders_verify_first")
            return []
        said: Said = scene.said
        if await note_parcel(scene, said):
            return []
        kept = scene.slot(GOAL) or {}
        await self.tell(scene, _goal(said, said.likely) if said.intent in STATUS or not kept else kept)
        return []

    async def tell(self, scene: Scene, goal: Mapping[str, Any]) -> None:
        """Answers a proven customer what is asked, a goal as `_goal` gives it."""
        customer_id = await proven_customer(scene)
        orders = await _orders(scene, customer_id, goal["order"])
        if goal["intent"] in ("check_return_status", "check_refund_status"):
            await self._tell_returns(scene, customer_id, goal, orders)
            return
        named = named_orders(orders, reference=goal["order"], words=goal["words"])
        if named == []:
            scene.say("utter_error_not_found")
        elif goal["intent"] == "track_order":
            tell_parcels(scene, orders_to_track(orders, named=named), any_orders=bool(orders))
        else:
            self._tell_orders(scene, named or orders)

    def _tell_orders(self, scene: Scene, orders: Sequence[Order]) -> None:
        if not orders:
            scene.say("utter_orders_none")
            return
        cards = [order_card(order, scene.language) for order in orders[:LISTED]]
        only = orders[0] if len(orders) == 1 else None
        buttons = order_buttons(scene, ("track_order", "return_item"), only)
        scene.say("utter_orders_list", cards=cards, buttons=buttons)

    async def _tell_returns(
        self, scene: Scene, customer_id: str, goal: Mapping[str, Any], orders: Sequence[Order]
    ) -> None:
        views = await list_returns(scene.ctx, customer_id=customer_id)
        words = f"{goal['words']} {goal['order'] or ''}"
        named = named_orders(orders, reference=goal["order"], words=goal["words"])
        told = returns_to_tell(views, named=named, words=words)
        money = goal["intent"] == "check_refund_status"
        for view in told[:SHOWN]:
            tell = tell_money if money else tell_return
            await tell(scene, view, alone=len(told) == 1)
        ids = None if named is None else [order.id for order in named]
        changed = await tell_changes(scene, customer_id, order_ids=ids)
        if told or changed or (money and tell_recorded_refunds(scene, orders if named is None else named)):
            return
        if named == []:
            scene.say("utter_error_not_found")
        elif named:
            buttons = order_buttons(scene, ("return_item",), named[0])
            scene.say("utter_orders_no_return", {"order": named[0].number}, buttons=buttons)
        else:
            scene.say("utter_returns_status_none")


async def _orders(scene: Scene, customer_id: str, reference: str | None) -> Sequence[Order]:
    """The newest orders, and an older one that is named in full."""
    orders = list(await access_orders(scene.ctx, customer_id=customer_id, limit=ORDERS_AT_HAND))
    if reference and len(reference) >= _FULL_NUMBER and all(order.number != reference for order in orders):
        try:
            orders.append(await access_order(scene.ctx, customer_id=customer_id, number=reference))
        except NotFound:
            return orders
    return orders
