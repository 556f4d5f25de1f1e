"""WeCom's calls: that there is something to be pulled (developer.work.weixin.qq.com/document/path/94699).

A call holds no message. It is opened, kept as a call to pull, and acknowledged at once: WeCom waits five
seconds, and calls three times without an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import text

from aftersales.domain.channels import Push, PushKind, Sender
from aftersales.services.channel_inbox import note_pushes
from aftersales.services.context import Context
from connectors.web.bodies import JSON_LIMIT, read_body
from connectors.web.chat import address_of
from connectors.web.problems import Problem
from connectors.wechat.crypto import Cipher, NotGenuine
from connectors.wechat.envelopes import Fields, Unreadable, read_fields, text_of
from connectors.wecom.payloads import CHANNEL
from runtime.buckets import Buckets

log = structlog.get_logger("returndesk.wecom")

WINDOW = timedelta(minutes=5)
_DONE = "success"
_LONGEST_TOKEN = 128
_LONGEST_ACCOUNT = 64


@dataclass(frozen=True)
class WeComCalls:
    """`cipher` opens them; `wrong_signatures` slows down guessing, per address."""

    context: Context
    cipher: Cipher
    wrong_signatures: Buckets = field(default_factory=lambda: Buckets(10, seconds=60))


def wecom_blueprint() -> Blueprint:
    """The routes; they find their WeComCalls at `app.ctx.wecom_calls`."""
    blueprint = Blueprint("wecom", url_prefix="/connect/wecom")
    add: Any = blueprint.add_route
    add(_echo, "/kf", methods=["GET"], name="echo")
    add(_note, "/kf", methods=["POST"], stream=True, name="note")
    return blueprint


async def _echo(request: Request) -> HTTPResponse:
    """What WeCom's console asks when the address is entered there: the sealed text, opened. 403."""
    calls: WeComCalls = request.app.ctx.wecom_calls
    try:
        return text(_open(request, calls, _asked(request, "echostr")).decode())
    except (NotGenuine, UnicodeDecodeError):
        raise _refusal(request, calls) from None


async def _note(request: Request) -> HTTPResponse:
    """`success` however often it calls; 403 for what is not sealed for us, 413 above 64 KB.

    What is sealed and no call to pull is acknowledged as well.
    """
    calls: WeComCalls = request.app.ctx.wecom_calls
    body = await read_body(request, limit=JSON_LIMIT)
    try:
        message = _open(request, calls, text_of(read_fields(body), "encrypt"))
    except (NotGenuine, Unreadable):
        raise _refusal(request, calls) from None
    try:
        push = _call_of(read_fields(message), key=_asked(request, "msg_signature"))
    except Unreadable as error:
        log.warning("wecom_call_unreadable", reason=str(error))
        return text(_DONE)
    if push is not None:
        await note_pushes(calls.context, [push])
    return text(_DONE)


def _call_of(fields: Fields, *, key: str) -> Push | None:
    """None for other events. Raises Unreadable.

    The key is the signature, and not the token: it is not said that each call has a token of its own, and a call
    too many costs nothing while one too few leaves a customer waiting.
    """
    if text_of(fields, "event") != "kf_msg_or_event":
        return None
    account, token, time = (text_of(fields, name) for name in ("openkfid", "token", "createtime"))
    if not 0 < len(account) <= _LONGEST_ACCOUNT or len(token) > _LONGEST_TOKEN:
        raise Unreadable("no account, or too long a token")
    if not _is_time(time):
        raise Unreadable("no time")
    return Push(
        sender=Sender(CHANNEL, account, ""),
        key=key,
        kind=PushKind.FETCH,
        sent_at=datetime.fromtimestamp(int(time), UTC),
        body={"token": token},
    )


def _open(request: Request, calls: WeComCalls, encrypt: str) -> bytes:
    """What is sealed, lately and for us. Raises NotGenuine."""
    time, nonce = _asked(request, "timestamp"), _asked(request, "nonce")
    calls.cipher.check_msg_signature(
        _asked(request, "msg_signature"), timestamp=time, nonce=nonce, encrypt=encrypt
    )
    now = calls.context.clock.now().timestamp()
    if not _is_time(time) or abs(now - int(time)) > WINDOW.total_seconds():
        log.warning("wecom_wrong_time")  # a replay, or a clock that is wrong
        raise NotGenuine
    return calls.cipher.decrypt(encrypt)[0]


def _is_time(text: str) -> bool:
    """Seconds since 1970, before the year 5138."""
    return text.isascii() and text.isdigit() and len(text) <= 11


def _asked(request: Request, name: str) -> str:
    value: str = request.args.get(name, "")
    return value


def _refusal(request: Request, calls: WeComCalls) -> Problem:
    calls.wrong_signatures.take(address_of(request))
    return Problem("forbidden")
