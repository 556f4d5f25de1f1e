"""What the shop's mail system tells of mails that came back later: POST /connect/email/bounces.

The notice is signed: `X-ReturnDesk-Signature: sha256=<hex>` is HMAC-SHA256, by the secret that both know, over
`X-ReturnDesk-Timestamp` (seconds since 1970, at most five minutes off), a full stop and the body. The body is
`{"events": [{"address": "lin@example.com", "kind": "hard"}]}`, with kind hard, soft or cleared.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty

from aftersales.domain.bounces import BounceKind
from aftersales.services.bounces import clear_bounces, note_bounce
from aftersales.services.context import Context
from connectors.web.bodies import JSON_LIMIT, parse_object, read_body
from connectors.web.chat import address_of
from connectors.web.problems import Problem
from runtime.buckets import Buckets

WINDOW = timedelta(minutes=5)
MOST_EVENTS = 200
_CHANNEL = "mail_notice"
_CLEARED = "cleared"
_LONGEST_ADDRESS = 254


@dataclass(frozen=True)
class BounceNotices:
    """`wrong_signatures` slows down guessing, per address."""

    context: Context
    secret: str
    wrong_signatures: Buckets


def bounce_notices_blueprint() -> Blueprint:
    """The route; it finds its BounceNotices at `app.ctx.bounce_notices`."""
    blueprint = Blueprint("bounce_notices", url_prefix="/connect/email")
    add: Any = blueprint.add_route
    add(_note, "/bounces", methods=["POST"], stream=True)
    return blueprint


def signature(secret: str, *, time: str, body: bytes) -> str:
    """As it stands in the header."""
    return "sha256=" + hmac.new(secret.encode(), time.encode() + b"." + body, sha256).hexdigest()


async def _note(request: Request) -> HTTPResponse:
    """204; 401, 400 for what is not such a notice (nothing of it is taken then), 413 above 64 KB.

    A notice that is told twice counts twice, and makes no other difference.
    """
    notices: BounceNotices = request.app.ctx.bounce_notices
    body = await read_body(request, limit=JSON_LIMIT)
    if not _is_signed(request, body, secret=notices.secret, now=notices.context.clock.now()):
        notices.wrong_signatures.take(address_of(request))
        raise Problem("unauthorized")
    for address, kind in list(_events(parse_object(body))):
        if kind is None:
            await clear_bounces(notices.context, address=address, channel=_CHANNEL)
        else:
            await note_bounce(notices.context, address=address, kind=kind, channel=_CHANNEL)
    return empty(204)


def _events(told: dict[str, Any]) -> Iterator[tuple[str, BounceKind | None]]:
    """Address and kind, None for one that takes mails again. Raises Problem bad_request."""
    events = told.get("events")
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise Problem("bad_request")
    for event in events:
        address, kind = (event.get("address"), event.get("kind")) if isinstance(event, dict) else (None, None)
        if not isinstance(address, str) or "@" not in address or len(address) > _LONGEST_ADDRESS:
            raise Problem("bad_request")
        if kind == _CLEARED:
            yield address, None
        elif kind in set(BounceKind):
            yield address, BounceKind(kind)
        else:
            raise Problem("bad_request")


def _is_signed(request: Request, body: bytes, *, secret: str, now: datetime) -> bool:
    time = request.headers.get("x-returndesk-timestamp", "")
    if not (time.isascii() and time.isdigit() and len(time) <= 12):
        return False
    given = request.headers.get("x-returndesk-signature", "").encode("utf8", "surrogateescape")
    genuine = hmac.compare_digest(given, signature(secret, time=time, body=body).encode())
    return genuine and abs(now.timestamp() - int(time)) <= WINDOW.total_seconds()
