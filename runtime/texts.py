"""The words of data/responses for what is said outside a bot turn.

The files are Rasa's own: each `utter_*` has variations whose condition names a language. Here they are read
without Rasa; a variation is chosen by language alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from aftersales.domain.texts import LANGUAGES, Language
from runtime.places import ROOT

RESPONSES = ROOT / "data" / "responses"


def _language_of(variation: Mapping[str, Any]) -> str | None:
    for condition in variation.get("condition", ()):
        if condition.get("type") == "slot" and condition.get("name") == "language":
            return str(condition.get("value"))
    return None


def load_responses(folder: Path) -> dict[str, dict[Language, list[dict[str, Any]]]]:
    """All responses of a folder: name -> language -> variations. Raises ValueError on a name in two files."""
    found: dict[str, dict[Language, list[dict[str, Any]]]] = {}
    for path in sorted(folder.glob("*.yml")):
        document = yaml.load(path.read_text(encoding="utf8"), Loader=yaml.CSafeLoader) or {}
        for name, variations in document.get("responses", {}).items():
            if name in found:
                raise ValueError(f"{path.name}: {name} stands in two files")
            found[name] = {
                language: [item for item in variations if _language_of(item) == language] for language in LANGUAGES
            }
    return found


class ResponseTexts:
    """Renders responses from a folder of Rasa response files."""

    def __init__(self, folder: Path) -> None:
        self._responses = load_responses(folder)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._responses)

    def render(self, response: str, language: Language, **parameters: Any) -> str:
        """The first variation of that language. Raises KeyError for an unknown response or a missing parameter."""
        template = str(self._responses[response][language][0]["text"])
        needed = {name for _, name, _, _ in Formatter().parse(template) if name}
        missing = needed - parameters.keys()
        if missing:
            raise KeyError(f"{response} needs {', '.join(sorted(missing))}")
        return template.format(**parameters)


@cache
def shipped_texts() -> ResponseTexts:
    """Those of RESPONSES, which are read once in a process."""
    return ResponseTexts(RESPONSES)
