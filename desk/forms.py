"""Forms of the desk: small bodies, fields as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from sanic import Request
from sanic.exceptions import PayloadTooLarge

from aftersales.domain.errors import Invalid
from aftersales.domain.money import Money, minor_digits

_HIDDEN = frozenset({"form_token", "reply_id", "key"})
_LIMIT = 16 * 1024
_MOST_FIELDS = 20
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class FailedForm:
    """A form that is shown again, opened: its id on the page, why it failed, and what was typed by field."""

    id: str
    words: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, id: str, words: str, fields: Mapping[str, str]) -> FailedForm:
        return cls(id, words, {name: value for name, value in fields.items() if name not in _HIDDEN})


async def read_form(request: Request, *, most_fields: int = _MOST_FIELDS) -> Mapping[str, str]:
    """The fields of an urlencoded body, the last of each name. Raises PayloadTooLarge above 16 KB."""
    body = b""
    stream: Any = request.stream
    while part := await stream.read():
        body += part
        if len(body) > _LIMIT:
            raise PayloadTooLarge("form")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=most_fields)
    except ValueError:
        return {}
    return {name: value.replace("\x00", "") for name, value in fields}


def read_amount(typed: str, currency: str) -> Money:
    """An amount above zero in major units: digits, and a point before the decimals.

    Nothing is guessed: what may mean another amount elsewhere ("1,000", "1e2", full-width digits) is refused.
    Raises Invalid("amount"), also for zero and for more decimals than the currency has.
    """
    found = _AMOUNT.fullmatch(typed)
    if found is None or len(found[1] or "") > minor_digits(currency):
        raise Invalid("amount")
    amount = Money.parse(typed, currency)
    if not amount:
        raise Invalid("amount")
    return amount
