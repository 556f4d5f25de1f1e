"""The decision of bot.decision as a Rasa component, in the place of Rasa's FallbackClassifier."""

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.decision import FILE, Decision, Talk, decide, read_limits

FALLBACK = "nlu_fallback"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Decider(GraphComponent, IntentClassifier):
    """Sets `decision` ("act", "clarify", "human") and `among`; but for "act" the intent becomes nlu_fallback.

    Belongs after the classifier and the entities. The channel's metadata tells of the talk: the slot that was
    `asked` for, and the `misses`, questions in a row that led nowhere.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._limits = read_limits(Path(config["limits"] or FILE))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`limits` is a file like bot/decision.yml, which is the default."""
        return {"limits": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Decider":
        """A component; it needs no training."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Decides about each message by itself."""
        for message in messages:
            _put(message, self._decide(message))
        return messages

    def _decide(self, message: Message) -> Decision:
        told = message.get("metadata") or {}
        return decide(
            message.get(TEXT) or "",
            [(entry["name"], entry["confidence"]) for entry in message.get(INTENT_RANKING_KEY) or []],
            in_trade=message.get("in_trade", 1.0),
            entities={entity["entity"] for entity in message.get(ENTITIES) or []},
            talk=Talk(told.get("asked"), int(told.get("misses") or 0)),
            limits=self._limits,
        )


def _put(message: Message, decision: Decision) -> None:
    ranking = [{"name": name, "confidence": confidence} for name, confidence in decision.ranking]
    if decision.kind != "act":
        ranking.insert(0, {"name": FALLBACK, "confidence": 1 - (ranking[0]["confidence"] if ranking else 0.0)})
    message.set(INTENT, dict(ranking[0]), add_to_output=True)
    message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
    message.set("decision", decision.kind, add_to_output=True)
    message.set("among", list(decision.among), add_to_output=True)
