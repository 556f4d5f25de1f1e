"""Signed links to a case: whoever has one may see how the case stands, without signing in, until it expires."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LIFETIME = timedelta(days=30)
_TOKEN = re.compile(r"([A-Z]{2}[0-9]{1,20})\.([0-9a-f]{1,12})\.([A-Za-z0-9_-]{32})")
_SIGNATURE_BYTES = 24  # 192 bits of HMAC-SHA-256 (RFC 2104 §5: at least half of its length)


class WrongLink(Exception):
    """It was not made by us."""


class ExpiredLink(Exception):
    """It was made by us, too long ago."""


@dataclass(frozen=True, slots=True)
class CaseLinks:
    """`address` is the front's, as browsers see it. Without a key there are no links, and none is right."""

    key: bytes = field(default=b"", repr=False)
    address: str = ""

    def link(self, number: str, *, now: datetime) -> str:
        """The address under which the case can be seen for 30 days. Raises ValueError without a key."""
        if not self.key:
            raise ValueError("no key to sign links with")
        until = f"{int((now + LIFETIME).timestamp()):x}"
        return f"{self.address}/c/{number}.{until}.{self._signature(number, until)}"

    def read(self, token: str, *, now: datetime) -> str:
        """The number of the case. Raises WrongLink, and ExpiredLink; takes as long for each wrong signature."""
        match = _TOKEN.fullmatch(token)
        if match is None or not self.key:
            raise WrongLink
        number, until, signature = match.groups()
        if not hmac.compare_digest(signature, self._signature(number, until)):
            raise WrongLink
        if int(until, 16) < now.timestamp():
            raise ExpiredLink
        return number

    def _signature(self, number: str, until: str) -> str:
        digest = hmac.new(self.key, f"case:{number}:{until}".encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode("ascii")


NO_LINKS = CaseLinks()
