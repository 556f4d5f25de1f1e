"""Medusa's admin API over HTTP: which failure means that nothing happened, and which that it may have.

A read is tried again by itself. A write never is: Medusa has no idempotency of its own (the same request sent
twice is done twice), so whoever writes looks first whether it was done, under a key of ours that Medusa keeps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from aftersales.domain.errors import AftersalesError, NotFound, OutcomeUnknown, Unavailable

log = structlog.get_logger("returndesk.medusa")

_MOST_BYTES = 8 * 1024 * 1024
_READS = 3
# httpx raises these before anything of the request has left.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Declined(Exception):
    """Medusa understood a write and will not do it as things stand (400, 409, 422). Never leaves this connector.

    `detail` is Medusa's own message: it names goods and ids, and is not for customers.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class MedusaSettings:
    """`url` is the server's root, `secret_key` a secret API key, `timeout` in seconds for one request.

    `abandoned_after` is when a half-made change of ours counts as left behind: longer than all requests of a
    change may take, and clocks may differ. `transport` replaces the network in tests.
    """

    url: str
    secret_key: str = field(repr=False)
    timeout: float = 8.0
    abandoned_after: timedelta = timedelta(seconds=90)
    transport: httpx.AsyncBaseTransport | None = None


class MedusaClient:
    """Raises NotFound, Declined, Unavailable (nothing happened) and, of writes, OutcomeUnknown (it may have)."""

    def __init__(self, settings: MedusaSettings) -> None:
        self.abandoned_after = settings.abandoned_after
        self._client = httpx.AsyncClient(
            base_url=settings.url.rstrip("/"),
            auth=(settings.secret_key, ""),
            timeout=httpx.Timeout(settings.timeout, connect=min(settings.timeout, 3.0)),
            transport=settings.transport,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, **parameters: str | list[str]) -> Any:
        """Reads, three times at most. Raises NotFound, Unavailable."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Unavailable),
            stop=stop_after_attempt(_READS),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                return await self._call("GET", path, parameters=parameters)
        raise Unavailable("medusa")

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Writes once. Raises NotFound, Declined, Unavailable, OutcomeUnknown."""
        return await self._call("POST", path, content=as_json(body or {}))

    async def delete(self, path: str) -> Any:
        """Writes once, as post."""
        return await self._call("DELETE", path)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str | list[str]] | None = None,
        content: str | None = None,
    ) -> Any:
        writes = method != "GET"
        try:
            status, answer = await self._send(method, path, parameters=parameters, content=content)
        except httpx.TransportError as error:
            log.warning("medusa_unreachable", method=method, error=type(error).__name__)
            if writes and not isinstance(error, _NOT_SENT):
                raise OutcomeUnknown("medusa") from error
            raise Unavailable("medusa") from error
        if status < 300:
            return _parsed(answer, writes=writes)
        raise _failure(status, answer, writes=writes)

    async def _send(
        self, method: str, path: str, *, parameters: Mapping[str, str | list[str]] | None, content: str | None
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        async with self._client.stream(
            method, path, params=parameters, content=content, headers=headers
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise httpx.ReadError("the answer is too long")
            return response.status_code, bytes(body)


def as_json(value: Any) -> str:
    """JSON in which a Decimal is a number, digit by digit: no amount ever passes through a float."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)}: {as_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_json(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _parsed(answer: bytes, *, writes: bool) -> Any:
    try:
        parsed = json.loads(answer, parse_float=Decimal)
    except ValueError:
        log.error("medusa_answer_malformed")
        raise OutcomeUnknown("medusa") if writes else Unavailable("medusa") from None
    return parsed


def _failure(status: int, answer: bytes, *, writes: bool) -> AftersalesError | Declined:
    message = _message(answer)
    if status == 404:
        return NotFound(message)
    if writes and status in {400, 409, 422}:
        log.info("medusa_declined", status=status, message=message)
        return Declined(message)
    if status in {401, 403}:
        log.error("medusa_refused_key", status=status)
        return Unavailable("medusa_key")
    log.warning("medusa_failed", status=status)
    if status == 429 or not writes:
        return Unavailable("medusa")
    return OutcomeUnknown("medusa")


def _message(answer: bytes) -> str:
    try:
        body = json.loads(answer)
    except ValueError:
        return ""
    return str(body.get("message", ""))[:300] if isinstance(body, dict) else ""
