"""Reading request bodies without ever holding more than allowed."""

from __future__ import annotations

import json
from typing import Any

from sanic import Request

from connectors.web.problems import Problem

JSON_LIMIT = 64 * 1024


async def read_body(request: Request, *, limit: int, too_large: str = "body_too_large") -> bytes:
    """The whole body of a streaming handler's request. Raises Problem `too_large` above `limit` bytes.

    A declared length is refused before anything is read, an undeclared one as soon as the limit is passed.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise Problem(too_large)
    parts: list[bytes] = []
    size = 0
    stream: Any = request.stream
    while part := await stream.read():
        size += len(part)
        if size > limit:
            raise Problem(too_large)
        parts.append(part)
    return b"".join(parts)


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object of the body; an empty body is an empty object. Raises Problem bad_request."""
    body = await read_body(request, limit=JSON_LIMIT)
    return parse_object(body) if body.strip() else {}


def parse_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object. Raises Problem bad_request for anything else, also for NaN and too deep nesting."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Problem("bad_request") from None
    if not isinstance(value, dict):
        raise Problem("bad_request")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
