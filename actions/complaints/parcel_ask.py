"""The questions about a parcel that never came."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.access import proven_customer
from actions.base import Events, Question, Scene, inform
from actions.complaints import parcel as p
from actions.complaints.common import consent_buttons, order_buttons, orders_at_hand, promised_time
from aftersales.domain.cases import CaseKind
from aftersales.domain.parcels import ParcelState
from aftersales.services.access import access_order
from runtime import formats


class AskComplaintsParcel(Question):
    slot = "complaints_parcel"

    async def ask(self, scene: Scene) -> Events:
        orders = await orders_at_hand(scene, await proven_customer(scene))
        offered = p.offered_parcels(scene, orders, scene.slot(p.WORDS), scene.slot(p.NOTED))
        scene.say("utter_complaints_ask_parcel", buttons=order_buttons(scene, offered))
        return []


class AskComplaintsPlan(Question):
    """A parcel on its way: to be reminded, or where it is late to have it looked for."""

    slot = "complaints_plan"

    async def ask(self, scene: Scene) -> Events:
        order = await access_order(
            scene.ctx, customer_id=await proven_customer(scene), number=str(scene.slot(p.ORDER))
        )
        state = p.standing_of(scene, order).state
        moving = state is ParcelState.MOVING
        offers = (p.WATCH, p.WAIT) if moving else (p.CLAIM, p.WAIT) if order_unsent(state) else (p.CLAIM, p.WATCH)
        buttons = [
            {"title": scene.title(f"utter_complaints_plan_{plan}"), "payload": inform("parcel", plan)}
            for plan in offers
        ]
        scene.say("utter_complaints_ask_plan" if moving else "utter_complaints_ask_plan_late", buttons=buttons)
        return []


class AskComplaintsParcelSure(Question):
    slot = "complaints_parcel_sure"

    async def ask(self, scene: Scene) -> Events:
        order = await access_order(
            scene.ctx, customer_id=await proven_customer(scene), number=str(scene.slot(p.ORDER))
        )
        now = p.shown(order, scene.slot)
        other = ("utter_complaints_button_other_remedy", inform("parcel", "other_remedy"))
        buttons = consent_buttons(scene, now, other)
        department = scene.ctx.policy.cases.department(CaseKind.NOT_DELIVERED, "")
        if scene.slot(p.SHOWN) == now:
            promised = promised_time(scene, department)
            scene.say("utter_complaints_confirm_again", {"promised": promised}, buttons=buttons)
            return []
        parameters = {
            "order": order.number,
            "title": order.lines[0].title.of(scene.language),
            "remedy": scene.title(f"utter_complaints_wish_{scene.slot(p.REMEDY)}"),
            "total": formats.money(order.total, scene.language),
            "department": department.name.of(scene.language),
            "hours": str(department.hours),
        }
        scene.say("utter_complaints_claim_summary", parameters, buttons=buttons)
        return [SlotSet(p.SHOWN, now)]


def order_unsent(state: ParcelState) -> bool:
    return state is ParcelState.HELD_UP
