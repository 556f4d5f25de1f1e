"""Passing a matter to a person: until an agent is live, a dated case that says when the answer comes.

Who asks for a person gets the case at once. A matter that only a person can settle is offered first, because it
may have been misunderstood.
"""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.events import SlotSet

from actions.access import known_customer
from actions.base import Events, Scene, ServiceAction
from actions.forms import CASES
from actions.said import Said
from aftersales.domain.cases import CaseKind
from aftersales.services.cases import file_case
from runtime import formats
from runtime.current import current

# The matter that was offered to be passed on: {"intent", "text"}.
MATTER = "session_matter"


class ActionHandoffOffer(ServiceAction):
    """Asks whether a matter that the bot cannot settle shall go to a person."""

    action_name = "action_handoff_offer"

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        title = scene.title(f"utter_intent_{said.intent}")
        scene.say("utter_handoff_offer", {"matter": title})
        return [SlotSet(MATTER, {"intent": said.intent, "text": said.text})]


class ActionHandoffFile(ServiceAction):
    action_name = "action_handoff_file"

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        offered = scene.slot(MATTER) or {}
        matter = offered.get("intent") if offered.get("intent") in CASES else None
        case = await file_case(
            scene.ctx,
            conversation_id=scene.conversation_id,
            customer_id=await known_customer(scene),
            kind=CaseKind.COMPLAINT if matter == "file_complaint" else CaseKind.HANDOVER,
            reason=matter or said.intent,
            summary=offered.get("text") or said.text,
            key=f"handoff:{scene.tracker.sender_id}:{matter or 'person'}",
            promise=timedelta(hours=current().settings.promise_hours),
        )
        promised = formats.moment(case.promised_by, scene.language, scene.ctx.zone)
        scene.say("utter_handoff_filed", {"number": case.number, "promised": promised})
        return [SlotSet(MATTER, None)]
