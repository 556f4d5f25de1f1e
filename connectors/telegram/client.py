"""Calls to Telegram's Bot API (core.telegram.org/bots/api, "Making requests").

Every answer is JSON: `ok` with `result`, or an `error_code` with a description whose words may change at any
time and are therefore not gone by. The token stands in the address, so that no address and no
cause of an error is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
import structlog

from aftersales.domain.errors import Invalid, OutcomeUnknown, Unavailable
from connectors.telegram.payloads import LARGEST_FILE

log = structlog.get_logger("returndesk.telegram")

ROOT = "https://api.telegram.org"
_LONGEST_WAIT = 3600.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """`root` is another one for a Bot API server or a proxy of one's own."""

    token: str
    root: str = ROOT


class TelegramRefusal(Exception):
    """Telegram says no to this very call, with an HTTP status: 400 not as it is, 403 not to this customer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class TelegramClient:
    """`timeout` in seconds for one call; `now` counts seconds from anywhere."""

    def __init__(
        self, settings: TelegramSettings, *, timeout: float = 10.0, now: Callable[[], float] = monotonic
    ) -> None:
        root = settings.root.rstrip("/")
        self._methods = f"{root}/bot{settings.token}"
        self._files = f"{root}/file/bot{settings.token}"
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 3.0)), follow_redirects=False
        )
        self._now = now
        self._rests: dict[str, float] = {}

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(self, method: str, fields: Mapping[str, Any] | None = None) -> Any:
        """The result of a call that may be repeated at will. Raises TelegramRefusal, Unavailable."""
        return await self._call(method, json=dict(fields or {}))

    async def send(self, method: str, message: Mapping[str, Any]) -> Any:
        """As ask, for a message. Raises OutcomeUnknown as well; Unavailable while its chat has to rest."""
        return await self._send(method, str(message["chat_id"]), json=dict(message))

    async def upload(self, method: str, chat: str, *, field: str, file: tuple[str, bytes, str]) -> Any:
        """As send, with a file: name, content, media type."""
        return await self._send(method, chat, data={"chat_id": chat}, files={field: file})

    async def download(self, path: str) -> bytes:
        """A file by the path that getFile gives. Raises Invalid file_gone, file_too_large; Unavailable."""
        if path.startswith("/") or ".." in path.split("/"):
            raise Invalid("file_gone")
        try:
            async with self._client.stream("GET", f"{self._files}/{quote(path)}") as answer:
                if answer.status_code == 429 or answer.status_code >= 500:
                    raise Unavailable(f"status {answer.status_code}")
                if answer.status_code != 200:
                    raise Invalid("file_gone")
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > LARGEST_FILE:
                        raise Invalid("file_too_large")
                return bytes(content)
        except httpx.HTTPError as error:
            _fail(error, Unavailable)

    async def _send(self, method: str, chat: str, **options: Any) -> Any:
        if self._rests.get(chat, 0.0) > self._now():
            raise Unavailable("this chat rests")
        return await self._call(method, chat=chat, unclear=OutcomeUnknown, **options)

    async def _call(
        self,
        method: str,
        *,
        chat: str = "",
        unclear: type[Unavailable | OutcomeUnknown] = Unavailable,
        **options: Any,
    ) -> Any:
        """`unclear` is raised where the call may have had its effect."""
        try:
            answer = await self._client.post(f"{self._methods}/{method}", **options)
        except _NOT_SENT as error:
            _fail(error, Unavailable)
        except httpx.HTTPError as error:
            _fail(error, unclear)
        told = _object(answer)
        if answer.status_code == 200 and told.get("ok") is True and "result" in told:
            return told["result"]
        status = answer.status_code
        if status == 429:
            self._rest(chat, told)
            raise Unavailable("status 429")
        if status in (401, 404):
            log.error("telegram_token_refused", method=method, status=status)
            raise Unavailable(f"status {status}")
        if 400 <= status < 500:
            log.warning("telegram_refused", method=method, status=status)
            raise TelegramRefusal(status)
        log.warning("telegram_trouble", method=method, status=status)
        raise unclear(f"status {status}")

    def _rest(self, chat: str, told: Mapping[str, Any]) -> None:
        """For as many seconds as Telegram asks for (ResponseParameters.retry_after), nothing is sent there."""
        parameters = told.get("parameters")
        seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
        log.warning("telegram_asks_to_wait", seconds=seconds if isinstance(seconds, int) else None)
        now = self._now()
        self._rests = {known: until for known, until in self._rests.items() if until > now}
        if chat and isinstance(seconds, int):
            self._rests[chat] = now + min(max(seconds, 0), _LONGEST_WAIT)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _fail(cause: Exception, kind: type[Unavailable | OutcomeUnknown]) -> NoReturn:
    """Without the words of the cause, which may hold the address and with it the token."""
    log.warning("telegram_trouble", error=type(cause).__name__)
    raise kind(type(cause).__name__) from None
