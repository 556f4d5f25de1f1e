"""Long texts for apps that count bytes: cut where a reader would, and never inside of what is one character.

Boundaries follow the rules of Unicode Standard Annex 29 as far as chats need them: combining marks, variation
selectors, skin tones, joined emoji and flags stay whole.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"
_ENDS = "。！？；"
_ENDS_BEFORE_SPACE = ".!?;"  # within addresses and numbers they end nothing
_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_REGIONAL = range(0x1F1E6, 0x1F200)


def size(text: str) -> int:
    """In bytes of UTF-8."""
    return len(text.encode("utf8"))


def split_text(text: str, *, longest: int) -> list[str]:
    """The text in as few pieces as that many bytes allow, cut at a line, else a sentence, else a space.

    Nothing is lost but white space at the cuts. A cut goes through what is one character only where that alone
    is longer than a whole piece. No pieces for an empty text. Raises ValueError below four bytes.
    """
    if longest < 4:
        raise ValueError("too short for any character")
    pieces = []
    rest = text.strip()
    while rest:
        end = _end(rest, longest)
        pieces.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return pieces


def clusters(text: str) -> Iterator[str]:
    """What readers take for single characters, in order."""
    start = 0
    for index in range(1, len(text)):
        if _is_boundary(text, index):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _end(text: str, longest: int) -> int:
    """How many code points the next piece has."""
    if size(text) <= longest:
        return len(text)
    fitting, used = 0, 0
    for cluster in clusters(text):
        used += size(cluster)
        if used > longest:
            break
        fitting += len(cluster)
    if not fitting:
        return len(text.encode("utf8")[:longest].decode("utf8", "ignore"))
    return _nice_end(text[:fitting]) or fitting


def _nice_end(text: str) -> int:
    """Behind the last line, sentence or word in the second half of a piece; 0 where there is none."""
    half = len(text) // 2
    line = text.rfind("\n", half)
    if line > 0:
        return line
    sentence = max((index for index in range(half + 1, len(text)) if _ends_sentence(text, index)), default=0)
    return sentence or max(0, text.rfind(" ", half))


def _ends_sentence(text: str, index: int) -> bool:
    """Whether a sentence ends before this place."""
    before, after = text[index - 1], text[index]
    if before in _ENDS_BEFORE_SPACE:
        return after.isspace()
    return before in _ENDS and _is_boundary(text, index)


def _is_boundary(text: str, index: int) -> bool:
    before, after = text[index - 1], text[index]
    if before == "\r" and after == "\n":
        return False
    if _JOINER in (before, after) or _extends(after):
        return False
    if ord(before) in _REGIONAL and ord(after) in _REGIONAL:
        return _regionals_before(text, index) % 2 == 0
    return True


def _extends(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me", "Mc") or ord(char) in _TONES or ord(char) in _TAGS


def _regionals_before(text: str, index: int) -> int:
    count = 0
    while count < index and ord(text[index - 1 - count]) in _REGIONAL:
        count += 1
    return count
