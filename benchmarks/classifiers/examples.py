"""The examples of data/nlu, as training reads them."""

import random
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scores import OTHER, one_class

DATA = Path(__file__).resolve().parents[2] / "data" / "nlu"
LANGUAGES = ("zh", "en")
HELD_OUT = 1 / 3  # of the examples of our trade
SEED = 1


@dataclass(frozen=True)
class Example:
    """A text to learn from, with its intent and the language of its file."""

    text: str
    intent: str
    language: str


def read_examples() -> list[Example]:
    """All with a text and an intent, in the order of their files; what both languages hold, once.

    Needs the bot environment.
    """
    from rasa.shared.nlu.constants import INTENT, TEXT
    from rasa.shared.nlu.training_data.loading import load_data

    found: dict[tuple[str, str], Example] = {}
    for language in LANGUAGES:
        for one in load_data(str(DATA / language)).intent_examples:
            if one.get(TEXT):
                found.setdefault(
                    (one.get(TEXT), one.get(INTENT)), Example(one.get(TEXT), one.get(INTENT), language)
                )
    return list(found.values())


def split(examples: list[Example]) -> tuple[list[Example], list[Example]]:
    """Those kept to learn from and those held out, the same in every run."""
    drawn = random.Random(SEED)  # noqa: S311 (no secret)
    held = {one for one in examples if one_class(one.intent) != OTHER and drawn.random() < HELD_OUT}
    return [one for one in examples if one not in held], [one for one in examples if one in held]
