"""The linear model behind the intent classifier: arrays and a vocabulary, no pickled objects.

Training uses scikit-learn; predicting is numpy alone. Labels that form the `family` (requests of no concern to the
desk, too various to be told apart from forty others one by one) are one class first and are told apart second.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.features import CHARACTERS, terms

FAMILY = "<family>"


@dataclass
class Layer:
    """One-vs-rest margins: `weights` (terms, classes) float32, `bias` (classes,), `labels` in column order."""

    weights: Any
    bias: Any
    labels: list[str]

    def margins(self, columns: Any, values: Any) -> Any:
        """(classes,) for a text given as the numbers of its terms and their weights."""
        return values @ self.weights[columns] + self.bias


@dataclass
class LinearModel:
    """`vocabulary` numbers the terms, `idf` weighs them, `temperature` turns margins into probabilities.

    Terms below `boundary` are character n-grams, the others words; each of the two blocks has length one.
    """

    vocabulary: dict[str, int]
    idf: Any
    first: Layer
    second: Layer | None
    temperature: float
    boundary: int

    def rank(self, text: str) -> list[tuple[str, float]]:
        """All labels with their probabilities, likeliest first; of the family only its likeliest member."""
        counts = Counter(number for term in terms(text) if (number := self.vocabulary.get(term)) is not None)
        columns = np.fromiter(counts, dtype=np.int64, count=len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * self.idf[
            columns
        ]
        for block in (columns < self.boundary, columns >= self.boundary):
            values[block] /= np.linalg.norm(values[block]) or 1.0
        scores = softmax(self.first.margins(columns, values) / self.temperature)
        labels = list(self.first.labels)
        if self.second:
            member = self.second.labels[int(np.argmax(self.second.margins(columns, values)))]
            labels[labels.index(FAMILY)] = member
        order = np.argsort(-scores)
        return [(labels[index], float(scores[index])) for index in order]

    def save(self, folder: Path) -> None:
        """Writes weights.npz and labels.json."""
        arrays = {"idf": self.idf, "first": self.first.weights, "first_bias": self.first.bias}
        if self.second:
            arrays |= {"second": self.second.weights, "second_bias": self.second.bias}
        np.savez_compressed(folder / "weights.npz", **arrays)
        words = sorted(self.vocabulary, key=lambda term: self.vocabulary[term])
        about = {
            "temperature": self.temperature,
            "boundary": self.boundary,
            "first": self.first.labels,
            "second": self.second.labels if self.second else [],
            "vocabulary": words,
        }
        (folder / "labels.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf8")

    @classmethod
    def read(cls, folder: Path) -> "LinearModel":
        """The model that `save` wrote; FileNotFoundError without one."""
        about = json.loads((folder / "labels.json").read_text(encoding="utf8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            second = Layer(arrays["second"], arrays["second_bias"], about["second"]) if about["second"] else None
            first = Layer(arrays["first"], arrays["first_bias"], about["first"])
            idf = arrays["idf"]
        vocabulary = {term: number for number, term in enumerate(about["vocabulary"])}
        return cls(vocabulary, idf, first, second, about["temperature"], about["boundary"])


def softmax(scores: Any) -> Any:
    """Probabilities along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def train(texts: list[str], labels: list[str], family: set[str], config: dict[str, Any]) -> LinearModel:
    """Fits the model; `config` holds C, family_weight, min_df, calibration_share and seed."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    family = family & set(labels)
    vectorizer = TfidfVectorizer(
        analyzer=terms, sublinear_tf=True, norm=None, min_df=config["min_df"], dtype=np.float32
    )
    rows = vectorizer.fit_transform(texts)
    vocabulary = {term: int(number) for term, number in vectorizer.vocabulary_.items()}
    boundary = sum(term.startswith(CHARACTERS) for term in vocabulary)
    rows = hstack([normalize(rows[:, :boundary]), normalize(rows[:, boundary:])], format="csr")
    coarse = np.array([FAMILY if label in family else label for label in labels])
    weight = {FAMILY: config["family_weight"]} if family else None
    first = _fit(rows, coarse, config["C"], weight)
    inside = np.flatnonzero(coarse == FAMILY)
    second = _fit(rows[inside], np.array(labels)[inside], config["C"], None) if len(family) > 1 else None
    temperature = _temperature(rows, coarse, weight, config)
    if len(family) == 1:
        first.labels[first.labels.index(FAMILY)] = next(iter(family))
    return LinearModel(vocabulary, vectorizer.idf_.astype(np.float32), first, second, temperature, boundary)


def _fit(rows: Any, labels: Any, strength: float, weight: dict[str, float] | None) -> Layer:
    from sklearn.svm import LinearSVC

    fitted = LinearSVC(C=strength, tol=1e-3, class_weight=weight).fit(rows, labels)
    weights, bias, names = fitted.coef_, fitted.intercept_, [str(name) for name in fitted.classes_]
    if len(names) == 2:
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return Layer(np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32), names)


def _temperature(rows: Any, labels: Any, weight: dict[str, float] | None, config: dict[str, Any]) -> float:
    """Temperature with the least log-loss on a share of the texts that a second fit has not seen."""
    chance = np.random.default_rng(config["seed"]).random(len(labels))
    kept, held = chance >= config["calibration_share"], chance < config["calibration_share"]
    if set(labels[kept]) != set(labels) or not held.any():
        return 0.3
    layer = _fit(rows[kept], labels[kept], config["C"], weight)
    margins = rows[held] @ layer.weights + layer.bias
    truth = [layer.labels.index(label) for label in labels[held]]
    grid = np.geomspace(0.05, 2.0, 60)
    losses = [-np.log(softmax(margins / value)[np.arange(len(truth)), truth] + 1e-12).mean() for value in grid]
    return float(grid[int(np.argmin(losses))])
