"""What the front sends the bot and what it gets back, as plain data. Pure; standard library only."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("zh", "en")
KINDS = ("text", "choice", "attachment")
TEXT_LIMIT = 8000

_FIELDS = {"session", "message_id", "kind", "text", "language", "language_fixed"}
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_PAYLOAD = re.compile(r"/([A-Za-z_][A-Za-z0-9_]*)\s*(\{.*\})?", re.DOTALL)
_LEADING_SLASHES = re.compile(r"^[\s/／]+")


class BadTurnError(ValueError):
    """The request is not a turn; the text says why and holds nothing of what the customer wrote."""


@dataclass(frozen=True)
class Turn:
    """One customer message. `kind` tells how `text` is to be read: see KINDS."""

    session: str
    message_id: str
    kind: str
    text: str
    language: str
    language_fixed: bool

    @property
    def metadata(self) -> dict[str, Any]:
        """What the pipeline and the actions are told beside the text."""
        return {
            "message_id": self.message_id,
            "kind": self.kind,
            "language": self.language,
            "language_fixed": self.language_fixed,
        }


@dataclass(frozen=True)
class Payload:
    """An intent with its entities, given outright instead of being understood from a text."""

    intent: str
    entities: Sequence[tuple[str, Any]] = ()

    @property
    def text(self) -> str:
        values: dict[str, Any] = {}
        for name, value in self.entities:
            values[name] = [*values[name], value] if name in values else [value]
        flat = {name: many[0] if len(many) == 1 else many for name, many in values.items()}
        return f"/{self.intent}" + (json.dumps(flat, ensure_ascii=False) if flat else "")

    @property
    def parse_data(self) -> dict[str, Any]:
        """As Rasa's pipeline would report it."""
        intent = {"name": self.intent, "confidence": 1.0}
        entities = [{"entity": name, "value": value} for name, value in self.entities]
        return {"text": self.text, "intent": intent, "intent_ranking": [intent], "entities": entities}


def read_turn(body: Any) -> Turn:
    """Raises BadTurnError unless `body` has exactly a turn's fields with values of their types."""
    if not isinstance(body, dict) or set(body) != _FIELDS:
        raise BadTurnError(f"the body must be an object with exactly {sorted(_FIELDS)}")
    for field in ("session", "message_id"):
        if not isinstance(body[field], str) or not _NAME.fullmatch(body[field]):
            raise BadTurnError(f"{field} must be 1 to 200 of the characters A-Z a-z 0-9 _ . : -")
    if body["kind"] not in KINDS:
        raise BadTurnError(f"kind must be one of {KINDS}")
    if not isinstance(body["text"], str) or len(body["text"]) > TEXT_LIMIT:
        raise BadTurnError(f"text must be a string of at most {TEXT_LIMIT} characters")
    if body["kind"] == "attachment" and not _NAME.fullmatch(body["text"]):
        raise BadTurnError("text must be an attachment id")
    if body["language"] not in LANGUAGES:
        raise BadTurnError(f"language must be one of {LANGUAGES}")
    if not isinstance(body["language_fixed"], bool):
        raise BadTurnError("language_fixed must be a boolean")
    return Turn(**body)


def payload_of(turn: Turn) -> Payload | None:
    """The intent that a choice or an attachment stands for; None when the text has to be understood."""
    if turn.kind == "attachment":
        return Payload("inform", (("photo", turn.text),))
    if turn.kind == "choice":
        return _read_payload(turn.text.strip())
    return None


def spoken_text(written: str) -> str:
    """The customer's words without leading slashes, which Rasa would read as a command.

    Where nothing else was written a question mark stands in: the pipeline needs some text.
    """
    return _LEADING_SLASHES.sub("", written).strip() or "?"


def _read_payload(value: str) -> Payload | None:
    match = _PAYLOAD.fullmatch(value)
    if match is None:
        return None
    try:
        entities = json.loads(match[2]) if match[2] else {}
    except ValueError:
        return None
    pairs: list[tuple[str, Any]] = []
    for name, given in entities.items():
        pairs += [(name, value) for value in (given if isinstance(given, list) else [given])]
    return Payload(match[1], tuple(pairs))


def to_reply(said: dict[str, Any]) -> dict[str, Any] | None:
    """A reply for one thing that Rasa said ({text, buttons, custom}); None when there is nothing to show."""
    custom = said.get("custom") or {}
    cards = custom.get("cards", [])
    text = said.get("text") or ""
    choices = [{"title": b["title"], "value": b["payload"]} for b in said.get("buttons") or []]
    if not (text or cards or choices):
        return None
    return {"text": text, "choices": choices, "cards": cards}
