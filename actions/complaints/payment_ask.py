"""The questions about a payment that went wrong."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.access import proven_customer
from actions.base import Events, Question, Scene, inform
from actions.complaints import payment as p
from actions.complaints.common import consent_buttons, order_buttons, orders_at_hand, promised_time
from aftersales.domain.cases import CaseKind
from aftersales.domain.claims import PaymentTrouble


class AskComplaintsPayment(Question):
    slot = "complaints_payment"

    async def ask(self, scene: Scene) -> Events:
        buttons = [
            {
                "title": scene.title(f"utter_complaints_payment_{trouble.value}"),
                "payload": inform("payment", trouble.value),
            }
            for trouble in PaymentTrouble
        ]
        scene.say("utter_complaints_ask_payment", buttons=buttons)
        return []


class AskComplaintsCharge(Question):
    slot = "complaints_charge"

    async def ask(self, scene: Scene) -> Events:
        orders = await orders_at_hand(scene, await proven_customer(scene))
        offered = p.charged_orders(orders, scene.slot(p.TROUBLE), scene.slot(p.NOTED))
        scene.say("utter_complaints_ask_charge", buttons=order_buttons(scene, offered))
        return []


class AskComplaintsChargeSure(Question):
    slot = "complaints_charge_sure"

    async def ask(self, scene: Scene) -> Events:
        now = p.shown(scene.slot)
        buttons = consent_buttons(scene, now)
        department = scene.ctx.policy.cases.department(CaseKind.PAYMENT, "")
        if scene.slot(p.SHOWN) == now:
            promised = promised_time(scene, department)
            scene.say("utter_complaints_confirm_again", {"promised": promised}, buttons=buttons)
            return []
        parameters = {
            "trouble": scene.title(f"utter_complaints_payment_{scene.slot(p.TROUBLE)}"),
            "order": scene.slot(p.ORDER) or scene.title("utter_complaints_order_none"),
            "facts": self._facts(scene),
            "photos": str(len(scene.slot(p.PICTURES) or ())),
            "department": department.name.of(scene.language),
            "hours": str(department.hours),
        }
        scene.say("utter_complaints_payment_summary", parameters, buttons=buttons)
        return [SlotSet(p.SHOWN, now)]

    def _facts(self, scene: Scene) -> str:
        """What the customer told: amount, day, means, the card's last digits."""
        facts = dict(scene.slot(p.FACTS) or {})
        if means := facts.get("means"):
            facts["means"] = scene.title(f"utter_complaints_means_{means}")
        if tail := facts.get("card"):
            facts["card"] = f"****{tail}"
        gap = "、" if scene.language == "zh" else ", "
        told = [facts[name] for name in ("amount", "date", "means", "card") if name in facts]
        return gap.join(told) or scene.slot(p.WORDS) or scene.title("utter_complaints_facts_none")
