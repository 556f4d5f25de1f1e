"""Reads values from YAML nodes and keeps every problem with its line instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from string import Formatter

import yaml

from aftersales.domain.money import Money, minor_digits
from aftersales.domain.texts import LANGUAGES, Text

_STRING = "tag:yaml.org,2002:str"
_INTEGER = "tag:yaml.org,2002:int"
_BOOLEAN = "tag:yaml.org,2002:bool"
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`line` counts from 1."""

    line: int
    reason: str


@dataclass(slots=True)
class Reader:
    """Each method gives a usable value and notes a problem where the file has none."""

    problems: list[Problem] = field(default_factory=list)

    def note(self, node: yaml.Node, reason: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, reason))

    def mapping(
        self,
        node: yaml.Node | None,
        *,
        name: str,
        needed: Collection[str] | None = None,
        optional: Collection[str] = (),
    ) -> dict[str, yaml.Node]:
        """The keys and their nodes; `needed` None: any key. Notes unknown, repeated and missing keys."""
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.note(node, f"{name}: expected keys and values")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.note(key, f"{name}: a key must be a word")
            elif key.value in found:
                self.note(key, f"{name}: the key '{key.value}' stands twice")
            elif needed is not None and key.value not in needed and key.value not in optional:
                self.note(key, f"{name}: unknown key '{key.value}'")
            else:
                found[key.value] = value
        for key_name in needed or ():
            if key_name not in found:
                self.note(node, f"{name}: '{key_name}' is missing")
        return found

    def sequence(self, node: yaml.Node | None, *, name: str) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.note(node, f"{name}: expected a list")
            return []
        return list(node.value)

    def word(self, node: yaml.Node | None, *, name: str, pattern: str = r"[a-z][a-z0-9_]*") -> str:
        """A scalar as it is written (NO stays NO); the whole of it must match `pattern`."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or node.tag == _NULL:
            self.note(node, f"{name}: expected a word")
            return ""
        if not re.fullmatch(pattern, node.value):
            self.note(node, f"{name}: '{node.value}' is not written as expected ({pattern})")
            return ""
        return str(node.value)

    def words(self, node: yaml.Node | None, *, name: str, pattern: str = r"[a-z0-9_]+") -> frozenset[str]:
        """A list of at least one word, none twice."""
        items = self.sequence(node, name=name)
        if isinstance(node, yaml.SequenceNode) and not items:
            self.note(node, f"{name}: the list is empty")
        found: set[str] = set()
        for item in items:
            word = self.word(item, name=name, pattern=pattern)
            if word and word in found:
                self.note(item, f"{name}: '{word}' stands twice")
            found.add(word)
        return frozenset(found - {""})

    def days(self, node: yaml.Node | None, *, name: str) -> int:
        """A whole number from 1 to 3650."""
        return self._count(node, name=name, of="days", most=3650)

    def hours(self, node: yaml.Node | None, *, name: str) -> int:
        """A whole number from 1 to 720 (thirty days)."""
        return self._count(node, name=name, of="hours", most=720)

    def _count(self, node: yaml.Node | None, *, name: str, of: str, most: int) -> int:
        if node is None:
            return 1
        if not isinstance(node, yaml.ScalarNode) or node.tag != _INTEGER or not re.fullmatch(r"-?\d+", node.value):
            self.note(node, f"{name}: expected a whole number of {of}")
            return 1
        count = int(node.value)
        if not 1 <= count <= most:
            self.note(node, f"{name}: {count} {of} is not possible (1 to {most})")
            return 1
        return count

    def day(self, node: yaml.Node | None, *, name: str) -> date | None:
        """A day such as 2026-12-01; None where there is none."""
        if node is None:
            return None
        written = self.word(node, name=name, pattern=r"\d{4}-\d\d-\d\d")
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            self.note(node, f"{name}: there is no day {written}")
            return None

    def truth(self, node: yaml.Node | None, *, name: str) -> bool:
        if node is None:
            return False
        if not isinstance(node, yaml.ScalarNode) or node.tag != _BOOLEAN:
            self.note(node, f"{name}: expected true or false")
            return False
        return str(node.value).lower() in {"true", "yes", "on"}

    def number(self, node: yaml.Node | None, *, name: str, highest: Decimal | None = None) -> Decimal:
        """A decimal number, not negative, read from its digits (never by way of a float)."""
        if node is None:
            return Decimal(0)
        try:
            if not isinstance(node, yaml.ScalarNode) or not re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", node.value):
                raise InvalidOperation
            value = Decimal(node.value)
        except InvalidOperation:
            self.note(node, f"{name}: expected a number")
            return Decimal(0)
        if value < 0 or (highest is not None and value > highest):
            upto = "" if highest is None else f" to {highest}"
            self.note(node, f"{name}: {value} is not possible (0{upto or ' or more'})")
            return Decimal(0)
        return value

    def amounts(self, node: yaml.Node | None, *, name: str) -> Mapping[str, Money]:
        """Currency (ISO 4217) -> amount in major units."""
        found: dict[str, Money] = {}
        for currency, value in self.mapping(node, name=name).items():
            if not re.fullmatch(r"[A-Z]{3}", currency):
                self.note(value, f"{name}: '{currency}' is not a currency (three capital letters)")
                continue
            number = self.number(value, name=f"{name}.{currency}")
            if number != round(number, minor_digits(currency)):
                self.note(value, f"{name}.{currency}: {number} has more decimals than the currency")
            found[currency] = Money.parse(number, currency)
        if isinstance(node, yaml.MappingNode) and not found:
            self.note(node, f"{name}: no amount")
        return found

    def text(self, node: yaml.Node | None, *, name: str) -> Text:
        """A text in every language, with the same placeholders in each."""
        parts = self.mapping(node, name=name, needed=LANGUAGES)
        texts = {language: self._sentence(part, name=f"{name}.{language}") for language, part in parts.items()}
        if (
            node is not None
            and len(texts) == len(LANGUAGES)
            and len({placeholders(t) for t in texts.values()}) > 1
        ):
            self.note(node, f"{name}: the languages use different placeholders")
        return Text(texts.get("zh", ""), texts.get("en", ""))

    def _sentence(self, node: yaml.Node, *, name: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != _STRING or not node.value.strip():
            self.note(node, f"{name}: expected a text")
            return ""
        try:
            parts = list(Formatter().parse(node.value))
        except ValueError:
            self.note(node, f"{name}: a brace is not closed or not opened")
            return ""
        if any(
            field_name is not None and (spec or conversion or not re.fullmatch(r"[a-z_]+", field_name))
            for _, field_name, spec, conversion in parts
        ):
            self.note(node, f"{name}: a placeholder is a plain name in braces")
            return ""
        return " ".join(node.value.split())


def placeholders(sentence: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)
