"""Sends webhooks: once, to an address that was looked at, following nowhere."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

from aftersales.ports import Reception
from connectors.webhooks.addresses import Refused, resolve

TIMEOUT = 10.0
_MOST_READ = 4 * 1024
_AGENT = "ReturnDesk-Webhooks"


class HttpWebhookSender:
    """`timeout` in seconds for all of one delivery. `private` and `local` as `resolve` takes them.

    The connection goes to the very address that was looked at: a name that leads elsewhere a moment later (DNS
    rebinding) changes nothing. The certificate is checked for the name.
    """

    def __init__(
        self,
        *,
        private: bool = False,
        local: bool = False,
        timeout: float = TIMEOUT,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._private = private
        self._local = local
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,  # a proxy would resolve the name for itself
            timeout=timeout,
            verify=verify,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reception:
        """What came of it; any status but 2xx, also a redirect, is a failure. It reads 4 KB of the answer."""
        try:
            async with asyncio.timeout(self._timeout):
                return Reception(status=await self._post(httpx.URL(url), headers, body))
        except Refused:
            return Reception(failure="address_refused")
        except (TimeoutError, httpx.TimeoutException):
            return Reception(failure="timeout")
        except ssl.SSLError:
            return Reception(failure="tls")
        except (OSError, UnicodeError):  # among them names that do not exist or cannot
            return Reception(failure="not_found")
        except httpx.ConnectError as error:
            return Reception(failure="tls" if _is_tls(error) else "not_connected")
        except (httpx.HTTPError, httpx.InvalidURL):
            return Reception(failure="broken_off")

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> int:
        port = url.port or (443 if url.scheme == "https" else 80)
        address = await resolve(url.host, port, private=self._private, local=self._local)
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            headers={**headers, "host": url.netloc.decode("ascii"), "user-agent": _AGENT},
            content=body,
            extensions={"sni_hostname": url.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            read = 0
            async for part in response.aiter_raw():
                read += len(part)
                if read >= _MOST_READ:
                    break
            return response.status_code
        finally:
            await response.aclose()


def _is_tls(error: BaseException | None) -> bool:
    """Whether a wrong certificate, or none, lies behind a failure to connect."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
