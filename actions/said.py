"""What the customer has just said, read once from the tracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rasa_sdk import Tracker

UNSURE = "nlu_fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One customer message as the bot understood it.

    `intent` is the decided one ("nlu_fallback" when unsure), `ranking` the likeliest (intent, confidence), best
    first, without the fallback itself. `entities` maps a name to its normalised values in the order of the text.
    `choice` is (kind, value) of a button that was tapped; `photo` an attachment id.
    """

    text: str
    intent: str
    ranking: tuple[tuple[str, float], ...]
    entities: Mapping[str, tuple[str, ...]]
    choice: tuple[str, str] | None
    photo: str | None

    @property
    def structured(self) -> bool:
        """A button or a file instead of words."""
        return self.text.startswith("/")

    @property
    def likely(self) -> str:
        """The likeliest real intent, sure or not."""
        return self.ranking[0][0] if self.ranking else self.intent

    def kept(self) -> dict[str, Any]:
        """The message as a slot value, for Said.revive."""
        return {
            "text": self.text,
            "intent": self.intent,
            "entities": {k: list(v) for k, v in self.entities.items()},
        }

    @classmethod
    def revive(cls, kept: Mapping[str, Any] | None) -> Said:
        kept = kept or {"text": "", "intent": UNSURE, "entities": {}}
        entities = {name: tuple(values) for name, values in kept["entities"].items()}
        return cls(
            text=kept["text"],
            intent=kept["intent"],
            ranking=(),
            entities=entities,
            choice=None,
            photo=entities.get("photo", (None,))[0],
        )

    def naming(self, entity: str, value: str) -> Said:
        """The message with another value where it named one of this entity."""
        if entity not in self.entities:
            return self
        return replace(self, entities={**self.entities, entity: (value,)})

    def first(self, entity: str) -> str | None:
        values = self.entities.get(entity, ())
        return values[0] if values else None


def read_said(tracker: Tracker) -> Said:
    """The latest customer message of the tracker."""
    message: Mapping[str, Any] = tracker.latest_message or {}
    entities: dict[str, tuple[str, ...]] = {}
    for found in message.get("entities") or ():
        entities[found["entity"]] = (*entities.get(found["entity"], ()), str(found["value"]))
    ranking = tuple(
        (item["name"], float(item["confidence"]))
        for item in message.get("intent_ranking") or ()
        if item.get("name") and item["name"] != UNSURE
    )
    kind, colon, value = entities.get("choice", ("",))[0].partition(":")
    return Said(
        text=str(message.get("text") or ""),
        intent=str((message.get("intent") or {}).get("name") or UNSURE),
        ranking=ranking,
        entities=entities,
        choice=(kind, value) if colon else None,
        photo=entities.get("photo", (None,))[0],
    )


def acted_since_message(tracker: Tracker) -> frozenset[str]:
    """What the bot has done since the customer's last message, but for listening and reading it."""
    done: set[str] = set()
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            break
        if event.get("event") == "action":
            done.add(str(event.get("name")))
    return frozenset(done - {"action_extract_slots", "action_listen"})


def actions_before(tracker: Tracker) -> frozenset[str]:
    """What the bot did between the customer's last message but one and the last."""
    done: set[str] = set()
    users = 0
    for event in reversed(tracker.events):
        users += event.get("event") == "user"
        if users > 1:
            break
        if users == 1 and event.get("event") == "action":
            done.add(str(event.get("name")))
    return frozenset(done)


def put_in_answer_to(tracker: Tracker, slot: str) -> str | None:
    """The id of the customer message in whose turn the slot was last given a value; None when that is long ago."""
    found = False
    for event in reversed(tracker.events):
        found = found or (
            event.get("event") == "slot" and event.get("name") == slot and event.get("value") is not None
        )
        if found and event.get("event") == "user":
            return str((event.get("metadata") or {}).get("message_id") or "") or None
    return None


def conversation_id(tracker: Tracker) -> str:
    """The conversation behind the bot session `<conversation id>.<matter>`."""
    return str(tracker.sender_id).partition(".")[0]


def language_of(tracker: Tracker) -> Any:
    return "en" if tracker.get_slot("language") == "en" else "zh"
