"""Mails through the shop's own mail server (SMTP submission, RFC 6409)."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from time import monotonic
from typing import Literal

import aiosmtplib

from aftersales.domain.errors import Invalid, ProviderRejected, Unavailable
from aftersales.ports import Clock, Mail
from connectors.email.messages import Mailbox, make_message

Security = Literal["starttls", "tls", "none"]

_PATIENCE = 10.0
_REST = 15.0  # what else waits in the outbox must not wait for a server that does not answer
_PERMANENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """`security`: STARTTLS must succeed, or TLS from the first byte; "none" is for a server on this machine.

    `patience` is in seconds, for connecting and for each answer. `tls` says which certificates are trusted.
    """

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    patience: float = _PATIENCE
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)


class SmtpMail:
    """A Notifier. Each mail has a connection of its own; after one that failed none is tried for 15 seconds."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        sender: Mailbox,
        reply_to: Mailbox | None,
        clock: Clock,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        self._server = server
        self._sender = sender
        self._reply_to = reply_to
        self._clock = clock
        self._ticks = ticks
        self._rests_until = float("-inf")

    async def send(self, mail: Mail, *, key: str) -> None:
        """Raises Unavailable (also for a refusal for now, and for a sign-in that fails) and ProviderRejected.

        The latter's detail is "no_sms" for a phone number, "recipient" where the address was refused for good,
        "message" where what was to be sent was. A server that takes a mail and is silent about it gets the same
        again, under the same Message-ID: rarely, somebody has a mail twice, never not at all.
        """
        if "@" not in mail.to:
            raise ProviderRejected("no_sms")
        try:
            message = make_message(
                mail, sender=self._sender, reply_to=self._reply_to, key=key, at=self._clock.now()
            )
        except Invalid:
            raise ProviderRejected("recipient") from None
        if self._ticks() < self._rests_until:
            raise Unavailable("mail server")
        client = await self._connect()
        try:
            await self._submit(client, message)
        finally:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=1.0)
            client.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            username=server.user or None,
            password=server.password or None,
            tls_context=server.tls if server.security != "none" else None,
            timeout=server.patience,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            self._rests_until = self._ticks() + _REST
            raise Unavailable(f"mail server: {type(error).__name__}") from None
        return client

    async def _submit(self, client: aiosmtplib.SMTP, message: EmailMessage) -> None:
        """What the server says is not passed on: it may hold the address."""
        sender, to = self._sender.address, message["To"].addresses[0].addr_spec
        try:
            await client.sendmail(sender, [to], message.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise (ProviderRejected("recipient") if code >= _PERMANENT else _later(code)) from None
        except aiosmtplib.SMTPDataError as error:
            raise (ProviderRejected("message") if error.code >= _PERMANENT else _later(error.code)) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable(f"mail server: {type(error).__name__}") from None


def _later(code: int) -> Unavailable:
    return Unavailable(f"mail server: {code}")
