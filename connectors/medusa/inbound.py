"""What a subscriber in Medusa tells: that money of an order moved, so that the order is read again.

Nothing of what is told is believed but the order's id; what was paid back is read from Medusa. The message is
signed (HMAC-SHA256 over its time and body), good for five minutes, and harmless when it comes again.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty

from aftersales.services.context import Context
from aftersales.services.external_refunds import note_order_refunds
from connectors.web.bodies import read_body
from connectors.web.chat import address_of
from connectors.web.problems import Problem
from runtime.buckets import Buckets

WINDOW = timedelta(minutes=5)
_LIMIT = 4096
_TIME, _SIGNATURE = "x-returndesk-time", "x-returndesk-signature"


@dataclass(frozen=True)
class MedusaNotices:
    """`secret` is shared with the subscriber; `wrong_signatures` slows down guessing, per address."""

    context: Context
    secret: str
    wrong_signatures: Buckets


class _Notice(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    order_id: Annotated[str, StringConstraints(pattern=r"^order_[A-Za-z0-9]{1,60}$")]


def medusa_notices_blueprint() -> Blueprint:
    """The route; it finds its MedusaNotices at `app.ctx.medusa_notices`."""
    blueprint = Blueprint("medusa_notices", url_prefix="/connect/medusa")
    add: Any = blueprint.add_route
    add(_note, "/orders", methods=["POST"], stream=True)
    return blueprint


def signature(secret: str, *, time: str, body: bytes) -> str:
    """In hexadecimal digits, over the time (seconds since 1970), a full stop, and the body."""
    return hmac.new(secret.encode(), time.encode() + b"." + body, sha256).hexdigest()


async def _note(request: Request) -> HTTPResponse:
    """204 however often it is told; 401 for a wrong or old signature, 400 for no notice, 404 for no such order."""
    notices: MedusaNotices = request.app.ctx.medusa_notices
    body = await read_body(request, limit=_LIMIT)
    if not _is_signed(request, body, secret=notices.secret, now=notices.context.clock.now()):
        notices.wrong_signatures.take(address_of(request))
        raise Problem("unauthorized")
    try:
        notice = _Notice.model_validate_json(body)
    except ValidationError:
        raise Problem("bad_request") from None
    await note_order_refunds(notices.context, notice.order_id)
    return empty(204)


def _is_signed(request: Request, body: bytes, *, secret: str, now: datetime) -> bool:
    time = request.headers.get(_TIME, "")
    if not (time.isascii() and time.isdigit() and len(time) <= 12):
        return False
    given = request.headers.get(_SIGNATURE, "").encode("utf8", "surrogateescape")
    genuine = hmac.compare_digest(given, signature(secret, time=time, body=body).encode())
    return genuine and abs(now.timestamp() - int(time)) <= WINDOW.total_seconds()
