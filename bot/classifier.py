"""The intent classifier as a Rasa component: features and classes in one."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.linear import LinearModel, train


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):
    """Sets `intent` and an `intent_ranking` of `ranking_length` entries, with calibrated confidences."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: LinearModel | None = None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`C` is the inverse regularisation; `family` the labels that are one class first (see bot.linear)."""
        return {
            "C": 0.5,
            "min_df": 2,
            "family": ["chitchat", "ask_product", "out_of_scope"],
            "family_weight": 1.5,
            "calibration_share": 0.2,
            "ranking_length": 10,
            "seed": 1,
        }

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that must be installed."""
        return ["sklearn", "jieba"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LinearIntentClassifier":
        """An untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fits on all examples that have a text and an intent."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        texts = [example.get(TEXT) for example in examples]
        labels = [example.get(INTENT) for example in examples]
        if len(set(labels)) > 1:
            self._model = train(texts, labels, set(self._config["family"]), self._config)
            with self._storage.write_to(self._resource) as folder:
                self._model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "LinearIntentClassifier":
        """The trained component; one that knows no intent where nothing was trained."""
        try:
            with model_storage.read_from(resource) as folder:
                model = LinearModel.read(folder)
            model.rank("你好")  # loads the dictionaries, so that the first customer does not wait for them
        except (ValueError, FileNotFoundError):
            model = None
        return cls(config, model_storage, resource, model)

    def process(self, messages: list[Message]) -> list[Message]:
        """Classifies; an empty text has no intent."""
        for message in messages:
            text = message.get(TEXT) or ""
            ranked = self._model.rank(text) if self._model and text.strip() else []
            ranking = [
                {"name": name, "confidence": score} for name, score in ranked[: self._config["ranking_length"]]
            ]
            message.set(
                INTENT, dict(ranking[0]) if ranking else {"name": None, "confidence": 0.0}, add_to_output=True
            )
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages
