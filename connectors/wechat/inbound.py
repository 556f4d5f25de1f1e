"""What WeChat tells by itself: it is opened, stored, and acknowledged at once.

WeChat wants an answer within five seconds and tells the same three times without one, so nothing is done here that
takes time. Only the safe mode is taken: `signature` does not cover a body, `msg_signature` does
(developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption). In the compatible mode the readable copy of
a message is not covered either, and is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import text

from aftersales.services.channel_inbox import note_pushes
from aftersales.services.context import Context
from connectors.web.bodies import read_body
from connectors.web.chat import address_of
from connectors.web.problems import Problem
from connectors.wechat.accounts import Gate
from connectors.wechat.crypto import Cipher, NotGenuine
from connectors.wechat.envelopes import Unreadable, read_fields, text_of
from connectors.wechat.pushes import read_push
from runtime.buckets import Buckets

log = structlog.get_logger("returndesk.wechat")

_LIMIT = 256 * 1024
_DONE = "success"


@dataclass(frozen=True)
class WeChatPushes:
    """`gates` by app id; `wrong_signatures` slows down guessing, per address.

    What is older or newer than `window` is refused: a rule of ours against replays, not one of WeChat's.
    """

    context: Context
    gates: Mapping[str, Gate]
    window: timedelta
    wrong_signatures: Buckets


def wechat_pushes_blueprint() -> Blueprint:
    """The routes; they find their WeChatPushes at `app.ctx.wechat_pushes`."""
    blueprint = Blueprint("wechat_pushes", url_prefix="/connect/wechat")
    add: Any = blueprint.add_route
    add(_echo, "/<account:str>", methods=["GET"], name="echo")
    add(_note, "/<account:str>", methods=["POST"], stream=True, name="note")
    return blueprint


async def _echo(request: Request, account: str) -> HTTPResponse:
    """What WeChat's console asks when the address is entered there; 404, 403."""
    pushes: WeChatPushes = request.app.ctx.wechat_pushes
    cipher = _gate(pushes, account).cipher
    try:
        cipher.check_signature(_asked(request, "signature"), **_signed(request))
        _check_time(request, pushes)
    except NotGenuine:
        raise _refusal(request, pushes) from None
    return text(_asked(request, "echostr"))


async def _note(request: Request, account: str) -> HTTPResponse:
    """`success` however often it is told; 404, 403 for what is not sealed for the account, 413 above 256 KB.

    What is sealed but cannot be read is acknowledged as well: told again it would be no clearer.
    """
    pushes: WeChatPushes = request.app.ctx.wechat_pushes
    gate = _gate(pushes, account)
    body = await read_body(request, limit=_LIMIT)
    try:
        message = _open(request, gate.cipher, body)
        _check_time(request, pushes)
    except NotGenuine:
        raise _refusal(request, pushes) from None
    try:
        push = read_push(read_fields(message), account=account, kind=gate.kind)
    except Unreadable as error:
        log.warning("wechat_unreadable", account=account, reason=str(error))
        return text(_DONE)
    if push is not None:
        await note_pushes(pushes.context, [push])
    return text(_DONE)


def _gate(pushes: WeChatPushes, account: str) -> Gate:
    gate = pushes.gates.get(account)
    if gate is None:
        raise Problem("not_found")
    return gate


def _open(request: Request, cipher: Cipher, body: bytes) -> bytes:
    """The sealed message. Raises NotGenuine."""
    if _asked(request, "encrypt_type") != "aes":
        log.warning("wechat_not_sealed")  # the account's console is not set to the safe mode
        raise NotGenuine
    try:
        encrypt = text_of(read_fields(body), "encrypt")
    except Unreadable:
        raise NotGenuine from None
    cipher.check_msg_signature(_asked(request, "msg_signature"), encrypt=encrypt, **_signed(request))
    return cipher.decrypt(encrypt)[0]


def _signed(request: Request) -> dict[str, str]:
    return {"timestamp": _asked(request, "timestamp"), "nonce": _asked(request, "nonce")}


def _asked(request: Request, name: str) -> str:
    value: str = request.args.get(name, "")
    return value


def _check_time(request: Request, pushes: WeChatPushes) -> None:
    """Behind the signature, which covers the time. Raises NotGenuine."""
    time = _asked(request, "timestamp")
    if not (time.isascii() and time.isdigit() and len(time) <= 12):
        raise NotGenuine
    if abs(pushes.context.clock.now().timestamp() - int(time)) > pushes.window.total_seconds():
        log.warning("wechat_wrong_time")  # a replay, or a clock that is wrong
        raise NotGenuine


def _refusal(request: Request, pushes: WeChatPushes) -> Problem:
    pushes.wrong_signatures.take(address_of(request))
    return Problem("forbidden")
