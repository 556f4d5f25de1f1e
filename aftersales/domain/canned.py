"""Canned answers: what agents say often, in both languages, with what is known of the customer filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aftersales.domain.texts import Language, Text

VARIABLES = frozenset({"customer", "agent", "order", "return", "case", "shop"})
_PLACE = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedAnswer:
    """`name` is unique, what it is found by; `text` may hold {variables} of VARIABLES."""

    id: str
    name: str
    text: Text
    updated_at: datetime


def unknown_variables(text: Text) -> frozenset[str]:
    """What stands in braces and is no variable."""
    return frozenset(_PLACE.findall(text.zh) + _PLACE.findall(text.en)) - VARIABLES


def filled(answer: CannedAnswer, language: Language, known: Mapping[str, str]) -> str:
    """The words for this customer; what is not known stays in braces, for the agent to see and to fill in."""
    return _PLACE.sub(lambda place: known.get(place[1]) or place[0], answer.text.of(language))
