"""The simulated WeChat's API on a real port: api.weixin.qq.com for accounts of the tests."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import filetype  # type: ignore[import-untyped]
from sanic import HTTPResponse, Request, Sanic
from sanic.response import json as as_json
from sanic.response import raw, text

from connectors.wechat.accounts import AccountKind
from runtime.front import serve
from tests.connectors.wechat import sim_rules
from tests.connectors.wechat.sim_rules import Body, Verdict
from tests.connectors.wechat.sim_state import CODE_VALID, AccountState

_LARGEST_IMAGE = 2 * 1024 * 1024
_SLOW = 30.0

_RULES: dict[str, tuple[Callable[[AccountState, Body], Verdict], tuple[AccountKind, ...]]] = {
    "/cgi-bin/message/custom/send": (sim_rules.send, tuple(AccountKind)),
    "/cgi-bin/message/custom/typing": (sim_rules.typing, (AccountKind.SERVICE,)),
    "/cgi-bin/message/custom/business/typing": (sim_rules.typing, (AccountKind.MINI,)),
    "/cgi-bin/message/template/send": (sim_rules.template, (AccountKind.SERVICE,)),
    "/cgi-bin/message/subscribe/bizsend": (sim_rules.subscription, (AccountKind.SERVICE,)),
    "/cgi-bin/message/subscribe/send": (sim_rules.subscription, (AccountKind.MINI,)),
}


class Api:
    """`accounts` by app id."""

    def __init__(self) -> None:
        self.accounts: dict[str, AccountState] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Its address."""
        app: Sanic[Any, Any] = Sanic(f"wechat_{uuid.uuid4().hex}", configure_logging=False)
        app.config.TOUCHUP = False
        app.config.ACCESS_LOG = False
        add: Any = app.add_route
        add(self._token, "/cgi-bin/token", methods=["GET"], name="token")
        add(self._stable_token, "/cgi-bin/stable_token", methods=["POST"], name="stable")
        add(self._upload, "/cgi-bin/media/upload", methods=["POST"], name="upload")
        add(self._download, "/cgi-bin/media/get", methods=["GET"], name="get")
        add(self._authorised, "/sns/oauth2/access_token", methods=["GET"], name="oauth")
        for number, path in enumerate(_RULES):
            add(self._call, path, methods=["POST"], name=f"call{number}")
        stop, ready = asyncio.Event(), asyncio.Event()

        async def started(_app: Any) -> None:
            ready.set()

        app.after_server_start(started)
        with socket.create_server(("127.0.0.1", 0)) as sock:
            task = asyncio.create_task(serve(app, sock=sock, stop=stop))
            await ready.wait()
            try:
                yield f"http://127.0.0.1:{sock.getsockname()[1]}"
            finally:
                stop.set()
                await task

    async def _token(self, request: Request) -> HTTPResponse:
        state = self._with_secret(request.args.get("appid"), request.args.get("secret"))
        if isinstance(state, HTTPResponse):
            return state
        state.calls.append(request.path)
        token, valid = state.plain_token()
        return as_json({"access_token": token, "expires_in": valid})

    async def _stable_token(self, request: Request) -> HTTPResponse:
        body = json.loads(request.body)
        state = self._with_secret(body.get("appid"), body.get("secret"))
        if isinstance(state, HTTPResponse):
            return state
        state.calls.append(request.path)
        if (broken := await _faulty(state, request.path)) is not None:
            return broken
        if not state.allowed:
            return _error(40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist")
        token, valid = state.stable_token(force=bool(body.get("force_refresh")))
        return as_json({"access_token": token, "expires_in": valid})

    async def _call(self, request: Request) -> HTTPResponse:
        state = await self._let_in(request)
        if isinstance(state, HTTPResponse):
            return state
        if b"\\u" in request.body:
            return _error(40033, "invalid charset. please check your request, if include \\uxxxx will create fail")
        try:
            body = json.loads(request.body)
        except ValueError:
            return _error(47001, "data format error")
        state.bodies.append(body)
        rule, kinds = _RULES[request.path]
        verdict = rule(state, body) if state.kind in kinds else (40200, "invalid account type")
        if isinstance(verdict, tuple) and verdict[0]:
            state.refused.append((request.path, verdict[0]))
        return _answer(verdict)

    async def _upload(self, request: Request) -> HTTPResponse:
        state = await self._let_in(request)
        if isinstance(state, HTTPResponse):
            return state
        files: Any = request.files
        file = files.get("media") if files else None
        if file is None:
            return _error(41005, "media data missing")
        kind = filetype.guess(file.body)
        if request.args.get("type") != "image" or kind is None or kind.mime not in ("image/png", "image/jpeg"):
            return _error(40004, "invalid media type")
        if len(file.body) > _LARGEST_IMAGE:
            return _error(40009, "invalid image size")
        media_id = state.keep(file.body, kind.mime, file.name)
        return as_json({"type": "image", "media_id": media_id, "created_at": int(state.clock.now().timestamp())})

    async def _download(self, request: Request) -> HTTPResponse:
        state = await self._let_in(request)
        if isinstance(state, HTTPResponse):
            return state
        kept = state.found(request.args.get("media_id"))
        if kept is None:
            return _error(40007, "invalid media_id")
        headers = {"Content-disposition": f'attachment; filename="{kept.name}"'}
        return raw(kept.content, headers=headers, content_type=kept.media_type)

    async def _authorised(self, request: Request) -> HTTPResponse:
        state = self._with_secret(request.args.get("appid"), request.args.get("secret"))
        if isinstance(state, HTTPResponse):
            return state
        code = request.args.get("code", "")
        if code in state.used_codes:
            return _error(40163, "code been used")
        openid, made_at, snapshot = state.codes.pop(code, ("", state.clock.now(), False))
        if not openid or state.clock.now() - made_at > CODE_VALID:
            return _error(40029, "invalid code")
        state.used_codes.add(code)
        told = {"access_token": "web", "expires_in": 7200, "openid": openid, "scope": "snsapi_base"}
        return as_json(told | ({"is_snapshotuser": 1} if snapshot else {}))

    def _with_secret(self, app_id: str | None, secret: str | None) -> AccountState | HTTPResponse:
        state = self.accounts.get(app_id or "")
        if state is None:
            return _error(40013, "invalid appid")
        return state if state.secret == secret else _error(40125, "invalid appsecret")

    async def _let_in(self, request: Request) -> AccountState | HTTPResponse:
        token = request.args.get("access_token", "")
        owner = self.accounts.get(token.partition("-")[0])
        if owner is None:
            return _error(40014, "invalid access_token") if token else _error(41001, "access_token missing")
        owner.calls.append(request.path)
        if (broken := await _faulty(owner, request.path)) is not None:
            return broken
        if not owner.is_valid(token):
            return _error(42001 if token in owner.tokens else 40001, "invalid credential, access_token is invalid")
        return owner


async def _faulty(state: AccountState, path: str) -> HTTPResponse | None:
    fault = state.take_fault(path)
    if fault == "slow":
        await asyncio.sleep(_SLOW)
    answers: dict[str | None, Callable[[], HTTPResponse]] = {
        "busy": lambda: _error(-1, "system error"),
        "502": lambda: text("<html>Bad Gateway</html>", status=502),
        "not_json": lambda: text("<html>ok</html>"),
        "not_an_object": lambda: as_json([0]),
        "no_errcode": lambda: as_json({}),
        "token": lambda: _error(40001, "invalid credential"),
    }
    return answers[fault]() if fault in answers else None


def _answer(verdict: Verdict) -> HTTPResponse:
    if isinstance(verdict, dict):
        return as_json(verdict)
    code, words = verdict
    return _error(code, words) if code else as_json({"errcode": 0, "errmsg": "ok"})


def _error(code: int, words: str) -> HTTPResponse:
    """With the status 200, as all of them."""
    return as_json({"errcode": code, "errmsg": f"{words} rid: {uuid.uuid4().hex[:8]}-12ab34cd-5678ef90"})
