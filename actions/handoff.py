"""Passing a matter to a person: until an agent is live, a dated case that says when the answer comes.

Who asks for a person gets the case at once. A matter that only a person can settle is offered first, because it
may have been misunderstood.
"""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.events import SlotSet

from actions.access import known_customer
from actions.base import Events, Scene, ServiceAction
from actions.said import Said, actions_before
from actions.topic import CASES
from aftersales.domain.cases import Case, CaseKind
from aftersales.services.cases import file_case
from aftersales.services.overview import open_cases_of
from runtime import formats
from runtime.current import current

OFFER = "action_handoff_offer"
# The matter that was offered to be passed on: {"intent", "text"}.
MATTER = "session_matter"


class ActionHandoffOffer(ServiceAction):
    """Asks whether a matter that the bot cannot settle shall go to a person; within a form it is only named."""

    action_name = OFFER

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        title = scene.title(f"utter_intent_{said.intent}")
        if scene.tracker.active_loop:
            scene.say("utter_handoff_later", {"matter": title})
            return []
        scene.say("utter_handoff_offer", {"matter": title})
        return [SlotSet(MATTER, {"intent": said.intent, "text": said.text})]


class ActionHandoffFile(ServiceAction):
    action_name = "action_handoff_file"

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        offered = (scene.slot(MATTER) or {}) if OFFER in actions_before(scene.tracker) else {}
        matter = offered.get("intent") if offered.get("intent") in CASES else None
        waiting = await self._waiting(scene, matter)
        case = waiting or await self._file(scene, matter, summary=offered.get("text") or said.text)
        promised = formats.deadline(case.promised_by, scene.language, scene.ctx.zone)
        response = "utter_handoff_filed_already" if waiting else "utter_handoff_filed"
        scene.say(response, {"number": case.number, "promised": promised})
        scene.finish_matter()
        return [SlotSet(MATTER, None)]

    async def _waiting(self, scene: Scene, matter: str | None) -> Case | None:
        """An open case of this conversation about the same matter, filed in another turn."""
        waiting = await open_cases_of(scene.ctx, conversation_id=scene.conversation_id)
        ours = [case for case in waiting if case.kind is not CaseKind.APPROVAL]
        same = [case for case in ours if matter is None or case.reason == matter]
        return next((case for case in same if case.key != _key(scene)), None)

    async def _file(self, scene: Scene, matter: str | None, *, summary: str) -> Case:
        return await file_case(
            scene.ctx,
            conversation_id=scene.conversation_id,
            customer_id=await known_customer(scene),
            kind=CaseKind.HANDOVER,
            reason=matter or "talk_to_human",
            summary=summary,
            key=_key(scene),
            promise=timedelta(hours=current().settings.promise_hours),
        )


def _key(scene: Scene) -> str:
    return f"handoff:{scene.message_id}"
