"""Text messages through the shop's own gateway: an address of the shop that passes them on to its provider.

Providers differ (in China each text is a template that was approved beforehand), so the gateway gets the text, and
its name with what it was filled in with; docs/connectors/sms.md.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

from aftersales.domain.errors import ProviderRejected, Unavailable
from aftersales.ports import Mail

_BUSY = frozenset({408, 425, 429})
_LONGEST_TEXT = 1000


class SmsGateway:
    """A Notifier for phone numbers in E.164. `timeout` in seconds; `token` goes along as a bearer token."""

    def __init__(self, *, url: str, token: str, timeout: float = 10.0) -> None:
        self._url = url
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 3.0)),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(self, mail: Mail, *, key: str) -> None:
        """Hands the text over under its key, so that the gateway can drop a repetition.

        Raises Unavailable for what may be tried again (no answer, 408, 425, 429, 5xx), ProviderRejected for all
        other answers that are no 2xx. Nothing that could hold the number or the text is told on.
        """
        body = {
            "to": mail.to,
            "text": mail.text[:_LONGEST_TEXT],
            "template": mail.template,
            "parameters": dict(mail.parameters),
            "language": mail.language,
        }
        try:
            answer = await self._client.post(self._url, json=body, headers={"Idempotency-Key": key})
        except httpx.HTTPError as error:
            raise Unavailable(f"sms gateway: {type(error).__name__}") from None
        if answer.is_success:
            return
        if answer.status_code in _BUSY or answer.status_code >= 500:
            raise Unavailable(f"sms gateway: status {answer.status_code}")
        raise ProviderRejected(f"sms_{answer.status_code}")
