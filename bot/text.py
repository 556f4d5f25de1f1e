"""Folding of characters, and the script a text is written in. Pure; standard library only."""

import re
import unicodedata

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
LATIN_WORD = re.compile(r"[a-zA-Z\u00c0-\u024f][a-zA-Z\u00c0-\u024f'’]*")


def fold(text: str) -> str:
    """Half-width, lower-case form of `text` with the same length, so that offsets stay valid.

    A character whose NFKC or lower-case form is longer than one character stays as it is.
    """
    return "".join(_fold_character(character) for character in text)


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character
