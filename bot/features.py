"""From a text to weighted terms: one pass for both scripts.

Needs jieba and OpenCC; both load their dictionaries on first use.
"""

import logging
import re
import unicodedata
from functools import cache
from itertools import pairwise

import jieba
import opencc

LONGEST_NGRAM = 4
CHARACTERS, WORDS = "c:", "w:"  # prefixes: sorted, all n-grams stand before all words

_REFERENCE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|#?(?<![a-z])(?:rd)?[\s-]*\d[\d\s-]{5,}\d")
_LETTER = re.compile(r"[^\W\d_]")
_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")


@cache
def _simplifier() -> opencc.OpenCC:
    jieba.setLogLevel(logging.WARNING)
    return opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """NFKC, lower case, Traditional to Simplified; a run of digits becomes as many zeros, four at most.

    Order numbers, phone numbers and addresses tell nothing about what is wanted: they are left out where words
    stand beside them ("return order RD…" is about returning), and are one word where they stand alone.
    """
    text = _simplifier().convert(unicodedata.normalize("NFKC", text).lower())
    others = _REFERENCE.sub(" ", text)
    text = others if _LETTER.search(others) else _REFERENCE.sub(" rd0000 ", text)
    text = _DIGITS.sub(lambda match: "0" * min(len(match[0]), 4), text)
    return _SPACE.sub(" ", text).strip()


def terms(text: str) -> list[str]:
    """Character 1- to 4-grams within words ("c:…") and jieba words with their pairs ("w:…"), repeats included."""
    text = normalise(text)
    found = [f"{CHARACTERS}{piece}" for chunk in text.split() for piece in _ngrams(f" {chunk} ")]
    words = [word for word in jieba.cut(text) if not word.isspace()]
    found += [f"{WORDS}{word}" for word in words]
    found += [f"{WORDS}{first} {second}" for first, second in pairwise(words)]
    return found


def _ngrams(chunk: str) -> list[str]:
    return [chunk[at : at + size] for size in range(1, LONGEST_NGRAM + 1) for at in range(len(chunk) - size + 1)]
