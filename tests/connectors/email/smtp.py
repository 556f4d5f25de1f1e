"""A real SMTP server of the tests, and certificates that it shows."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as OF_MAIL
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.email.outbound import SmtpServer

HOST = "127.0.0.1"
USER, PASSWORD = "shop", "correct horse"
_OK = "250 OK"


@dataclass
class Inbox:
    """What the server took. `refusals` are its next answers to a recipient, `after_data` to a whole mail."""

    raw: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    signed_in: list[bool] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    after_data: list[str] = field(default_factory=list)
    tries: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=OF_MAIL) for raw in self.raw]

    async def handle_RCPT(  # noqa: N802  (the server looks for this name)
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return _OK

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.after_data:
            return self.after_data.pop(0)
        self.raw.append(cast(bytes, envelope.content))
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        self.signed_in.append(bool(session.authenticated))
        return _OK


@dataclass(frozen=True)
class Certificate:
    """Self-made, for 127.0.0.1."""

    path: Path

    def shown(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.path))


def make_certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return Certificate(path)


@asynccontextmanager
async def smtp_server(
    *, certificate: Certificate | None = None, at_once: bool = False, login: bool = False
) -> AsyncIterator[tuple[Inbox, SmtpServer]]:
    """A running server at a free port, and how it is reached.

    With a certificate it wants STARTTLS (TLS from the first byte with `at_once`); with `login` a sign-in as well.
    """
    inbox = Inbox()
    options: dict[str, Any] = {}
    if login:
        options |= {
            "authenticator": _authenticate,
            "auth_required": True,
            "auth_require_tls": certificate is not None,
        }
    if certificate and not at_once:
        options |= {"tls_context": certificate.shown(), "require_starttls": True}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(inbox, **options), HOST, 0, ssl=certificate.shown() if certificate and at_once else None
    )
    async with server:
        yield (
            inbox,
            SmtpServer(
                host=HOST,
                port=server.sockets[0].getsockname()[1],
                security="tls" if at_once else "starttls" if certificate else "none",
                user=USER if login else "",
                password=PASSWORD if login else "",
                tls=certificate.trusted() if certificate else ssl.create_default_context(),
            ),
        )


def _authenticate(server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    wanted = (USER.encode(), PASSWORD.encode())
    genuine = isinstance(data, LoginPassword) and (data.login, data.password) == wanted
    return AuthResult(success=genuine)
