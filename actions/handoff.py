"""Passing a matter to a person: until an agent is live, a dated case that says when the answer comes."""

from __future__ import annotations

from datetime import timedelta

from actions.access import known_customer
from actions.base import Events, Scene, ServiceAction
from actions.forms import CASES
from actions.said import Said
from aftersales.domain.cases import CaseKind
from aftersales.services.cases import file_case
from runtime import formats
from runtime.current import current


class ActionHandoffFile(ServiceAction):
    action_name = "action_handoff_file"

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        matter = said.intent if said.intent in CASES else None
        case = await file_case(
            scene.ctx,
            conversation_id=scene.conversation_id,
            customer_id=await known_customer(scene),
            kind=CaseKind.COMPLAINT if matter == "file_complaint" else CaseKind.HANDOVER,
            reason=said.intent,
            summary=said.text,
            key=f"handoff:{scene.tracker.sender_id}:{matter or 'person'}",
            promise=timedelta(hours=current().settings.promise_hours),
        )
        promised = formats.moment(case.promised_by, scene.language, scene.ctx.zone)
        if matter:
            title = scene.title(f"utter_intent_{matter}")
            scene.say("utter_handoff_filed_matter", {"number": case.number, "promised": promised, "matter": title})
        else:
            scene.say("utter_handoff_filed", {"number": case.number, "promised": promised})
        return []
