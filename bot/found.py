"""The shape in which the finders report what they found. Pure; standard library only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """An entity with its normalised value; `start` and `end` are character offsets into the message."""

    entity: str
    value: str | int
    start: int
    end: int


class Free:
    """A folded text of which each character can be claimed once, so that the surer finder goes first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._taken = [False] * len(text)

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches of which no character is claimed (looked at when the match is reached)."""
        for match in pattern.finditer(self.text):
            if not any(self._taken[match.start() : match.end()]):
                yield match

    def claim(self, start: int, end: int) -> None:
        self._taken[start:end] = [True] * (end - start)
