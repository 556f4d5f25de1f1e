"""What Chatwoot tells by itself: that something happened in a conversation, so that it is read again.

Nothing of what is told is believed but the conversation's id: who wrote what, and how the talk stands, is read
from Chatwoot. Its webhooks are delivered once (lib/webhooks/trigger.rb of chatwoot/chatwoot drops what fails), so
some get lost, and they come in any order; a talk is looked at every half minute as well.

The inbox's webhook is signed: `X-Chatwoot-Signature: sha256=<hex>` is HMAC-SHA256, by the inbox's secret, over
`X-Chatwoot-Timestamp` (seconds since 1970), a full stop and the body; for API inboxes since its change "sign
webhooks for API channel and agentbots" of March 2026. Versions before sign nothing: there the secret is the last
part of the webhook's address.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty

from aftersales.services.context import Context
from aftersales.services.outside_talks import wake_outside
from connectors.web.bodies import JSON_LIMIT, parse_object, read_body
from connectors.web.chat import address_of
from connectors.web.problems import Problem
from runtime.buckets import Buckets

WINDOW = timedelta(minutes=5)
_TIME, _SIGNATURE = "x-chatwoot-timestamp", "x-chatwoot-signature"
_OF_CONVERSATIONS = ("conversation_status_changed", "conversation_updated")
_LARGEST_ID = 2**53


@dataclass(frozen=True)
class ChatwootNotices:
    """`secret` is that of the inbox's webhook; `wrong_secrets` slows down guessing, per address."""

    context: Context
    secret: str
    wrong_secrets: Buckets


def chatwoot_notices_blueprint() -> Blueprint:
    """The routes; they find their ChatwootNotices at `app.ctx.chatwoot_notices`."""
    blueprint = Blueprint("chatwoot_notices", url_prefix="/webhooks/chatwoot")
    add: Any = blueprint.add_route
    add(_note, "/", methods=["POST"], stream=True, name="signed")
    add(_note, "/<token:str>", methods=["POST"], stream=True, name="by_token")
    return blueprint


def signature(secret: str, *, time: str, body: bytes) -> str:
    """As Chatwoot writes it in the header."""
    return "sha256=" + hmac.new(secret.encode(), time.encode() + b"." + body, sha256).hexdigest()


async def _note(request: Request, token: str = "") -> HTTPResponse:
    """204 however often it is told, also for what is not for us; 401, 400 for no object, 413 above 64 KB."""
    notices: ChatwootNotices = request.app.ctx.chatwoot_notices
    body = await read_body(request, limit=JSON_LIMIT)
    now = notices.context.clock.now()
    if not (_is_signed(request, body, secret=notices.secret, now=now) or _is_secret(token, notices.secret)):
        notices.wrong_secrets.take(address_of(request))
        raise Problem("unauthorized")
    outside_id = talk_of(parse_object(body))
    if outside_id is not None:
        await wake_outside(notices.context, outside_id)
    return empty(204)


def talk_of(told: dict[str, Any]) -> str | None:
    """The conversation that is worth looking at: an agent wrote to the customer, or it stands otherwise now."""
    event = told.get("event")
    where: object = None
    if event == "message_created" and told.get("message_type") in ("outgoing", 1) and not told.get("private"):
        where = told.get("conversation")
    elif event in _OF_CONVERSATIONS:
        where = told
    number = where.get("id") if isinstance(where, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < _LARGEST_ID:
        return None
    return str(number)


def _is_secret(token: str, secret: str) -> bool:
    return hmac.compare_digest(token.encode("utf8", "surrogateescape"), secret.encode())


def _is_signed(request: Request, body: bytes, *, secret: str, now: datetime) -> bool:
    time = request.headers.get(_TIME, "")
    if not (time.isascii() and time.isdigit() and len(time) <= 12):
        return False
    given = request.headers.get(_SIGNATURE, "").encode("utf8", "surrogateescape")
    genuine = hmac.compare_digest(given, signature(secret, time=time, body=body).encode())
    return genuine and abs(now.timestamp() - int(time)) <= WINDOW.total_seconds()
