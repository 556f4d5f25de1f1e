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

from bot.concepts import concept_terms
from bot.sounds import sound_terms

LONGEST_NGRAM = 4
CHARACTERS, CONCEPTS, SOUNDS, WORDS = "c:", "k:", "s:", "w:"
KINDS = (CHARACTERS, CONCEPTS, SOUNDS, WORDS)  # prefixes of terms, in their order when terms are sorted

_REFERENCE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|#?(?<![a-z])(?:rd)?[\s-]*\d[\d\s-]{5,}\d")
_LETTER = re.compile(r"[^\W\d_]")
_DIGITS = re.compile(r"\d+")
_TELLING = {"88", "886", "315", "12315", "12345", "400"}  # bye-bye; the consumers' hotlines; a shop's hotline
_SPACE = re.compile(r"\s+")


@cache
def _simplifier() -> opencc.OpenCC:
    jieba.setLogLevel(logging.WARNING)
    return opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """NFKC, lower case, Traditional to Simplified; digits become as many zeros, four at most, but for `_TELLING`.

    Order numbers, phone numbers and addresses tell nothing about what is wanted: they are left out where words
    stand beside them ("return order RD…" is about returning), and are one word where they stand alone.
    """
    text = _simplifier().convert(unicodedata.normalize("NFKC", text).lower())
    others = _REFERENCE.sub(" ", text)
    text = others if _LETTER.search(others) else _REFERENCE.sub(" rd0000 ", text)
    text = _DIGITS.sub(lambda run: run[0] if run[0] in _TELLING else "0" * min(len(run[0]), 4), text)
    return _SPACE.sub(" ", text).strip()


def terms(text: str) -> list[str]:
    """Repeats included: character 1- to 4-grams within words ("c:…"), concepts and what stands round them ("k:…"),
    Chinese by its sound ("s:…"), jieba words and their pairs ("w:…").
    """
    text = normalise(text)
    found = [f"{CHARACTERS}{piece}" for chunk in text.split() for piece in _ngrams(f" {chunk} ")]
    words = [word for word in jieba.cut(text) if not word.isspace()]
    found += [f"{WORDS}{word}" for word in words]
    found += [f"{WORDS}{first} {second}" for first, second in pairwise(words)]
    found += [f"{CONCEPTS}{term}" for term in concept_terms(text)]
    found += [f"{SOUNDS}{term}" for term in sound_terms(text)]
    return found


def _ngrams(chunk: str) -> list[str]:
    return [chunk[at : at + size] for size in range(1, LONGEST_NGRAM + 1) for at in range(len(chunk) - size + 1)]
