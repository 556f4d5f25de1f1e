"""The one form: hears what is asked for, lets another topic cut in, and takes the first up again afterwards.

A message is tried as an answer first, then as another topic, then as a digression that a rule answers, and is
else a miss.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.access import CODE, NUMBER, advance_access, known_customer
from actions.access import SLOTS as ACCESS_SLOTS
from actions.agreement import as_asked, has_crossed
from actions.asides import answer_aside
from actions.base import Events, Scene, ServiceAction
from actions.faq import ActionFaqAnswer
from actions.handoff import call_person
from actions.outbursts import is_met_by_person
from actions.questions import ask_next
from actions.said import Said, acted_since_message
from actions.topic import (
    GUEST,
    LEAVING,
    LOOSE,
    PARKED,
    QUESTIONS,
    SOCIAL,
    STATUS,
    TOPIC,
    After,
    Topic,
    slot_events,
)
from actions.topics import TOPICS, topic_for
from aftersales.domain.errors import Unavailable
from aftersales.domain.handovers import HandoverReason

FORM, FINISH = "matter_form", "action_matter_finish"
# What an unproven customer said at first, taken up once he is proven.
OPENING = "session_opening"
# Asked for while the shop cannot be reached: the message is kept and taken up again.
RETRY, KEPT = "session_retry", "session_kept"
MOST_MISSES = 2  # of one question; then a person is called, where somebody is at the desk
MATTER_EMPTY: dict[str, Any] = {TOPIC: None, PARKED: None, OPENING: None, KEPT: None}

_ACCESS_ANSWERS = {
    "access_number": ("order_number",),
    "access_contact": ("email", "phone"),
    "access_code": ("code", "email", "phone"),
}


class ValidateMatterForm(ServiceAction):
    """Returning no events lets Rasa reject the form for this message, so that a rule can answer the digression;
    the form is then run again and asks once more.
    """

    action_name = "validate_matter_form"

    async def act(self, scene: Scene) -> Events:
        events = await self._heed(scene)
        return [*events, *await ask_next(scene, events)]

    async def _heed(self, scene: Scene) -> Events:
        said: Said = scene.said
        asked = scene.slot("requested_slot")
        since = acted_since_message(scene.tracker)
        if asked and since - {FORM}:
            return [SlotSet("requested_slot", asked)]
        resumed = FINISH in since
        topic = TOPICS.get(scene.slot(TOPIC)) if asked or resumed else None
        topic = topic or topic_for(said) or TOPICS[scene.slot(TOPIC)]
        if asked and _asks_once_more(topic, said, asked):
            return _asked_again(topic, asked, [])
        if asked == RETRY:
            if said.intent in LEAVING | SOCIAL | QUESTIONS:
                return []
            kept = scene.slot(KEPT) or {}
            asked = kept.get("asked")
            said = Said.revive(kept.get("said")) if said.choice == ("session", "retry") else said
        wants_person = said.intent == "talk_to_human" and await call_person(scene, HandoverReason.REQUESTED)
        if wants_person or (await is_met_by_person(scene) and asked):
            return _asked_again(topic, asked, [])
        try:
            if resumed:
                return await self._resume(scene, topic)
            said = as_asked(scene, topic, said, asked)
            if asked and await has_crossed(scene, topic, said, asked):
                scene.say("utter_session_yes_crossed")
                return _asked_again(topic, asked, [])
            return await self._hear(scene, topic, said, asked)
        except Unavailable:
            if asked == RETRY:
                await call_person(scene, HandoverReason.SHOP_FAILURE)
            kept = {"said": said.kept(), "asked": asked}
            return slot_events({TOPIC: topic.name, KEPT: kept, "requested_slot": RETRY})

    async def _hear(self, scene: Scene, topic: Topic, said: Said, asked: str | None) -> Events:
        customer_id = await known_customer(scene)
        if customer_id is not None and asked in ACCESS_SLOTS:
            # The turn that proved it was lost, or another tab proved it.
            asked, said = None, _corrected(Said.revive(scene.slot(OPENING)), scene.slot(NUMBER))
        if asked and (left := await answer_aside(scene, topic, said, proven=customer_id is not None)) is not None:
            return _asked_again(topic, asked, left)
        answers = {**_ACCESS_ANSWERS, **topic.answered_by}.get(asked or "", ())
        answered = said.intent not in LEAVING and any(said.first(entity) for entity in answers)
        off = asked is not None and said.intent in topic.digressions(said, asked) and not answered
        leaves = off and said.intent in topic.leaving
        other = topic_for(said) if off and said.intent not in STATUS else None
        if other and leaves and not await other.means_earlier(scene, said, customer_id=customer_id):
            other = None
        if other and other is not topic:
            return await self._switch(scene, topic, other, said, customer_id)
        if leaves and scene.slot(PARKED):
            return await self._step_back(scene, topic)
        if off and said.intent in QUESTIONS:  # a rule would do the same in three calls
            return _asked_again(topic, asked, await ActionFaqAnswer().act(scene))
        if off and said.intent not in LOOSE:
            return []
        return await self._go_on(scene, topic, said, customer_id, asked, loose=off)

    async def _switch(
        self, scene: Scene, topic: Topic, other: Topic, said: Said, customer_id: str | None
    ) -> Events:
        """Goes over to another topic; the one at hand is parked unless it has heard nothing yet."""
        parked: list[str] = [name for name in scene.slot(PARKED) or [] if name != other.name]
        if (customer_id is not None or topic.open_to_guests) and topic.is_begun(scene):
            scene.say("utter_session_parked", {"matter": scene.title(f"utter_session_topic_{topic.name}")})
            parked = [*(name for name in parked if name != topic.name), topic.name]
        events = await self._go_on(scene, other, said, customer_id, None, loose=False)
        return [SlotSet(PARKED, parked or None), *events]

    async def _resume(self, scene: Scene, topic: Topic) -> Events:
        """Asks for what the topic lacks, without taking the message for an answer."""
        customer_id = await known_customer(scene)
        if customer_id is None and not topic.open_to_guests:
            return await self._prove(scene, topic, Said.revive(None), None, loose=False)
        slots: dict[str, Any] = {}
        following = await topic.next_slot(scene, slots, customer_id=customer_id or GUEST)
        return slot_events({**slots, TOPIC: topic.name, "requested_slot": following})

    async def _step_back(self, scene: Scene, topic: Topic) -> Events:
        """Drops the topic at hand for the one that it cut in on."""
        scene.say("utter_session_stop")
        left = resumed_after(scene, topic.empty)
        return [*left, *await self._resume(scene, TOPICS[scene.slot(PARKED)[-1]])]

    async def _go_on(
        self, scene: Scene, topic: Topic, said: Said, customer_id: str | None, asked: str | None, *, loose: bool
    ) -> Events:
        if customer_id is None and (asked in ACCESS_SLOTS or not topic.open_to_guests):
            events = await self._prove(scene, topic, said, asked, loose=loose)
        else:
            events = await self._listen(scene, topic, said, customer_id or GUEST, asked, loose=loose)
        return [SlotSet(TOPIC, topic.name), *events] if events else []

    async def _prove(self, scene: Scene, topic: Topic, said: Said, asked: str | None, *, loose: bool) -> Events:
        customer_id, access, understood = await advance_access(scene, said, asked=asked)
        if customer_id is not None:
            opening = _corrected(Said.revive(scene.slot(OPENING)), access.number)
            told = await self._listen(scene, topic, opening, customer_id, None, loose=False)
            return slot_events(access.slots()) + told
        if asked in ACCESS_SLOTS and said.intent in topic.entry and not understood:
            return slot_events({OPENING: said.kept(), "requested_slot": access.missing})
        if asked in ACCESS_SLOTS and not understood:
            return [] if loose else await self._missed(scene, access.missing)
        opened = {} if asked in ACCESS_SLOTS else {OPENING: said.kept()}
        return slot_events({**access.slots(), **opened, "session_misses": 0, "requested_slot": access.missing})

    async def _listen(
        self, scene: Scene, topic: Topic, said: Said, customer_id: str, asked: str | None, *, loose: bool
    ) -> Events:
        changes = await topic.take(scene, said, customer_id=customer_id, asked=asked)
        if changes is None and asked:
            return [] if loose else await self._missed(scene, asked)
        slots = changes or {}
        following = await topic.next_slot(scene, slots, customer_id=customer_id)
        return slot_events({**slots, "session_misses": 0, "requested_slot": following})

    async def _missed(self, scene: Scene, asked: str) -> Events:
        misses = int(scene.slot("session_misses") or 0) + 1
        if misses > MOST_MISSES:
            await call_person(scene, HandoverReason.UNSURE)
        first = {
            "access_number": "utter_access_number_unreadable",
            "access_contact": "utter_access_contact_unreadable",
        }.get(asked, "utter_session_not_caught")
        scene.say(first if misses == 1 else "utter_session_not_caught_again")
        return slot_events({"session_misses": misses, "requested_slot": asked})


def _asked_again(topic: Topic, asked: str | None, left: Events) -> Events:
    return [*left, *slot_events({TOPIC: topic.name, "requested_slot": asked})]


def _corrected(opening: Said, number: str | None) -> Said:
    """What was said at first, with the order number by which it was proven who asks: the first may be mistyped."""
    return opening.naming("order_number", number) if number else opening


def _asks_once_more(topic: Topic, said: Said, asked: str) -> bool:
    """The question is wanted again, or the code that it asks for has not come."""
    if asked == CODE and said.intent == "report_not_delivered":
        return not any(said.first(entity) for entity in _ACCESS_ANSWERS[CODE])
    return said.intent == "repeat" and "repeat" in topic.digressions(said, asked)


class ActionMatterFinish(ServiceAction):
    """Has the complete topic act; then the topic that it cut in on is taken up again."""

    action_name = FINISH

    async def act(self, scene: Scene) -> Events:
        topic = TOPICS[scene.slot(TOPIC)]
        finished = await topic.finish(scene)
        if finished.after is After.ONCE_MORE:
            return [*slot_events(finished.slots), FollowupAction(FORM)]
        if scene.slot(PARKED):
            return [*resumed_after(scene, finished.slots), FollowupAction(FORM)]
        if finished.after is After.NEW_SESSION:
            scene.finish_matter()
        return slot_events({**finished.slots, **MATTER_EMPTY})


def resumed_after(scene: Scene, slots: Mapping[str, Any]) -> Events:
    """Says which topic is taken up again; the slots that this and the end of the topic at hand leave behind."""
    *parked, resumed = scene.slot(PARKED)
    scene.say("utter_session_resumed", {"matter": scene.title(f"utter_session_topic_{resumed}")})
    return slot_events({**slots, TOPIC: resumed, PARKED: parked or None})
