"""Entities and the language of a message, as Rasa components around the pure rules."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.entities import find_entities
from bot.language import asked_language, read_language


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AfterSalesEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Adds the entities of `bot.entities`, order references taken from the entity ruler's spans."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._zone = ZoneInfo(config["time_zone"])
        self._today = date.fromisoformat(str(config["today"])) if config["today"] else None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`time_zone` decides what "today" is; `today` (YYYY-MM-DD) fixes it, for tests and measurements."""
        return {"time_zone": "Asia/Shanghai", "today": None}

    @classmethod
    def required_components(cls) -> list[type]:
        """The spaCy documents carry the ruler's spans."""
        return [SpacyNLP]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "AfterSalesEntityExtractor":
        """A component; it needs no training."""
        return cls(config)

    def _day(self, metadata: dict[str, Any]) -> date:
        if given := metadata.get("today"):
            return date.fromisoformat(given)
        return self._today or datetime.now(self._zone).date()

    def process(self, messages: list[Message]) -> list[Message]:
        """Appends to the message's entities; the metadata's `today` (YYYY-MM-DD) goes before all else."""
        for message in messages:
            today = self._day(message.get("metadata") or {})
            document = message.get(SPACY_DOCS[TEXT])
            spans = [(span.start_char, span.end_char) for span in document.ents] if document else []
            found = [vars(one).copy() for one in find_entities(message.get(TEXT) or "", today, spans)]
            known = message.get(ENTITIES, [])
            message.set(ENTITIES, known + self.add_extractor_name(found), add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class LanguageReader(GraphComponent, EntityExtractorMixin):
    """Adds one entity `language`, "zh" or "en", to every message; belongs after the classifiers.

    The channel's metadata is the memory: {"language": "zh" | "en", "language_fixed": bool}.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LanguageReader":
        """A component; it needs no training."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Appends to the message's entities."""
        for message in messages:
            text = message.get(TEXT) or ""
            language = _language(text, message.get("metadata") or {}, (message.get(INTENT) or {}).get("name"))
            entity = {"entity": "language", "value": language, "start": 0, "end": len(text)}
            message.set(
                ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name([entity]), add_to_output=True
            )
        return messages


def _language(text: str, metadata: dict[str, Any], intent: str | None) -> str:
    remembered = metadata.get("language") if metadata.get("language") in ("zh", "en") else None
    if intent == "change_language":
        return asked_language(text, remembered)
    if remembered and metadata.get("language_fixed"):
        return str(remembered)
    return read_language(text, remembered)
