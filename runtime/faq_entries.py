"""The entries of one file of questions and answers, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from aftersales.domain.faq import QUESTION_INTENTS, Entry
from aftersales.domain.texts import LANGUAGES, Language
from runtime.policy_reader import Reader

_NEEDED = ("id", "intent", "rule", "questions", "answer")
_OPTIONAL = ("general", "buttons", "when")


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, the reader of its file, its nodes by key, and the rules where there are which it is not given."""

    entry: Entry
    reader: Reader
    nodes: Mapping[str, yaml.Node]
    without: frozenset[str]

    def note(self, key: str, reason: str) -> None:
        self.reader.note(self.nodes[key], f"{self.entry.id}: {reason}")


def read_entries(root: yaml.Node | None, reader: Reader) -> list[Placed]:
    """The file's entries. Usable only when the reader has noted no problem."""
    top = reader.mapping(root, name="questions and answers", needed=("entries",))
    return [_entry(node, reader) for node in reader.sequence(top.get("entries"), name="entries")]


def _entry(node: yaml.Node, reader: Reader) -> Placed:
    parts = reader.mapping(node, name="entry", needed=_NEEDED, optional=_OPTIONAL)
    name = reader.word(parts.get("id"), name="id")
    intents = _one_or_more(reader, parts.get("intent"), name=f"{name}.intent")
    for intent in intents:
        if intent not in QUESTION_INTENTS:
            reader.note(parts["intent"], f"{name}: '{intent}' is no intent that asks a question")
    when = reader.mapping(
        parts.get("when"), name=f"{name}.when", needed=(), optional=("languages", "signed_in", "without")
    )
    languages = reader.words(when.get("languages"), name=f"{name}.when.languages")
    for language in languages - set(LANGUAGES):
        reader.note(when["languages"], f"{name}: '{language}' is no language of ours")
    entry = Entry(
        id=name,
        intents=intents,
        general=reader.truth(parts.get("general"), name=f"{name}.general"),
        rules=_one_or_more(reader, parts.get("rule"), name=f"{name}.rule"),
        questions=_questions(reader, parts.get("questions"), name=f"{name}.questions"),
        answer=reader.text(parts.get("answer"), name=f"{name}.answer"),
        buttons=_one_or_more(reader, parts.get("buttons"), name=f"{name}.buttons"),
        languages=frozenset(language for language in LANGUAGES if language in languages),
        signed_in=reader.truth(when["signed_in"], name=f"{name}.when.signed_in") if "signed_in" in when else None,
    )
    without = frozenset(_one_or_more(reader, when.get("without"), name=f"{name}.when.without"))
    return Placed(entry, reader, {"entry": node, **parts}, without)


def _one_or_more(reader: Reader, node: yaml.Node | None, *, name: str) -> tuple[str, ...]:
    """A word, or a list of words in their order."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node] if node is not None else []
    return tuple(word for word in (reader.word(item, name=name) for item in nodes) if word)


def _questions(reader: Reader, node: yaml.Node | None, *, name: str) -> Mapping[Language, tuple[str, ...]]:
    """Examples in each language, at least one, none twice."""
    parts = reader.mapping(node, name=name, needed=LANGUAGES)
    found: dict[Language, tuple[str, ...]] = {}
    for language in LANGUAGES:
        items = reader.sequence(parts.get(language), name=f"{name}.{language}")
        if language in parts and not items:
            reader.note(parts[language], f"{name}.{language}: no question")
        texts = [reader.word(item, name=f"{name}.{language}", pattern=r"(?s).*\S.*") for item in items]
        for item, text in zip(items, texts, strict=True):
            if texts.count(text) > 1:
                reader.note(item, f"{name}.{language}: '{text}' stands twice")
        found[language] = tuple(texts) or ("",)
    return found


def read_groups(root: yaml.Node | None, reader: Reader) -> tuple[tuple[str, ...], ...]:
    """words.yml: lists of at least two words that mean the same, in small letters."""
    top = reader.mapping(root, name="words", needed=("groups",))
    groups = []
    for node in reader.sequence(top.get("groups"), name="groups"):
        items = reader.sequence(node, name="group")
        words = tuple(reader.word(item, name="group", pattern=r"\S(.*\S)?").lower() for item in items)
        if len(words) < 2:
            reader.note(node, "group: at least two words")
        groups.append(tuple(word for word in words if word))
    return tuple(group for group in groups if group)
