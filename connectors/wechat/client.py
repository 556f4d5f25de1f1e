"""Calls to WeChat's API: which failure means that nothing happened, and which that it may have.

WeChat says HTTP 200 for errors too, so the `errcode` decides. A call is repeated by itself only where WeChat said
that it did nothing: "busy" (three times at most), and a token that was refused (once).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import httpx
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from aftersales.domain.errors import Invalid, OutcomeUnknown, Unavailable
from aftersales.ports import Clock, TokenStore
from connectors.wechat.accounts import WeChatAccount
from connectors.wechat.codes import BUSY, OK, TO_MEND, TOKEN_REFUSED, Reply
from connectors.wechat.payloads import encode
from connectors.wechat.tokens import Tokens

log = structlog.get_logger("returndesk.wechat")

_LONGEST_ANSWER = 1024 * 1024
LARGEST_FILE = 10 * 1024 * 1024
_TRIES = 3
_LONGEST_VALID = 24 * 3600
_LONGEST_CODE = 512
# httpx raises these before anything of the request has left.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
Sleep = Callable[[float], Awaitable[None]]


class _Busy(Exception):
    pass


class _TooLong(Exception):
    pass


@dataclass(frozen=True, slots=True)
class RawAnswer:
    headers: httpx.Headers
    content: bytes

    @property
    def is_file(self) -> bool:
        """A file has its own Content-Type; errors, and all else that WeChat answers, are JSON."""
        kind: str = self.headers.get("content-type", "")
        return kind.partition(";")[0].strip().lower() not in ("application/json", "text/plain", "")


class WeChatClient:
    """`url` is the API's root; `timeout` in seconds for one request; `transport` replaces the network in tests."""

    def __init__(
        self,
        account: WeChatAccount,
        *,
        store: TokenStore,
        clock: Clock,
        url: str = "https://api.weixin.qq.com",
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.account = account
        self._sleep = sleep
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=httpx.Timeout(timeout, connect=min(timeout, 3.0)),
            follow_redirects=False,
            transport=transport,
        )
        name = f"wechat:{account.app_id}"
        self._tokens = Tokens(name, store=store, clock=clock, fetch=self._fetch_token, sleep=sleep)

    async def close(self) -> None:
        await self._client.aclose()

    async def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """A call that does something, once. Raises Unavailable, and OutcomeUnknown when it may have been done."""
        headers = {"Content-Type": "application/json"}
        return await self._with_token("POST", path, acts=True, content=encode(body), headers=headers)

    async def upload(self, content: bytes, *, name: str, media_type: str) -> Reply:
        """An image to be sent afterwards; harmless when it is repeated. Raises Unavailable."""
        files = {"media": (name, content, media_type)}
        return await self._with_token("POST", "/cgi-bin/media/upload", files=files, params={"type": "image"})

    async def download(self, media: str) -> RawAnswer:
        """A file that a customer sent. Raises Invalid: file_gone, file_too_large; Unavailable."""
        path = "/cgi-bin/media/get"
        files: list[RawAnswer] = []

        async def read(token: str) -> Reply:
            query = {"access_token": token, "media_id": media}
            answer = await self._request("GET", path, longest=LARGEST_FILE, params=query)
            if not answer.is_file:
                return _reply(answer)
            files.append(answer)
            return Reply(OK, {})

        try:
            reply = await self._repeated(read, path=path)
        except _TooLong:
            raise Invalid("file_too_large") from None
        except ValueError:
            _fail("unreadable", acts=False)
        if not files:
            log.warning("wechat_file_gone", errcode=reply.errcode, rid=reply.rid)
            raise Invalid("file_gone")
        return files[-1]

    async def openid_of(self, code: str) -> str:
        """Who has come from WeChat's page of authorisation with this code, which is good once.

        Raises Invalid for a code that is wrong or used up, and for a customer who looks at a snapshot of the page:
        the openid is no real one then (developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken).
        Raises Unavailable.
        """
        if not 0 < len(code) <= _LONGEST_CODE:
            raise Invalid("code")
        query = {
            "appid": self.account.app_id,
            "secret": self.account.secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        path = "/sns/oauth2/access_token"
        reply = await self._patiently(lambda: self._read(path, query))
        if reply.errcode in TO_MEND:
            self._tell(reply, path=path)
            raise Unavailable(str(reply.errcode))
        openid = reply.fields.get("openid")
        if reply.errcode != OK or not isinstance(openid, str) or not openid:
            raise Invalid("code")
        if str(reply.fields.get("is_snapshotuser", 0)) == "1":
            raise Invalid("code", "snapshot")
        return openid

    async def _with_token(self, method: str, path: str, *, acts: bool = False, **options: Any) -> Reply:
        query = options.pop("params", {})

        async def call(token: str) -> Reply:
            try:
                params = {**query, "access_token": token}
                reply = _reply(await self._request(method, path, acts=acts, params=params, **options))
                if acts and "errcode" not in reply.fields:
                    raise ValueError("no errcode")
                return reply
            except (_TooLong, ValueError):
                _fail("unreadable", acts=acts)

        return await self._repeated(call, path=path)

    async def _repeated(self, call: Callable[[str], Awaitable[Reply]], *, path: str) -> Reply:
        """Calls with a token, and once more with another one where it is refused. Raises Unavailable."""
        token = await self._tokens.current()
        reply = await self._patiently(lambda: call(token.token))
        if reply.errcode in TOKEN_REFUSED:
            try:
                token = await self._tokens.instead_of(token)
            except Unavailable:
                self._tell(reply, path=path)
                raise
            reply = await self._patiently(lambda: call(token.token))
        if reply.errcode in TOKEN_REFUSED or reply.errcode in TO_MEND:
            self._tell(reply, path=path)
            raise Unavailable(str(reply.errcode))
        return reply

    async def _patiently(self, call: Callable[[], Awaitable[Reply]]) -> Reply:
        """Again while WeChat is busy. Raises Unavailable."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Busy),
            stop=stop_after_attempt(_TRIES),
            wait=wait_random_exponential(multiplier=0.3, max=2),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    reply = await call()
                    if reply.errcode == BUSY:
                        raise _Busy
        except _Busy:
            raise Unavailable("busy") from None
        return reply

    async def _fetch_token(self) -> tuple[str, timedelta]:
        """The same one until shortly before its end, whoever asks. Raises Unavailable."""
        path = "/cgi-bin/stable_token"
        body = {
            "grant_type": "client_credential",
            "appid": self.account.app_id,
            "secret": self.account.secret,
            "force_refresh": False,
        }
        reply = await self._patiently(lambda: self._read(path, content=encode(body)))
        token, valid = reply.fields.get("access_token"), reply.fields.get("expires_in")
        if not isinstance(token, str) or not token or type(valid) is not int or not 0 < valid <= _LONGEST_VALID:
            self._tell(reply, path=path)
            raise Unavailable(str(reply.errcode))
        return token, timedelta(seconds=valid)

    async def _read(
        self, path: str, query: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Reply:
        try:
            method = "GET" if content is None else "POST"
            return _reply(await self._request(method, path, params=query, content=content))
        except (_TooLong, ValueError):
            _fail("unreadable", acts=False)

    async def _request(
        self, method: str, path: str, *, acts: bool = False, longest: int = _LONGEST_ANSWER, **options: Any
    ) -> RawAnswer:
        """Raises Unavailable, OutcomeUnknown where it `acts` and may have, _TooLong. Addresses hold secrets."""
        try:
            async with self._client.stream(method, path, **options) as answer:
                if answer.status_code != httpx.codes.OK:
                    _fail(f"status {answer.status_code}", acts=acts)
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > longest:
                        raise _TooLong
                return RawAnswer(answer.headers, bytes(content))
        except httpx.HTTPError as error:
            _fail(type(error).__name__, acts=acts and not isinstance(error, _NOT_SENT))

    def _tell(self, reply: Reply, *, path: str) -> None:
        log.error(
            "wechat_refused",
            account=self.account.app_id,
            call=path,
            errcode=reply.errcode,
            rid=reply.rid,
            address=reply.address,
            to_do=TO_MEND.get(reply.errcode, "check the AppSecret, and that nobody fetches tokens by force"),
        )


def _reply(answer: RawAnswer) -> Reply:
    """Raises ValueError for what is no JSON object."""
    try:
        fields = json.loads(answer.content)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(fields, dict):
        raise ValueError("no object")
    errcode = fields.get("errcode", OK)
    if type(errcode) is not int:
        raise ValueError("no errcode")
    return Reply(errcode, fields)


def _fail(reason: str, *, acts: bool) -> NoReturn:
    log.warning("wechat_trouble", reason=reason, unknown=acts)
    raise (OutcomeUnknown if acts else Unavailable)(reason) from None
