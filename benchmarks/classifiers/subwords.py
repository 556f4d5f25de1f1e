"""fastText's classifier and vectors, which make words of their pieces; floret learns them from our examples."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jieba
import numpy as np

from benchmarks.scores import one_class
from bot.features import normalise

LABEL = "__label__"
PIECES = {"minn": 2, "maxn": 5, "dim": 100, "thread": 1, "verbose": 0}
# As fastText's tutorial on classification ends, but a softmax, for probabilities that can be compared.
CLASSIFIER = {"lr": 0.5, "epoch": 25, "wordNgrams": 2, "bucket": 200_000, "loss": "softmax", "seed": 1}
# As floret's page proposes; more epochs, since the texts are few.
VECTORS = {"model": "cbow", "mode": "floret", "hashCount": 2, "bucket": 50_000, "epoch": 25, "minCount": 2}


class SubwordClassifier:
    """The mean of the vectors of words, word pairs and pieces, and a softmax over the intents."""

    def __init__(self, texts: list[str], labels: list[str]) -> None:
        lines = [f"{LABEL}{one_class(label)} {words(text)}" for text, label in zip(texts, labels, strict=True)]
        self._model = _learn("train_supervised", lines, CLASSIFIER)

    def read(self, text: str) -> tuple[str, float]:
        """The likeliest with its probability."""
        labels, probabilities = self._model.predict(words(text))
        return labels[0].removeprefix(LABEL), float(probabilities[0])

    def size(self) -> int:
        """Bytes of the model's file."""
        return _size(self._model)


class SubwordVectors:
    """Vectors of texts, learnt without labels."""

    def __init__(self, texts: list[str]) -> None:
        self._model = _learn("train_unsupervised", [words(text) for text in texts], VECTORS)

    def embed(self, texts: Sequence[str]) -> Any:
        """(texts, dim) float32: the mean of the words' vectors, of length one, or zeros without words."""
        found = np.array([self._model.get_sentence_vector(words(text)) for text in texts], dtype=np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return found / np.where(lengths, lengths, 1)

    def size(self) -> int:
        """Bytes of the model's file."""
        return _size(self._model)


def words(text: str) -> str:
    """The jieba words of the text, normalised as ours, with a space between each two."""
    return " ".join(word for word in jieba.cut(normalise(text)) if not word.isspace())


def _learn(function: str, lines: list[str], settings: dict[str, Any]) -> Any:
    import floret  # in no environment of ours: the others are measured without it

    with TemporaryDirectory() as folder:
        file = Path(folder) / "texts.txt"
        file.write_text("\n".join(lines) + "\n", encoding="utf8")
        return getattr(floret, function)(str(file), **PIECES, **settings)


def _size(model: Any) -> int:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.bin"
        model.save_model(str(file))
        return file.stat().st_size
