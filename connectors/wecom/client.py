"""Calls to WeCom's API for customer service (developer.work.weixin.qq.com/document).

Answers have the status 200 also where they are errors: `errcode` tells (path/90455). Words of errors change
and are not gone by. The token and the secret stand in addresses, so that no address is told.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message
from hashlib import sha256
from typing import Any, NoReturn, TypeVar

import httpx
import structlog

from aftersales.domain.channels import Download
from aftersales.domain.errors import Invalid, OutcomeUnknown, Unavailable
from aftersales.ports import Clock, TokenStore
from connectors.wechat.tokens import Tokens
from connectors.wecom.payloads import encode

log = structlog.get_logger("returndesk.wecom")

ROOT = "https://qyapi.weixin.qq.com"
LARGEST_FILE = 10 * 1024 * 1024
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TOKEN_REFUSED = frozenset({40014, 41001, 42001})
_BUSY = frozenset({-1, 45009, 45033})
# What the shop has to put right at its console, with the words for the log.
_NOT_SET_UP = {
    40001: "the secret is not that of an app which may call the customer service",
    40013: "the corporation's id is not right",
    48002: "the app may not call this: enter it at the customer service as an app that may",
    60020: "the address of this machine is not among the app's trusted addresses",
    95000: "the customer service account is not known",
    95004: "the customer service account is not known",
    95017: "the API of the customer service is switched off",
}

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WeComSettings:
    """`secret` is that of an app which the customer service lets call its API."""

    corp_id: str
    secret: str = field(repr=False)
    root: str = ROOT

    @property
    def token_name(self) -> str:
        """Of its access token among all: another secret has another one."""
        return f"wecom:{self.corp_id}:{sha256(self.secret.encode()).hexdigest()[:12]}"


class WeComRefusal(Exception):
    """WeCom says no to this very call."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


class WeComClient:
    """`timeout` in seconds for one call."""

    def __init__(self, settings: WeComSettings, *, store: TokenStore, clock: Clock, timeout: float = 10.0) -> None:
        self._settings = settings
        self._root = f"{settings.root.rstrip('/')}/cgi-bin"
        self._tokens = Tokens(settings.token_name, store=store, clock=clock, fetch=self._fetch_token)
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 3.0)), follow_redirects=False
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(self, path: str, body: Mapping[str, Any]) -> Json:
        """The answer to a call that may be repeated at will. Raises WeComRefusal, Unavailable."""
        return await self._post(path, Unavailable, content=encode(body))

    async def send(self, path: str, body: Mapping[str, Any]) -> Json:
        """As ask, for a message. Raises OutcomeUnknown where it may have arrived."""
        return await self._post(path, OutcomeUnknown, content=encode(body))

    async def upload(self, file: tuple[str, bytes, str]) -> str:
        """A picture (name, content, media type) for one message; its media id. As ask."""
        told = await self._post("media/upload", Unavailable, params={"type": "image"}, files={"media": file})
        media = told.get("media_id")
        if not isinstance(media, str) or not media:
            raise Unavailable("no media id")
        return media

    async def download(self, media: str) -> Download:
        """What a customer sent. Raises Invalid file_gone, file_too_large; Unavailable."""
        try:
            return await self._with_token(lambda token: self._fetch_file(media, token))
        except WeComRefusal:
            raise Invalid("file_gone") from None

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        """Makes the call with the current token; with another one where that one is not taken, once."""
        token = await self._tokens.current()
        try:
            return await call(token.token)
        except WeComRefusal as refusal:
            if refusal.errcode not in _TOKEN_REFUSED:
                raise
        token = await self._tokens.instead_of(token)
        try:
            return await call(token.token)
        except WeComRefusal as refusal:
            if refusal.errcode in _TOKEN_REFUSED:
                raise Unavailable(f"errcode {refusal.errcode}") from None
            raise

    async def _fetch_file(self, media: str, token: str) -> Download:
        """A file comes as an attachment; an error does not, though with the status 200 as well."""
        query = {"access_token": token, "media_id": media}
        content = bytearray()
        try:
            async with self._client.stream("GET", f"{self._root}/media/get", params=query) as answer:
                if answer.status_code != 200:
                    raise Unavailable(f"status {answer.status_code}")
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > LARGEST_FILE:
                        raise Invalid("file_too_large")
        except httpx.HTTPError as error:
            _fail(error, Unavailable)
        if "content-disposition" not in answer.headers:
            _check(_object(bytes(content)), path="media/get", unclear=Unavailable)
        return Download(name=_name_of(answer), content=bytes(content))

    async def _post(self, path: str, unclear: type[Unavailable | OutcomeUnknown], **options: Any) -> Json:
        return await self._with_token(lambda token: self._call(path, token, unclear, **options))

    async def _call(
        self, path: str, token: str, unclear: type[Unavailable | OutcomeUnknown], **options: Any
    ) -> Json:
        """`unclear` is raised where the call may have had its effect."""
        query = {"access_token": token, **options.pop("params", {})}
        try:
            answer = await self._client.post(f"{self._root}/{path}", params=query, **options)
        except _NOT_SENT as error:
            _fail(error, Unavailable)
        except httpx.HTTPError as error:
            _fail(error, unclear)
        if answer.status_code != 200:
            log.warning("wecom_trouble", path=path, status=answer.status_code)
            raise unclear(f"status {answer.status_code}")
        return _check(_object(answer.content), path=path, unclear=unclear)

    async def _fetch_token(self) -> tuple[str, timedelta]:
        """Raises Unavailable."""
        query = {"corpid": self._settings.corp_id, "corpsecret": self._settings.secret}
        try:
            answer = await self._client.get(f"{self._root}/gettoken", params=query)
        except httpx.HTTPError as error:
            _fail(error, Unavailable)
        if answer.status_code != 200:
            raise Unavailable(f"status {answer.status_code}")
        try:
            told = _check(_object(answer.content), path="gettoken", unclear=Unavailable)
        except WeComRefusal as refusal:
            raise Unavailable(f"errcode {refusal.errcode}") from None
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise Unavailable("no token")
        return token, timedelta(seconds=seconds)


def _check(told: Json, *, path: str, unclear: type[Unavailable | OutcomeUnknown]) -> Json:
    """The answer when it is none of an error. Raises WeComRefusal, Unavailable, `unclear`."""
    errcode = told.get("errcode")
    if errcode == 0:
        return told
    if not isinstance(errcode, int):
        log.warning("wecom_unreadable", path=path)
        raise unclear("unreadable answer")
    if errcode in _NOT_SET_UP:
        log.error("wecom_not_set_up", path=path, errcode=errcode, what=_NOT_SET_UP[errcode])
        raise Unavailable(f"errcode {errcode}")
    if errcode in _BUSY:
        log.warning("wecom_busy", path=path, errcode=errcode)
        raise Unavailable(f"errcode {errcode}")
    log.warning("wecom_refused", path=path, errcode=errcode)
    raise WeComRefusal(errcode)


def _object(content: bytes) -> Json:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _name_of(answer: httpx.Response) -> str:
    """The last part of the file's name, "" for none."""
    header = Message()
    header["Content-Disposition"] = answer.headers.get("content-disposition", "")
    return (header.get_filename() or "").replace("\\", "/").rpartition("/")[2]


def _fail(cause: Exception, kind: type[Unavailable | OutcomeUnknown]) -> NoReturn:
    """Without the words of the cause, which may hold the address and with it a secret."""
    log.warning("wecom_trouble", error=type(cause).__name__)
    raise kind(type(cause).__name__) from None
