"""Signed links: whoever has one may see what it leads to, without signing in, until it expires."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

LIFETIME = timedelta(days=30)
_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,128})\.([0-9a-f]{1,12})\.([A-Za-z0-9_-]{32})")
_SIGNATURE_BYTES = 24  # 192 bits of HMAC-SHA-256 (RFC 2104 §5: at least half of its length)


class WrongLink(Exception):
    """It was not made by us."""


class ExpiredLink(Exception):
    """It was made by us, too long ago."""


class LinkTo(StrEnum):
    """What a link leads to; one that leads to the one never opens the other."""

    CASE = "case"
    RETURN = "return"
    PREFERENCES = "preferences"
    APP = "app"  # ties a messaging app to the account; the steps on the way are no addresses
    APP_BEGUN = "app-begun"
    APP_PROVEN = "app-proven"


_PATHS = {LinkTo.CASE: "c", LinkTo.RETURN: "r", LinkTo.PREFERENCES: "n", LinkTo.APP: "l"}
# Whoever finds an old mail must still be able to end the mails.
_AT_ONCE = timedelta(minutes=15)
_LIFETIMES = {
    LinkTo.CASE: LIFETIME,
    LinkTo.RETURN: LIFETIME,
    LinkTo.PREFERENCES: timedelta(days=366),
    LinkTo.APP: _AT_ONCE,
    LinkTo.APP_BEGUN: _AT_ONCE,
    LinkTo.APP_PROVEN: _AT_ONCE,
}


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """`address` is the front's, as browsers see it. Without a key there are no links, and none is right."""

    key: bytes = field(default=b"", repr=False)
    address: str = ""

    def link(self, name: str, *, now: datetime, to: LinkTo = LinkTo.CASE) -> str:
        """The address under which the case or return of this number can be seen for 30 days.

        Preferences have links of a year, by `name_of_customer`; tying an app those of 15 minutes, by the thread's
        id. Raises ValueError without a key.
        """
        return f"{self.address}/{_PATHS[to]}/{self.token(name, now=now, to=to)}"

    def token(self, name: str, *, now: datetime, to: LinkTo) -> str:
        """What `read` takes. Raises ValueError without a key."""
        if not self.key:
            raise ValueError("no key to sign links with")
        until = f"{int((now + _LIFETIMES[to]).timestamp()):x}"
        return f"{name}.{until}.{self._signature(to, name, until)}"

    def read(self, token: str, *, now: datetime, to: LinkTo = LinkTo.CASE) -> str:
        """The name in the link. Raises WrongLink, and ExpiredLink; takes as long for each wrong signature."""
        match = _TOKEN.fullmatch(token)
        if match is None or not self.key:
            raise WrongLink
        name, until, signature = match.groups()
        if not hmac.compare_digest(signature, self._signature(to, name, until)):
            raise WrongLink
        if int(until, 16) < now.timestamp():
            raise ExpiredLink
        return name

    def _signature(self, to: LinkTo, name: str, until: str) -> str:
        digest = hmac.new(self.key, f"{to.value}:{name}:{until}".encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode("ascii")


NO_LINKS = SignedLinks()


def name_of_customer(customer_id: str) -> str:
    """The shop's id of a customer (64 characters of ASCII at most) as it may stand in a link."""
    return urlsafe_b64encode(customer_id.encode()).decode("ascii").rstrip("=")


def customer_of_name(name: str) -> str:
    """The way back. Raises WrongLink."""
    try:
        return urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except ValueError:
        raise WrongLink from None
