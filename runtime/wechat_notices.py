"""Reads the file that says which of WeChat's templates news are told by, and names every problem in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

import yaml

from connectors.wechat.accounts import AccountKind
from connectors.wechat.notices import LIMITS, Form, FormKind, Forms, kind_of
from runtime.policy_file import PolicyFileError, compose
from runtime.policy_reader import Reader, placeholders
from runtime.texts import RESPONSES, load_responses

_ACCOUNTS = {"service": AccountKind.SERVICE, "mini": AccountKind.MINI}
_TEMPLATE_ID = r"[A-Za-z0-9_-]{1,64}"
_PAGE = r"[^\s]{1,512}"
_VALUE = r"[^\x00-\x1f]{1,200}"


def load_notices(path: Path) -> Mapping[AccountKind, Forms]:
    """The forms of each account (UTF-8 YAML, 1 MB at most). Raises PolicyFileError."""
    reader, root = Reader(), compose(path)
    found = reader.mapping(root, name="notices", needed=(), optional=tuple(_ACCOUNTS))
    forms = _Forms(reader)
    read = {_ACCOUNTS[name]: forms.of_account(node, name=name) for name, node in found.items()}
    if reader.problems:
        raise PolicyFileError(path, tuple(sorted(set(reader.problems))))
    return read


class _Forms:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known = _parameters()

    def of_account(self, node: yaml.Node, *, name: str) -> Forms:
        forms: dict[str, Form] = {}
        for response, below in self._reader.mapping(node, name=name).items():
            if response != "default" and response not in self._known:
                self._reader.note(below, f"{name}: there is no text '{response}' in data/responses")
            known = self._known.get(response, frozenset()) | {"text"}
            forms[response] = self._form(below, name=f"{name}.{response}", mini=name == "mini", known=known)
        return Forms(forms)

    def _form(self, node: yaml.Node, *, name: str, mini: bool, known: frozenset[str]) -> Form:
        needed, optional = (("id", "fields"), ("page",)) if mini else (("kind", "id", "fields"), ())
        found = self._reader.mapping(node, name=name, needed=needed, optional=optional)
        kind = FormKind.MINI
        if not mini:
            written = self._reader.word(found.get("kind"), name=f"{name}.kind", pattern="template|subscription")
            kind = FormKind(written or "template")
        return Form(
            kind=kind,
            template=self._reader.word(found.get("id"), name=f"{name}.id", pattern=_TEMPLATE_ID),
            fields=self._fields(found.get("fields"), name=f"{name}.fields", known=known),
            page=self._reader.word(found.get("page"), name=f"{name}.page", pattern=_PAGE),
        )

    def _fields(self, node: yaml.Node | None, *, name: str, known: frozenset[str]) -> dict[str, str]:
        fields: dict[str, str] = {}
        for field, below in self._reader.mapping(node, name=name).items():
            value = self._reader.word(below, name=f"{name}.{field}", pattern=_VALUE)
            if reason := _reason(field, value, known=known):
                self._reader.note(below, f"{name}.{field}: {reason}")
            fields[field] = value
        if isinstance(node, yaml.MappingNode) and not fields:
            self._reader.note(node, f"{name}: no field")
        return fields


def _reason(field: str, value: str, *, known: frozenset[str]) -> str:
    """What is wrong with a field; "" for nothing. Its own words, the same for all customers, must fit."""
    kind = kind_of(field)
    if kind is None:
        return f"is no field of WeChat's: one of {', '.join(LIMITS)} with a number behind it"
    try:
        parts = list(Formatter().parse(value))
    except ValueError:
        return "a brace is not closed or not opened"
    if any(
        name is not None and (spec or sign or not re.fullmatch("[a-z_]+", name)) for _, name, spec, sign in parts
    ):
        return "a placeholder is a plain name in braces"
    if unknown := placeholders(value) - known:
        return f"the text has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}"
    limit, fixed = LIMITS[kind], sum(len(words) for words, *_ in parts)
    return f"has {fixed} characters of its own, {limit} are allowed" if limit is not None and fixed > limit else ""


def _parameters() -> dict[str, frozenset[str]]:
    """Response -> what its words are filled in with."""
    return {
        name: frozenset().union(
            *(placeholders(str(one.get("text", ""))) for variations in languages.values() for one in variations)
        )
        for name, languages in load_responses(RESPONSES).items()
    }
