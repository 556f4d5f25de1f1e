"""What Shopify lets us in with: a token that was given, or one that is fetched for a day.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import structlog

from aftersales.domain.errors import Unavailable

log = structlog.get_logger("returndesk.shopify")
# httpx raises these before anything of the request has left.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_PATH = "/admin/oauth/access_token"
_EARLY = 300.0  # seconds before its end at which a token is no longer used


class Tokens:
    """Each process fetches its own: Shopify keeps earlier ones valid."""

    def __init__(self, client: httpx.AsyncClient, *, token: str, client_id: str, client_secret: str) -> None:
        self._client = client
        self._given = token
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._fetched = ""
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> str:
        """Raises Unavailable."""
        if self._given:
            return self._given
        async with self._lock:
            if not self._fetched or time.monotonic() >= self._until:
                await self._fetch()
            return self._fetched

    def forget(self, token: str) -> bool:
        """Whether another one can be fetched in the place of this one, which Shopify did not take."""
        if self._given:
            return False
        if self._fetched == token:
            self._fetched = ""
        return True

    async def _fetch(self) -> None:
        try:
            response = await self._client.post(_PATH, data=self._form)
            told: Any = response.json() if response.status_code == 200 else {}
        except (httpx.TransportError, ValueError) as error:
            log.warning("shopify_token_unreachable", error=type(error).__name__)
            raise Unavailable("shopify") from error
        token = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(token, str) or not token:
            log.error("shopify_token_refused", status=response.status_code)
            raise Unavailable("shopify_key")
        lasts = told.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, int | float) else 3600.0
        self._fetched, self._until = token, time.monotonic() + max(0.0, seconds - _EARLY)
