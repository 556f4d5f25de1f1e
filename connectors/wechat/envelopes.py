"""Bodies that WeChat posts, as XML or JSON, read into fields with names in small letters.

A field is a text, or where there is more below it fields again, or a list of these. Which of the two forms a body
has is chosen at WeChat's console; JSON gives numbers now as numbers, now as texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

Fields = Mapping[str, Any]

# What XML 1.0 has no place for, and customers type all the same; also lone surrogates, which JSON can bring.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 4


class Unreadable(Exception):
    """Neither XML nor JSON, or not in the form of a push."""


def read_fields(body: bytes) -> Fields:
    """Raises Unreadable. Entities and document types are refused; characters that XML cannot hold are dropped."""
    try:
        text = body.decode("utf8").strip("\ufeff \t\r\n")
    except UnicodeDecodeError:
        raise Unreadable("no UTF-8") from None
    return _read_json(text) if text.startswith("{") else _read_xml(_ILLEGAL.sub("", text))


def text_of(fields: Fields, name: str) -> str:
    """The field's text; "" where it is missing or no text."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def parts_of(fields: Fields, name: str) -> list[Fields]:
    """What is below the field: one part comes as fields, several as a list."""
    value = fields.get(name)
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)]


def _read_xml(text: str) -> Fields:
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise Unreadable("no XML") from None
    fields = _of_element(root, depth=1)
    if not isinstance(fields, dict):
        raise Unreadable("no fields")
    return fields


def _of_element(element: Element, *, depth: int) -> Any:
    if not len(element) or depth > _DEEPEST:
        return element.text or ""
    found: dict[str, list[Any]] = {}
    for child in element:
        found.setdefault(child.tag.lower(), []).append(_of_element(child, depth=depth + 1))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _read_json(text: str) -> Fields:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None
    fields: Fields = _of_json(value, depth=1)
    return fields


def _of_json(value: Any, *, depth: int) -> Any:
    if isinstance(value, str):
        return _ILLEGAL.sub("", value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if depth > _DEEPEST:
        return ""
    if isinstance(value, dict):
        return {name.lower(): _of_json(below, depth=depth + 1) for name, below in value.items()}
    if isinstance(value, list):
        return [_of_json(below, depth=depth + 1) for below in value]
    return ""
