"""The desk's pages from templates, with texts in the reader's language; everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aftersales.domain.money import Money
from aftersales.domain.texts import Language
from runtime import formats

_HERE = Path(__file__).parent


class Texts:
    """The words of texts.yml. A code without words (a reason that is new) is shown as it is."""

    def __init__(self, words: Mapping[str, Mapping[str, str]], language: Language) -> None:
        self._words = words
        self.language = language

    def __call__(self, name: str, **parameters: object) -> str:
        words = self._words.get(name)
        return words[self.language].format(**parameters) if words else name

    def knows(self, name: str) -> bool:
        return name in self._words

    def coded(self, prefix: str, code: str) -> str:
        """The words for `prefix_code`, or the code."""
        return self(f"{prefix}_{code}") if f"{prefix}_{code}" in self._words else code

    def age(self, passed: timedelta) -> str:
        """Rounded down to minutes, hours or days."""
        minutes = max(0, int(passed.total_seconds() // 60))
        if minutes < 60:
            return self("minutes", n=minutes)
        return self("hours", n=minutes // 60) if minutes < 48 * 60 else self("days", n=minutes // (24 * 60))


class Pages:
    """Renders templates; made once per application."""

    def __init__(self, *, zone: ZoneInfo) -> None:
        self._zone = zone
        text = (_HERE / "texts.yml").read_text(encoding="utf8")
        self._words = yaml.load(text, Loader=yaml.CSafeLoader)
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def knows(self, name: str) -> bool:
        """Whether there are words of this name."""
        return name in self._words

    def texts(self, language: Language) -> Texts:
        return Texts(self._words, language)

    def render(self, template: str, *, language: Language, now: datetime, **values: Any) -> str:
        """`t` in the template are the texts; `money`, `moment`, `stamp` and `age` write values as people do."""
        texts = self.texts(language)

        def money(amount: Money) -> str:
            return formats.money(amount, language)

        def moment(at: datetime) -> str:
            return formats.moment(at, language, self._zone)

        def stamp(at: datetime) -> str:
            return formats.stamp(at, self._zone)

        def age(at: datetime) -> str:
            return texts.age(now - at)

        return self._environment.get_template(template).render(
            t=texts,
            lang=language,
            other="en" if language == "zh" else "zh",
            money=money,
            moment=moment,
            stamp=stamp,
            age=age,
            now=now,
            **values,
        )
