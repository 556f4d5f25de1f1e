"""Forms of the desk: small bodies, fields as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from sanic import Request
from sanic.exceptions import PayloadTooLarge

_LIMIT = 16 * 1024
_MOST_FIELDS = 20


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of an urlencoded body, the last of each name. Raises PayloadTooLarge above 16 KB."""
    body = b""
    stream: Any = request.stream
    while part := await stream.read():
        body += part
        if len(body) > _LIMIT:
            raise PayloadTooLarge("form")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: value.replace("\x00", "") for name, value in fields}
