"""What a shop's own refund service tells by itself: how a refund stands that we asked for."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty

from aftersales.services.context import Context
from aftersales.services.refund_outcomes import note_provider_refund
from connectors.refund_service.payments import Told
from connectors.web.bodies import JSON_LIMIT, read_body
from connectors.web.chat import address_of, bearer
from connectors.web.problems import Problem
from runtime.buckets import Buckets


@dataclass(frozen=True)
class RefundNotices:
    """`token` is the one that the service is called with; `wrong_tokens` slows down guessing, per address."""

    context: Context
    token: str
    wrong_tokens: Buckets


def refund_notices_blueprint() -> Blueprint:
    """The route; it finds its RefundNotices at `app.ctx.refund_notices`."""
    blueprint = Blueprint("refund_notices", url_prefix="/connect/refund-service")
    add: Any = blueprint.add_route
    add(_note, "/refunds/<key:str>", methods=["PUT"], stream=True)
    return blueprint


async def _note(request: Request, key: str) -> HTTPResponse:
    """204 however often it is told; 401, 404 for a key that is not ours, 400 for what is no refund."""
    notices: RefundNotices = request.app.ctx.refund_notices
    given = bearer(request).encode("utf8", "surrogateescape")
    if not notices.token or not hmac.compare_digest(given, notices.token.encode()):
        notices.wrong_tokens.take(address_of(request))
        raise Problem("unauthorized")
    body = await read_body(request, limit=JSON_LIMIT)
    if not key.isalnum() or len(key) > 40:
        raise Problem("not_found")
    try:
        told = Told.model_validate_json(body).refund()
    except ValueError:  # pydantic's own error is one too
        raise Problem("bad_request") from None
    await note_provider_refund(notices.context, key=key, told=told)
    return empty(204)
