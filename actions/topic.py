"""What a topic is: one kind of matter that a customer comes with, such as a return, and how it listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions.base import Events, Scene
from actions.consent import FILE
from actions.said import Said
from aftersales.domain.faq import QUESTION_INTENTS

QUESTIONS = QUESTION_INTENTS - {"ask_product"}
STATUS = frozenset({"check_return_status", "check_refund_status", "track_order", "list_orders"})
LEAVING = frozenset({"stop", "talk_to_human", "goodbye"})
SOCIAL = frozenset({"greet", "thank", "help", "bot_challenge", "repeat", "change_language"})
# What goods are called often looks like small talk or another trade: it is tried as an answer first.
LOOSE = frozenset({"chitchat", "out_of_scope", "ask_product"})
# What opens a topic, whichever it is.
REQUESTS = frozenset(
    "return_item exchange_item request_refund report_damaged_item report_wrong_item report_missing_item "
    "cancel_return file_complaint "
    "check_complaint_status report_not_delivered report_payment_problem give_feedback "
    "cancel_order modify_order".split()
)


# The customer id of somebody who has not proven who they are.
GUEST = ""

# The topic at hand.
TOPIC = "session_topic"

# The names of the topics that the one at hand cut in on, the latest last.
PARKED = "session_parked"


def slot_events(slots: Mapping[str, Any]) -> Events:
    return [SlotSet(name, value) for name, value in slots.items()]


class After(Enum):
    """What follows a finished topic: a new bot session, the same one, or the same topic once more."""

    NEW_SESSION = "new_session"
    SAME_SESSION = "same_session"
    ONCE_MORE = "once_more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of a complete topic, and the slots that it leaves behind."""

    slots: Mapping[str, Any] = field(default_factory=dict)
    after: After = After.NEW_SESSION


class Topic:
    """One kind of matter behind the one form. Stateless: what was told stands in slots named after the topic.

    The form asks a topic what a message changes (`take`), what to ask for next (`next_slot`), and has it act when
    nothing is missing any more (`finish`). What is asked for is said by a Question, or by `utter_ask_<slot>`.
    """

    name: ClassVar[str] = ""
    # The intents that open the topic.
    entry: ClassVar[frozenset[str]] = frozenset()
    # Intents that end it in the middle.
    leaving: ClassVar[frozenset[str]] = frozenset({"stop"})
    # All slots of the topic, as they are when nothing was told.
    empty: ClassVar[Mapping[str, Any]] = {}
    # Whether it may be begun by somebody who has not proven who they are: `customer_id` is empty then, and the
    # topic asks for access_number once it needs a proof.
    open_to_guests: ClassVar[bool] = False
    # Whether anger alone is met and the question asked again; where faults are told, it is part of what is told.
    calms: ClassVar[bool] = True
    # Where a yes is asked for: the slot asked for -> the slot that holds what was shown with the question.
    yes_to: ClassVar[Mapping[str, str]] = {}
    # What answers a slot whatever else the message looks like: slot -> names of entities.
    answered_by: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        """Intents that are not for this topic at this step: another topic takes over, or a rule answers them."""
        return (LEAVING | QUESTIONS | STATUS | SOCIAL | LOOSE | REQUESTS) - self.entry

    def deeds(self, scene: Scene) -> Mapping[str, bool]:
        """The deeds that a yes agrees to, as consent.as_consent takes them."""
        return {FILE: True}

    def opens(self, said: Said) -> bool:
        """Whether the message begins the topic; the first of all topics that says yes has it."""
        return said.intent in self.entry

    async def means_earlier(self, scene: Scene, said: Said, *, customer_id: str | None) -> bool:
        """Whether words that would leave another topic speak of an earlier matter, which is this topic's."""
        return False

    def is_begun(self, scene: Scene) -> bool:
        """Whether something was told that is worth coming back to after another topic has cut in."""
        return any(scene.slot(name) is not None for name in self.empty)

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        """The slots that the message changes; None when it says nothing to this topic."""
        raise NotImplementedError

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        """The slot to ask for next; None when the topic is complete. `slots` holds this turn's changes."""
        raise NotImplementedError

    async def finish(self, scene: Scene) -> Finished:
        """Does what was agreed, and tells. A turn that is run again must not do it twice."""
        raise NotImplementedError
