"""The linear model behind the intent classifier: arrays and a vocabulary, no pickled objects.

Training (bot.linear_training) uses scikit-learn; predicting is numpy alone. Labels that form the `family`
(requests of no concern to the desk, too various to be told apart from forty others one by one) are one class
first and are told apart second. How sure that is, and whether the text is of our trade at all, is judged from
the margins.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.features import terms
from bot.neighbours import NEARNESS, Neighbours

FAMILY = "<family>"


@dataclass(frozen=True)
class Text:
    """A text as numbers: its `columns` in the vocabulary with their `values`, and the encoder's `vector`."""

    columns: Any
    values: Any
    vector: Any

    @property
    def english(self) -> bool:
        return bool(self.vector.any())


@dataclass
class Layer:
    """One-vs-rest margins: `weights` (terms, classes), `dense` (encoder, classes), `bias` (classes,), `labels`."""

    weights: Any
    dense: Any
    bias: Any
    labels: list[str]

    def margins(self, text: Text) -> Any:
        """(classes,) in the order of the labels."""
        return text.values @ self.weights[text.columns] + text.vector @ self.dense + self.bias


@dataclass
class Judge:
    """A logistic model over the evidence, one row for texts without English words and one for those with.

    `weights` (2, evidence), `bias` (2,).
    """

    weights: Any
    bias: Any

    def probability(self, seen: Any, *, english: bool) -> float:
        """Between 0 and 1."""
        score = seen @ self.weights[int(english)] + self.bias[int(english)]
        return float(1 / (1 + np.exp(-score)))


@dataclass(frozen=True)
class Reading:
    """All labels with their confidences, likeliest first, and the probability that the text is of our trade."""

    ranking: list[tuple[str, float]]
    in_trade: float


@dataclass
class LinearModel:
    """`vocabulary` numbers the terms, `idf` weighs them, `temperature` turns margins into probabilities.

    `starts` numbers the first term of each kind (bot.features.KINDS); each kind has length one. `trade` tells
    texts of ours ("False") from those of other trades ("True"); `right` judges the likeliest label, `ours` the
    trade.
    """

    vocabulary: dict[str, int]
    idf: Any
    starts: list[int]
    first: Layer
    second: Layer
    trade: Layer
    temperature: float
    right: Judge
    ours: Judge
    neighbours: Neighbours

    def text(self, text: str, vector: Any) -> Text:
        """`vector` is the encoder's, zeros without one."""
        counts = Counter(number for term in terms(text) if (number := self.vocabulary.get(term)) is not None)
        columns = np.fromiter(counts, dtype=np.int64, count=len(counts))
        often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1 + np.log(often)) * self.idf[columns]
        kinds = np.searchsorted(self.starts, columns, side="right") - 1
        lengths = np.sqrt(np.bincount(kinds, values**2, len(self.starts))).astype(np.float32)
        return Text(columns, values / lengths[kinds], vector)

    def read_text(self, written: str, vector: Any) -> Reading:
        """Of the family only its likeliest member is ranked."""
        text = self.text(written, vector)
        margins = self.first.margins(text)
        family = self.first.labels.index(FAMILY)
        near = self.neighbours.near(vector[None]) if text.english else np.zeros((1, NEARNESS), dtype=np.float32)
        seen = evidence(margins[None], self.trade.margins(text)[1:], near, family, self.temperature)[0]
        sure = self.right.probability(seen, english=text.english)
        labels = list(self.first.labels)
        labels[family] = self.second.labels[int(np.argmax(self.second.margins(text)))]
        scores = with_top(softmax(margins / self.temperature), sure)
        ranking = [(labels[index], float(scores[index])) for index in np.argsort(-margins)]
        return Reading(ranking, self.ours.probability(seen, english=text.english))

    def save(self, folder: Path) -> None:
        """Writes weights.npz and labels.json."""
        arrays = {"idf": self.idf}
        for name in ("first", "second", "trade"):
            layer: Layer = getattr(self, name)
            arrays |= {name: layer.weights, f"{name}_dense": layer.dense, f"{name}_bias": layer.bias}
        for name in ("right", "ours"):
            judge: Judge = getattr(self, name)
            arrays |= {name: judge.weights, f"{name}_bias": judge.bias}
        arrays |= {"turn": self.neighbours.turn, "examples": self.neighbours.vectors}
        np.savez_compressed(folder / "weights.npz", **arrays)
        about = {
            "temperature": self.temperature,
            "starts": self.starts,
            "ours": self.neighbours.ours,
            "labels": {name: getattr(self, name).labels for name in ("first", "second", "trade")},
            "vocabulary": sorted(self.vocabulary, key=lambda term: self.vocabulary[term]),
        }
        (folder / "labels.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf8")

    @classmethod
    def read(cls, folder: Path) -> "LinearModel":
        """The model that `save` wrote; FileNotFoundError without one."""
        about = json.loads((folder / "labels.json").read_text(encoding="utf8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            layers = {
                name: Layer(arrays[name], arrays[f"{name}_dense"], arrays[f"{name}_bias"], labels)
                for name, labels in about["labels"].items()
            }
            judges = {name: Judge(arrays[name], arrays[f"{name}_bias"]) for name in ("right", "ours")}
            near = Neighbours(arrays["turn"], arrays["examples"], about["ours"])
            idf = arrays["idf"]
        vocabulary = {term: number for number, term in enumerate(about["vocabulary"])}
        return cls(
            vocabulary,
            idf,
            about["starts"],
            temperature=about["temperature"],
            neighbours=near,
            **layers,
            **judges,
        )


def softmax(scores: Any) -> Any:
    """Probabilities along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def with_top(probabilities: Any, top: float) -> Any:
    """The likeliest gets the probability `top`, the others share the rest as before; no other passes it."""
    best = int(np.argmax(probabilities))
    rest = probabilities.sum() - probabilities[best]
    scaled = np.minimum(probabilities * ((1 - top) / max(rest, 1e-12)), top)
    scaled[best] = top
    return scaled


def evidence(margins: Any, trade: Any, near: Any, family: int, temperature: float) -> Any:
    """(texts, 5 + NEARNESS): the likeliest's log-odds, margin and lead, the family's margin, the trade's; near."""
    top = np.clip(softmax(margins / temperature).max(axis=1), 1e-6, 1 - 1e-6)
    ordered = np.sort(margins, axis=1)
    lead = ordered[:, -1] - ordered[:, -2]
    told = np.stack([np.log(top / (1 - top)), ordered[:, -1], lead, margins[:, family], trade], axis=1)
    return np.hstack([told, near])
