"""Shopify's Admin API (GraphQL over HTTP): which failure means that nothing happened, and which that it may have.

A query is tried again by itself. A mutation is sent again only where Shopify says that it was throttled, which is
before anything of it is done; whatever else goes wrong with it is looked up under a key of ours first.
https://shopify.dev/docs/api/admin-graphql, /docs/api/usage/limits, /docs/api/usage/response-codes
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from aftersales.domain.errors import OutcomeUnknown, Unavailable
from connectors.shopify.answers import Answer, Declined, Throttled, payload_of, read_answer
from connectors.shopify.tokens import NOT_SENT, Tokens

log = structlog.get_logger("returndesk.shopify")
API_VERSION = "2026-10"
_MOST_BYTES = 8 * 1024 * 1024
_READS = 3
_THROTTLED_TIMES = 4

__all__ = ["API_VERSION", "Declined", "ShopifyClient", "ShopifySettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopifySettings:
    """`shop` is xxx.myshopify.com. A `token` that lasts, or `client_id` and `client_secret` to fetch one.

    `timeout` is in seconds for one request, `longest_wait` for one pause after being throttled. `transport` and
    `sleep` replace the network and the clock in tests.
    """

    shop: str
    token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    version: str = API_VERSION
    timeout: float = 10.0
    longest_wait: float = 8.0
    transport: httpx.AsyncBaseTransport | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class ShopifyClient:
    """Raises Unavailable (nothing happened) and, of mutations, Declined (it was refused) and OutcomeUnknown."""

    def __init__(self, settings: ShopifySettings) -> None:
        self._path = f"/admin/api/{settings.version}/graphql.json"
        self._longest_wait = settings.longest_wait
        self.sleep = settings.sleep
        self._client = httpx.AsyncClient(
            base_url=f"https://{settings.shop}",
            timeout=httpx.Timeout(settings.timeout, connect=min(settings.timeout, 3.0)),
            transport=settings.transport,
        )
        self._tokens = Tokens(
            self._client, token=settings.token, client_id=settings.client_id, client_secret=settings.client_secret
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of the answer; reads, three times at most. Raises Unavailable, also when a part is missing."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Unavailable),
            stop=stop_after_attempt(_READS),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            sleep=self.sleep,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                return (await self._call(document, variables, writes=False)).data
        raise Unavailable("shopify")

    async def mutate(self, document: str, **variables: Any) -> dict[str, Any]:
        """The payload of the document's one mutation, which is made once.

        Raises Declined for its userErrors, Unavailable, OutcomeUnknown.
        """
        return payload_of(await self._call(document, variables, writes=True))

    async def _call(self, document: str, variables: Mapping[str, Any], *, writes: bool) -> Answer:
        body = json.dumps({"query": document, "variables": variables}, ensure_ascii=False).encode()
        for _ in range(_THROTTLED_TIMES):
            try:
                return await self._ask(body, writes=writes)
            except Throttled as throttled:
                await self.sleep(min(throttled.seconds, self._longest_wait))
        log.warning("shopify_throttled", times=_THROTTLED_TIMES)
        raise Unavailable("shopify_throttled")

    async def _ask(self, body: bytes, *, writes: bool) -> Answer:
        """Raises Throttled besides what _call raises."""
        for is_last in (False, True):
            token = await self._tokens.get()
            try:
                response = await self._send(body, token)
            except httpx.TransportError as error:
                log.warning("shopify_unreachable", writes=writes, error=type(error).__name__)
                if writes and not isinstance(error, NOT_SENT):
                    raise OutcomeUnknown("shopify") from error
                raise Unavailable("shopify") from error
            if response.status_code != 401 or is_last or not self._tokens.forget(token):
                break
        return read_answer(response, writes=writes)

    async def _send(self, body: bytes, token: str) -> httpx.Response:
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": token}
        async with self._client.stream("POST", self._path, content=body, headers=headers) as response:
            told = bytearray()
            async for chunk in response.aiter_bytes():
                told += chunk
                if len(told) > _MOST_BYTES:
                    raise httpx.ReadError("the answer is too long")
        kept = {"Retry-After": response.headers.get("Retry-After", "")}
        return httpx.Response(response.status_code, headers=kept, content=bytes(told))


def amount_text(amount: Decimal) -> str:
    """A decimal as Shopify's scalars Money and Decimal take it: text, digit by digit."""
    return f"{amount:f}"
