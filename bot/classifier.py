"""The intent classifier as a Rasa component: features and classes in one."""

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.encoder import Encoder, make_encoder
from bot.encoder_graph import SIZE
from bot.linear import LinearModel, Reading
from bot.linear_training import train

IN_TRADE = "in_trade"  # message property: the probability that the text is of our trade


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):
    """Sets `intent`, an `intent_ranking` of `ranking_length` entries, both calibrated, and `in_trade`."""

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        model: LinearModel | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model
        self._encoder = encoder

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`C` is the inverse regularisation; `family` the labels that are one class first (see bot.linear)."""
        return {
            "C": 0.5,
            "tolerance": 0.01,
            "min_df": 2,
            "family": ["chitchat", "ask_product", "out_of_scope"],
            "family_weight": 1.5,
            "folds": 3,
            "ranking_length": 10,
            "encoder": True,
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
        """Fits on all examples that have a text and an intent. Raises ValueError for too few of them."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        texts = [example.get(TEXT) for example in examples]
        labels = [example.get(INTENT) for example in examples]
        self._encoder = make_encoder() if self._config["encoder"] else None
        self._model = train(texts, labels, self._vectors(texts), set(self._config["family"]), self._config)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
            if self._encoder:
                self._encoder.save(folder)
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
                loaded = cls(config, model_storage, resource, LinearModel.read(folder), Encoder.read(folder))
        except (ValueError, FileNotFoundError):
            return cls(config, model_storage, resource)
        loaded._read(["你好 hello"])  # loads the dictionaries, so that the first customer does not wait for them
        return loaded

    def process(self, messages: list[Message]) -> list[Message]:
        """Classifies; an empty text has no intent. Messages given together are encoded together."""
        texts = [message.get(TEXT) or "" for message in messages]
        for message, reading in zip(messages, self._read(texts), strict=True):
            ranking = [
                {"name": name, "confidence": confidence}
                for name, confidence in (reading.ranking if reading else [])[: self._config["ranking_length"]]
            ]
            best = dict(ranking[0]) if ranking else {"name": None, "confidence": 0.0}
            message.set(INTENT, best, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(IN_TRADE, reading.in_trade if reading else 0.0, add_to_output=True)
        return messages

    def _read(self, texts: list[str]) -> list[Reading | None]:
        model = self._model
        if model is None:
            return [None] * len(texts)
        vectors = self._vectors(texts)
        return [
            model.read_text(text, vector) if text.strip() else None
            for text, vector in zip(texts, vectors, strict=True)
        ]

    def _vectors(self, texts: list[str]) -> Any:
        return self._encoder.encode(texts) if self._encoder else np.zeros((len(texts), SIZE), dtype=np.float32)
