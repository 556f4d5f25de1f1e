"""Quality of predictions against gold files. Pure; standard library only.

acc: share of texts whose intent is right; F1: macro over intents with at least 3 gold texts; cover: share of
our-trade texts that are acted on; right: share of those acted on rightly; false: share of other-trade texts that
are acted on as a request of our trade; ece: expected calibration error in ten bins.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = ("acc", "F1", "cover", "right", "false", "ece")
OTHER = "out_of_scope"
OTHER_TRADE = {"chitchat", "ask_product", OTHER, "nlu_fallback"}
SOCIAL = {
    "greet",
    "goodbye",
    "thank",
    "affirm",
    "deny",
    "stop",
    "help",
    "bot_challenge",
    "repeat",
    "change_language",
    "inform",
}

Row = dict[str, Any]
Pair = tuple[Row, Row]


def read_lines(path: Path) -> list[Row]:
    """The objects of a JSON-lines file."""
    with path.open(encoding="utf8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def one_class(intent: str) -> str:
    """Other-trade intents count as one."""
    return OTHER if intent in OTHER_TRADE else intent


def allowed(gold: Row) -> set[str]:
    """The classes that are right for this text."""
    return {one_class(gold["intent"]), *map(one_class, gold.get("also", ()))}


def score(pairs: Sequence[Pair]) -> dict[str, float]:
    """The columns for pairs of gold and prediction, shares of 1; NaN where there is nothing to measure."""
    hits = sum(one_class(prediction["intent"]) in allowed(gold) for gold, prediction in pairs)
    return {"acc": _share(hits, len(pairs)), "F1": _f1(pairs), **_risk(pairs), "ece": _calibration_error(pairs)}


def _f1(pairs: Sequence[Pair]) -> float:
    right: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for gold, prediction in pairs:
        truth, guess = one_class(gold["intent"]), one_class(prediction["intent"])
        if guess in allowed(gold):
            right[truth] += 1
        else:
            missed[truth] += 1
            wrong[guess] += 1
    support = right + missed
    values = [2 * right[k] / (2 * right[k] + wrong[k] + missed[k]) for k, count in support.items() if count >= 3]
    return _share(sum(values), len(values))


def _risk(pairs: Sequence[Pair]) -> dict[str, float]:
    trade = acted = rightly = other = wrongly = 0
    for gold, prediction in pairs:
        guess = one_class(prediction["intent"])
        acts = prediction["decision"] == "act" and guess != OTHER
        if one_class(gold["intent"]) == OTHER:
            other += 1
            wrongly += acts and guess not in SOCIAL
        else:
            trade += 1
            acted += acts
            rightly += acts and guess in allowed(gold)
    return {"cover": _share(acted, trade), "right": _share(rightly, acted), "false": _share(wrongly, other)}


def _calibration_error(pairs: Sequence[Pair]) -> float:
    bins: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for gold, prediction in pairs:
        cell = bins[min(9, int(prediction["confidence"] * 10))]
        cell[0] += prediction["confidence"]
        cell[1] += one_class(prediction["intent"]) in allowed(gold)
    return _share(sum(abs(confident - right) for confident, right in bins.values()), len(pairs))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def mistakes(pairs: Iterable[Pair]) -> list[Pair]:
    """Wrong intents, the surest first."""
    wrong = [(gold, guess) for gold, guess in pairs if one_class(guess["intent"]) not in allowed(gold)]
    return sorted(wrong, key=lambda pair: -float(pair[1]["confidence"]))


def entity_values(prediction: Row, names: set[str]) -> dict[str, list[str | int]]:
    """Values of the named entities in the order of the text."""
    values: dict[str, list[str | int]] = {}
    for one in prediction["entities"]:
        if one["entity"] in names:
            values.setdefault(one["entity"], []).append(one["value"])
    return values


def score_entities(pairs: Sequence[Pair], names: set[str]) -> tuple[float, Mapping[str, tuple[int, int, int]]]:
    """Share of texts with all entities right, and per entity (right, found, expected) values."""
    exact = 0
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for gold, prediction in pairs:
        found = entity_values(prediction, names)
        exact += found == gold["entities"]
        for name in {*found, *gold["entities"]}:
            ours, theirs = Counter(found.get(name, [])), Counter(gold["entities"].get(name, []))
            numbers = ((ours & theirs).total(), ours.total(), theirs.total())
            counts[name] = [before + now for before, now in zip(counts[name], numbers, strict=True)]
    table = {name: (right, found, expected) for name, (right, found, expected) in sorted(counts.items())}
    return _share(exact, len(pairs)), table
