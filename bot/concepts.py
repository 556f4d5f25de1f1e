"""What words mean: damage, waiting, sending back, a lamp. One list for both languages (data/lexicon/concepts.yml).

A word that no example holds still says something when another word of its concept stands in them: who has read of
kettles that leak understands a thermos that drips. Needs PyYAML.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import yaml

FILE = Path(__file__).resolve().parent.parent / "data" / "lexicon" / "concepts.yml"

RUNS = (2, 3)  # pieces

Names = tuple[str, ...]
Key = tuple[str, ...]

_PIECE = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]|[^\w\s]")
_ENDING = re.compile(r"(?<=[a-z]{3})(?:ing|ed|ers?|es|ly|s|e)$")
_DOUBLE = re.compile(r"([bdgklmnprt])\1$")


def concept_terms(text: str) -> list[str]:
    """Of a normalised text, repeats included: its concepts, pairs of them, and what stands round them.

    Words give way to their concept in runs of two and three, so that "退 #goods" is one for all kinds of goods.
    Pairs are of neighbours ("a>b") and of next but one ("a>>b").
    """
    pieces = list(_read(text.replace("’", "'")))
    named = [names for names, _ in pieces if names]
    found = [name for names in named for name in names]
    found += [f"{one}>{other}" for before, after in pairwise(named) for one in before for other in after]
    spread = zip(named, named[2:], strict=False)
    found += [f"{one}>>{other}" for before, after in spread for one in before for other in after]
    line = ["^", *(f"#{names[0]}" if names else piece for names, piece in pieces), "$"]
    return found + [" ".join(line[at : at + n]) for n in RUNS for at in range(len(line) - n + 1)]


def _read(text: str) -> Iterator[tuple[Names, str]]:
    """From left to right: the concepts of the longest words that have some, and single pieces that have none."""
    lexicon, longest = _lexicon()
    pieces = _PIECE.findall(text)
    stems = [_stem(piece) for piece in pieces]
    at = 0
    while at < len(pieces):
        size = min(longest.get(stems[at], 1), len(pieces) - at)
        while size > 1 and tuple(stems[at : at + size]) not in lexicon:
            size -= 1
        yield lexicon.get(tuple(stems[at : at + size]), ()), pieces[at]
        at += size


@cache
def _lexicon() -> tuple[dict[Key, Names], dict[str, int]]:
    """The concepts of a word or phrase by its stems, and the longest phrase that begins with a stem."""
    lexicon: dict[Key, Names] = {}
    longest: dict[str, int] = {}
    for name, words in yaml.safe_load(FILE.read_text(encoding="utf8")).items():
        for word in (*str(words["zh"]).split(), *str(words["en"]).split(",")):
            key = tuple(_stem(piece) for piece in _PIECE.findall(word.lower()))
            if name not in lexicon.get(key, ()):
                lexicon[key] = (*lexicon.get(key, ()), name)
            longest[key[0]] = max(longest.get(key[0], 0), len(key))
    return lexicon, longest


@lru_cache(20_000)
def _stem(word: str) -> str:
    """English without its endings, roughly: arrived and arriving are one. Other text as it is."""
    return _DOUBLE.sub(r"\1", _ENDING.sub("", word.replace("ies", "y"))) if len(word) > 3 else word
