"""Passing a matter to a person: until an agent is live, a dated case that says when the answer comes."""

from __future__ import annotations

from datetime import timedelta

from actions.access import known_customer
from actions.base import Events, Scene, ServiceAction
from aftersales.domain.cases import Case, CaseKind
from aftersales.services.cases import file_case
from aftersales.services.overview import open_cases_of
from runtime import formats
from runtime.current import current


class ActionHandoffFile(ServiceAction):
    """One request for a person is enough: the case is filed at once, and told again when it is asked for again."""

    action_name = "action_handoff_file"

    async def act(self, scene: Scene) -> Events:
        waiting = await self._waiting(scene)
        case = waiting or await self._file(scene)
        promised = formats.deadline(case.promised_by, scene.language, scene.ctx.zone)
        response = "utter_handoff_filed_already" if waiting else "utter_handoff_filed"
        scene.say(response, {"number": case.number, "promised": promised})
        scene.finish_matter()
        return []

    async def _waiting(self, scene: Scene) -> Case | None:
        """An open hand-over of this conversation that was filed in another turn."""
        waiting = await open_cases_of(scene.ctx, conversation_id=scene.conversation_id)
        handed_over = [case for case in waiting if case.kind is CaseKind.HANDOVER]
        return next((case for case in handed_over if case.key != _key(scene)), None)

    async def _file(self, scene: Scene) -> Case:
        return await file_case(
            scene.ctx,
            conversation_id=scene.conversation_id,
            customer_id=await known_customer(scene),
            kind=CaseKind.HANDOVER,
            reason="talk_to_human",
            summary=scene.said.text,
            key=_key(scene),
            promise=timedelta(hours=current().settings.promise_hours),
        )


def _key(scene: Scene) -> str:
    return f"handoff:{scene.message_id}"
