"""A Mail as an internet message (RFC 5322), of which no part can write a header."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from aftersales.domain.errors import Invalid
from aftersales.ports import Mail

_LONGEST = 254  # RFC 5321, 4.5.3.1.3 less the angle brackets
_BARE = re.compile(r"[!-~]+")


class _Policy(EmailPolicy):
    """Lines end in CR LF, bodies are 7 bit, and addresses of pages are never folded nor encoded.

    The standard policy writes a long one as encoded words, which RFC 2369 (2) gives no meaning in these fields.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() == "list-unsubscribe" and _BARE.fullmatch(str(value)):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", cte_type="7bit", raise_on_defect=True)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who a mail is from, or where answers go: an address, and the name that people see with it."""

    address: str
    name: str = ""


def read_mailbox(text: str) -> Mailbox:
    """`service@example.com`, or with a name: `Foothill <service@example.com>`. Raises Invalid("mailbox")."""
    name, address = parseaddr(text.strip())
    try:
        return Mailbox(normal_address(address), _one_line(name))
    except Invalid:
        raise Invalid("mailbox") from None


def normal_address(address: str) -> str:
    """One address of ASCII alone, its domain in the form of IDNA. Raises Invalid("address") for anything else."""
    name, _, host = address.rpartition("@")
    try:
        plain = f"{name}@{host.encode('idna').decode('ascii')}" if not host.isascii() else address
        if not _BARE.fullmatch(plain) or len(plain) > _LONGEST:
            raise Invalid("address")
        return Address(addr_spec=plain).addr_spec
    except (MessageError, ValueError, IndexError):
        raise Invalid("address") from None


def make_message(mail: Mail, *, sender: Mailbox, reply_to: Mailbox | None, key: str, at: datetime) -> EmailMessage:
    """Text alone, or text and HTML of the same words (multipart/alternative, RFC 2046 5.1.4).

    The same key gives the same Message-ID, by which a mail server or client can tell a repetition. It is marked as
    made by a machine (RFC 3834), so that nobody's absence is answered to it, and where `mail.unsubscribe` is given
    as one that can be unsubscribed from with one click (RFC 8058). Raises Invalid("address") for its recipient.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _written(sender)
    message["To"] = Address(addr_spec=normal_address(mail.to))
    if reply_to is not None:
        message["Reply-To"] = _written(reply_to)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(key, domain=sender.address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def message_id(key: str, *, domain: str) -> str:
    """The same for the same key, and telling nothing of it."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def _written(mailbox: Mailbox) -> Address:
    return Address(_one_line(mailbox.name), addr_spec=mailbox.address)


def _one_line(text: str) -> str:
    """Without line ends and other control characters; a lone half of a pair becomes a question mark."""
    safe = text.encode("utf8", "replace").decode("utf8")
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in safe).split())
