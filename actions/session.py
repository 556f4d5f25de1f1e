"""Not understood, say it again, stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Events, Scene, ServiceAction
from actions.complaints.begin import begin_addition
from actions.faq import ActionFaqAnswer
from actions.handoff import ActionHandoffFile, call_person
from actions.matter import FORM, MATTER_EMPTY
from actions.orders.words import asks_for_own_money
from actions.outbursts import is_met_by_person
from actions.returns.ship import note_parcel
from actions.returns.wish import remedy_said
from actions.said import UNSURE, Said, actions_before
from actions.topic import QUESTIONS, REQUESTS, STATUS, TOPIC, Topic, slot_events
from actions.topics import TOPICS, opened_by, topic_for
from aftersales.domain.handovers import HandoverReason
from aftersales.services.returns import MOST_ATTACHMENTS

CLARIFY = "action_session_clarify"
SUGGESTED = QUESTIONS | STATUS | REQUESTS | {"talk_to_human"}
LIKELY_ENOUGH = 0.12
SURE_TOGETHER = 0.5


def agreed_topic(said: Said) -> Topic | None:
    """The topic that the likeliest meanings open alike, when they are together likelier than all others.

    A reason for a return, said out of the blue, opens a return; so does a plain word for how to put it right.
    """
    if said.intent == UNSURE and remedy_said(said, None):
        return opened_by("return_item")
    if said.first("reason") and said.intent == "inform":
        return opened_by("return_item")
    topic = opened_by(said.likely)
    share = sum(confidence for name, confidence in said.ranking if topic and name in topic.entry)
    return topic if share >= SURE_TOGETHER else None


class ActionSessionClarify(ServiceAction):
    """Asks between the two or three likeliest meanings; the second time in a row offers a person.

    Where a person is all that could be meant, there is nothing to ask.
    """

    action_name = CLARIFY

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        if await is_met_by_person(scene):
            return []
        addition = await begin_addition(scene, said)
        if addition is not None:
            return addition
        if said.photo:
            scene.say("utter_session_photo_noted")
            photos = [*(scene.slot("returns_photos") or []), said.photo]
            return slot_events({"returns_photos": photos[-MOST_ATTACHMENTS:]})
        if await note_parcel(scene, said):
            return []
        if not said.structured and asks_for_own_money(said.text):
            return await ActionFaqAnswer().act(scene)
        before = actions_before(scene.tracker)
        topic = topic_for(said) or agreed_topic(said)
        if topic:
            return [SlotSet(TOPIC, topic.name), FollowupAction(FORM)]
        likely = [name for name, confidence in said.ranking if name in SUGGESTED and confidence >= LIKELY_ENOUGH]
        if likely == ["talk_to_human"] and not said.structured:
            return await ActionHandoffFile().act(scene)
        if CLARIFY in before:
            if not await call_person(scene, HandoverReason.UNSURE):
                scene.say("utter_session_offer_person")
            return []
        if not likely or said.structured:
            scene.say("utter_session_clarify_open")
            return []
        names = list(dict.fromkeys([*likely[:3], "talk_to_human"]))
        buttons = [{"title": scene.title(f"utter_intent_{name}"), "payload": f"/{name}"} for name in names]
        scene.say("utter_session_clarify", buttons=buttons)
        return []


class ActionSessionRepeat(ServiceAction):
    action_name = "action_session_repeat"

    async def act(self, scene: Scene) -> Events:
        for event in reversed(scene.tracker.events):
            if event.get("event") == "bot" and event.get("text"):
                said_before: Mapping[str, Any] = event.get("data") or {}
                scene.dispatcher.utter_message(text=event["text"], buttons=said_before.get("buttons") or [])
                return []
        scene.say("utter_session_nothing_to_repeat")
        return []


class ActionSessionStop(ServiceAction):
    """Leaves the task at hand, if there is one, and forgets what it had gathered."""

    action_name = "action_session_stop"

    async def act(self, scene: Scene) -> Events:
        busy = bool(scene.tracker.active_loop)
        scene.say("utter_session_stop" if busy else "utter_session_nothing_more")
        if busy:
            scene.finish_matter()
        told = {name: empty for topic in TOPICS.values() for name, empty in topic.empty.items()}
        return slot_events({**told, **MATTER_EMPTY})
