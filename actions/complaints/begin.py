"""A message out of the blue that may belong to a case: a photo, or the answer to what a person asked."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.access import known_customer
from actions.base import Events, Scene
from actions.complaints.common import visitor_of, with_photo
from actions.complaints.draft import DETAILS
from actions.complaints.follow import ADD, ADDITION, CASE, DOING, PICTURES, FollowTopic
from actions.complaints.tell import live_views
from actions.complaints.topic import ComplaintTopic
from actions.said import Said
from aftersales.domain.cases import CaseKind, CaseState
from aftersales.services.complaints import MOST_PHOTOS, list_cases


async def begin_addition(scene: Scene, said: Said) -> Events | None:
    """What the message begins: an addition to the case that waits for the customer, or the offer of one.

    None where no case of this conversation is concerned.
    """
    if said.structured and not said.photo:
        return None
    if said.intent == "affirm" and scene.slot(DETAILS):  # a complaint was offered for what the feedback says
        return [SlotSet("session_topic", ComplaintTopic.name), FollowupAction("matter_form")]
    views = await list_cases(scene.ctx, visitor_of(scene, await known_customer(scene)))
    here = [view.case for view in live_views(views) if view.case.conversation_id == scene.conversation_id]
    waiting = [case for case in here if case.state is CaseState.WAITING_CUSTOMER]
    if len(waiting) == 1:
        photos = with_photo(None, said, most=MOST_PHOTOS)
        slots = {CASE: waiting[0].number, DOING: ADD, PICTURES: photos, ADDITION: "" if photos else None}
        topic = [SlotSet(name, value) for name, value in (*slots.items(), ("session_topic", FollowTopic.name))]
        return [*topic, FollowupAction("matter_form")]
    complaints = [case for case in here if case.kind is not CaseKind.HANDOVER]
    if said.photo and len(complaints) == 1:
        scene.say("utter_complaints_photo_for_case", {"number": complaints[0].number})
        return [
            SlotSet(PICTURES, with_photo(scene.slot(PICTURES), said, most=MOST_PHOTOS)),
            SlotSet("returns_photos", [said.photo]),
        ]
    return None
