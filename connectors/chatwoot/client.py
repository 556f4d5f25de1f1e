"""Calls to Chatwoot's application API, with the access token of one of its users.

Documented at developers.chatwoot.com (Application APIs, header `api_access_token`) and in swagger/swagger.json of
chatwoot/chatwoot. Statuses as its request_exception_handler.rb gives them: 401 not allowed, 404 not found (in this
account), 422 not acceptable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import httpx
import structlog

from aftersales.domain.errors import Invalid, NotFound, ProviderRejected, Unavailable

log = structlog.get_logger("returndesk.chatwoot")

_LONGEST_ANSWER = 8 * 1024 * 1024  # a page of a hundred messages of Chatwoot's longest
_LARGEST_FILE = 10 * 1024 * 1024  # what is kept of attachments at all
_MOST_REDIRECTS = 3
_TO_ELSEWHERE = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class ChatwootSettings:
    """`url` is the root of the server, `inbox` the id of an inbox with the channel API in the account."""

    url: str
    token: str
    account: int
    inbox: int


class ChatwootClient:
    """`timeout` in seconds for one call."""

    def __init__(
        self,
        settings: ChatwootSettings,
        *,
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self._root = f"{settings.url.rstrip('/')}/api/v1/accounts/{settings.account}"
        self._client = httpx.AsyncClient(
            headers={"Accept": "application/json"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 3.0)),
            follow_redirects=False,
            transport=transport,
        )
        self._allowed = {"api_access_token": settings.token}

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, **query: str | int) -> Any:
        """The JSON of the answer. Raises NotFound, ProviderRejected, Unavailable."""
        return await self._call("GET", path, params=query)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """As get."""
        return await self._call("POST", path, json=body)

    async def upload(self, path: str, fields: Mapping[str, str], files: Sequence[tuple[str, bytes, str]]) -> Any:
        """A form with attachments (name, content, media type); as get."""
        parts = [("attachments[]", file) for file in files]
        return await self._call("POST", path, data=dict(fields), files=parts)

    async def download(self, url: str) -> bytes:
        """A file of this server; it may send on to where it stores its files, which is not given the token.

        Raises Invalid for an address of another server, a file that is gone or too large; Unavailable.
        """
        if _origin(url) != _origin(self.settings.url):
            raise Invalid("file_address")
        for _ in range(_MOST_REDIRECTS):
            status, target, content = await self._fetch(url)
            if status not in _TO_ELSEWHERE:
                return content
            url = urljoin(url, target)
            if not url.startswith("https://") and _origin(url) != _origin(self.settings.url):
                raise Invalid("file_address")
        raise Invalid("file_address")

    async def _fetch(self, url: str) -> tuple[int, str, bytes]:
        try:
            async with self._client.stream("GET", url, headers={"Accept": "*/*"}) as answer:
                if answer.status_code in _TO_ELSEWHERE:
                    return answer.status_code, answer.headers.get("location", ""), b""
                if answer.status_code == 429 or answer.status_code >= 500:
                    raise Unavailable(f"status {answer.status_code}")
                if not answer.is_success:
                    raise Invalid("file_gone")
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > _LARGEST_FILE:
                        raise Invalid("file_too_large")
                return answer.status_code, "", bytes(content)
        except httpx.HTTPError as error:
            _fail(error)

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = await self._client.request(method, f"{self._root}{path}", headers=self._allowed, **options)
        except httpx.HTTPError as error:
            _fail(error)
        if answer.status_code == 404:
            raise NotFound("chatwoot")
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Unavailable(f"status {answer.status_code}")
        if not answer.is_success:
            log.error("chatwoot_refused", status=answer.status_code)
            raise ProviderRejected(f"status {answer.status_code}")
        try:
            if len(answer.content) > _LONGEST_ANSWER:
                raise ValueError("too long an answer")
            return answer.json()
        except ValueError as error:
            _fail(error)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        return "", "", None


def _fail(cause: Exception) -> NoReturn:
    """Without the words of the cause, which may hold an address with its secrets."""
    log.warning("chatwoot_trouble", error=type(cause).__name__)
    raise Unavailable(type(cause).__name__) from None
