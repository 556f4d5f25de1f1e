"""What Telegram tells: updates by webhook (core.telegram.org/bots/api, setWebhook).

Each carries the secret that `returndesk telegram connect` gave to Telegram, in `X-Telegram-Bot-Api-Secret-Token`.
An update is told again until it is answered with 2xx.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic import ValidationError
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, json

from aftersales.services.channel_inbox import note_pushes
from aftersales.services.context import Context
from connectors.telegram.payloads import Update, pushes_of
from connectors.web.bodies import parse_object, read_body
from connectors.web.chat import address_of
from connectors.web.problems import Problem
from runtime.buckets import Buckets, TooMany

BODY_LIMIT = 256 * 1024
_SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105  (the name of a header)

log = structlog.get_logger("returndesk.telegram")


@dataclass(frozen=True)
class TelegramUpdates:
    """`account` is the bot's id; `wrong_secrets` slows down guessing, per address; `heard` customers who flood."""

    context: Context
    account: str
    secret: str
    wrong_secrets: Buckets = field(default_factory=lambda: Buckets(10, seconds=60))
    heard: Buckets = field(default_factory=lambda: Buckets(60, seconds=60))


def telegram_blueprint() -> Blueprint:
    """The route; it finds its TelegramUpdates at `app.ctx.telegram_updates`."""
    blueprint = Blueprint("telegram", url_prefix="/connect/telegram")
    add: Any = blueprint.add_route
    add(_note, "/", methods=["POST"], stream=True, name="updates")
    return blueprint


async def _note(request: Request) -> HTTPResponse:
    """200 as soon as it is stored, also for what is not for us; 400 for no update, 401, 413 above 256 KB.

    A press on a button is confirmed in the answer itself ("Making requests when getting updates"), so that the
    customer's app shows no waiting any longer.
    """
    updates: TelegramUpdates = request.app.ctx.telegram_updates
    if not _is_secret(request.headers.get(_SECRET, ""), updates.secret):
        updates.wrong_secrets.take(address_of(request))
        raise Problem("unauthorized")
    try:
        update = Update.model_validate(parse_object(await read_body(request, limit=BODY_LIMIT)))
    except ValidationError:
        raise Problem("bad_request") from None
    pushes = pushes_of(update, account=updates.account, now=updates.context.clock.now())
    if pushes and _is_heard(updates, pushes[0].sender.id):
        await note_pushes(updates.context, pushes)
    if update.callback_query is None:
        return empty(200)
    return json({"method": "answerCallbackQuery", "callback_query_id": update.callback_query.id})


def _is_heard(updates: TelegramUpdates, customer: str) -> bool:
    """Whoever floods is not listened to for a while. A refusal would only have Telegram tell it all again."""
    try:
        updates.heard.take(customer)
    except TooMany:
        log.warning("telegram_flood")
        return False
    return True


def _is_secret(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf8", "surrogateescape"), secret.encode())
