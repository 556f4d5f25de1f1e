"""The questions of the complaint, and its summary."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.access import known_customer
from actions.base import Events, Question, Scene, inform
from actions.complaints.common import consent_buttons, order_buttons, orders_at_hand, promised_time
from actions.complaints.draft import Draft
from actions.complaints.topic import NOTED, SHOWN, offered_orders, shown
from aftersales.domain.cases import CaseKind
from aftersales.domain.claims import ComplaintType


class AskComplaintsType(Question):
    slot = "complaints_type"

    async def ask(self, scene: Scene) -> Events:
        buttons = [
            {
                "title": scene.title(f"utter_complaints_type_{kind.value}"),
                "payload": inform("complaint_type", kind.value),
            }
            for kind in ComplaintType
        ]
        scene.say("utter_complaints_ask_type", buttons=buttons)
        return []


class AskComplaintsOrder(Question):
    slot = "complaints_order"

    async def ask(self, scene: Scene) -> Events:
        none = {
            "title": scene.title("utter_complaints_button_no_order"),
            "payload": inform("complaint", "no_order"),
        }
        customer_id = await known_customer(scene)
        if customer_id is None:
            scene.say("utter_complaints_ask_order_guest", buttons=[none])
            return []
        orders = offered_orders(await orders_at_hand(scene, customer_id), scene.slot(NOTED))
        scene.say("utter_complaints_ask_order", buttons=[*order_buttons(scene, orders), none])
        return []


class AskComplaintsConfirmed(Question):
    """Shows the summary and asks for an explicit yes; nothing else than what was shown is filed."""

    slot = "complaints_confirmed"

    async def ask(self, scene: Scene) -> Events:
        draft = Draft.of(scene.slot)
        if draft.type is None:
            return []
        now = shown(draft)
        buttons = consent_buttons(
            scene,
            now,
            ("utter_complaints_button_other_type", inform("complaint", "other_type")),
            ("utter_complaints_button_other_details", inform("complaint", "other_details")),
        )
        if scene.slot(SHOWN) == now:
            rules = scene.ctx.policy.cases
            promised = promised_time(scene, rules.department(CaseKind.COMPLAINT, draft.type), draft.severity)
            scene.say("utter_complaints_confirm_again", {"promised": promised}, buttons=buttons)
            return []
        before = scene.slot(SHOWN)
        if before and {**before, "photos": now["photos"]} == now:
            scene.say("utter_complaints_photo_added", {"photos": str(len(now["photos"]))}, buttons=buttons)
            return [SlotSet(SHOWN, now)]
        scene.say("utter_complaints_summary", self._parameters(scene, draft), buttons=buttons)
        return [SlotSet(SHOWN, now)]

    def _parameters(self, scene: Scene, draft: Draft) -> dict[str, str]:
        kind = draft.type or ComplaintType.OTHER
        department = scene.ctx.policy.cases.departments[scene.ctx.policy.cases.complaints[kind]]
        return {
            "type": scene.title(f"utter_complaints_type_{kind.value}"),
            "order": draft.order or scene.title("utter_complaints_order_none"),
            "details": draft.details or "",
            "wish": scene.title(f"utter_complaints_wish_{draft.wish.value if draft.wish else 'none'}"),
            "photos": str(len(draft.photos or ())),
            "department": department.name.of(scene.language),
        }
