"""Where one-time codes and news are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from aftersales.ports import Mail, Notifier
from aftersales.stores.base import make_engine
from aftersales.stores.mailbox import EmbeddedMailbox
from connectors.email.messages import read_mailbox
from connectors.email.outbound import SmtpMail, SmtpServer
from connectors.sms.outbound import SmsGateway
from runtime.clock import SystemClock
from runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class ByAddress:
    """A Notifier of two: e-mail addresses here, phone numbers there."""

    mails: Notifier
    texts: Notifier

    async def send(self, mail: Mail, *, key: str) -> None:
        await (self.mails if "@" in mail.to else self.texts).send(mail, key=key)


@asynccontextmanager
async def open_mailbox(settings: Settings) -> AsyncIterator[EmbeddedMailbox]:
    """The mailbox in our own database."""
    engine = make_engine(settings.database)
    try:
        yield EmbeddedMailbox(engine, SystemClock())
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_notifier(settings: Settings) -> AsyncIterator[Notifier]:
    """The shop's mail server and its gateway for texts; the embedded mailbox in place of what is missing."""
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(open_mailbox(settings))
        mails: Notifier = _smtp_mail(settings) if settings.smtp_host else mailbox
        if not settings.sms_url:
            # A mail server says of a phone number that it takes none.
            yield mails
            return
        gateway = SmsGateway(url=settings.sms_url, token=settings.sms_token.get_secret_value())
        yield ByAddress(mails, await stack.enter_async_context(gateway))


def _smtp_mail(settings: Settings) -> SmtpMail:
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
    )
    sender = read_mailbox(settings.smtp_from)
    return SmtpMail(
        server,
        sender=sender if sender.name else replace(sender, name=settings.shop_name),
        reply_to=read_mailbox(settings.smtp_reply_to) if settings.smtp_reply_to else None,
        clock=SystemClock(),
    )
