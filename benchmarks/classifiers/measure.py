"""What a classifier gets right, how often it takes other trades for ours, and what it costs."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.classifiers.examples import LANGUAGES, Example
from benchmarks.scores import OTHER, Pair, one_class, score

WRITTEN = ("written_zh", "written_en")
ACTED_ON = 0.8  # of the requests of our trade in the written sets

Row = dict[str, Any]


class Classifier(Protocol):
    """Chitchat, ask_product and out_of_scope may be one class for it, as they are scored."""

    def read(self, text: str) -> tuple[str, float]:
        """The likeliest intent, and how sure it is that acting on it is right (0 to 1)."""

    def size(self) -> int:
        """Bytes of its files."""


# Learns from texts and their intents.
Make = Callable[[list[str], list[str]], Classifier]


@dataclass(frozen=True)
class Result:
    """`right` and `false` by set, shares of 1; processor time of learning and of a text in s and ms, files in MB.

    `false`: share of other-trade texts acted on as ours, at the limit at which ACTED_ON of ours are acted on.
    """

    right: Mapping[str, float]
    false: Mapping[str, float]
    seconds: float
    milliseconds: float
    megabytes: float


def measure(make: Make, examples: list[Example], sets: Mapping[str, list[Row]]) -> Result:
    """Learns from all examples; the sets must hold the WRITTEN ones."""
    began = time.process_time()
    classifier = _learn(make, examples)
    seconds = time.process_time() - began
    texts = list(dict.fromkeys(row["text"] for rows in sets.values() for row in rows))
    classifier.read(texts[0])  # loads what is loaded on first use
    began = time.process_time()
    found = {text: classifier.read(text) for text in texts}
    milliseconds = 1000 * (time.process_time() - began) / len(texts)
    pairs = {name: [(row, _row(*found[row["text"]])) for row in rows] for name, rows in sets.items()}
    limit = limit_at([pair for name in WRITTEN for pair in pairs[name]], ACTED_ON)
    scores = {name: score([(gold, _decided(row, limit)) for gold, row in rows]) for name, rows in pairs.items()}
    return Result(
        {name: row["acc"] for name, row in scores.items()},
        {name: row["false"] for name, row in scores.items()},
        seconds,
        milliseconds,
        classifier.size() / 1e6,
    )


def _row(intent: str, confidence: float) -> Row:
    return {"intent": intent, "confidence": confidence}


def limit_at(pairs: Sequence[Pair], share: float) -> float:
    """The confidence at which this share of the requests of our trade is acted on, rightly or wrongly.

    The lowest one where fewer are taken for ours at all; infinite where none is.
    """
    ours = [guess for gold, guess in pairs if one_class(gold["intent"]) != OTHER]
    sure = sorted((row["confidence"] for row in ours if one_class(row["intent"]) != OTHER), reverse=True)
    return float(sure[min(math.ceil(share * len(ours)), len(sure)) - 1]) if sure else math.inf


def _decided(row: Row, limit: float) -> Row:
    return row | {"decision": "act" if row["confidence"] >= limit else "clarify"}


def measure_held_out(make: Make, kept: list[Example], held: list[Example]) -> dict[str, float]:
    """Learns from the kept ones alone; share of the others that it gets right, by language."""
    classifier = _learn(make, kept)
    shares = {}
    for language in LANGUAGES:
        asked = [one for one in held if one.language == language]
        hits = sum(classifier.read(one.text)[0] == one.intent for one in asked)
        shares[language] = hits / len(asked) if asked else math.nan
    return shares


def _learn(make: Make, examples: Sequence[Example]) -> Classifier:
    return make([one.text for one in examples], [one.intent for one in examples])
