"""How often somebody may try to sign in: per address, and per account.

So that nobody can lock others out by trying their names, a browser in which an account has signed in before
carries a cookie that says so, and has tries of its own (OWASP, "Device Cookies").
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from runtime.buckets import Buckets

DEVICE_SECONDS = 180 * 24 * 3600


@dataclass(frozen=True)
class Tries:
    """`key` signs the cookies. Five tries a minute per address; ten in a quarter of an hour per account."""

    key: bytes
    addresses: Buckets = field(default_factory=lambda: Buckets(5, seconds=60))
    accounts: Buckets = field(default_factory=lambda: Buckets(10, seconds=900))
    devices: Buckets = field(default_factory=lambda: Buckets(10, seconds=900))

    def take(self, name: str, *, address: str, device: str) -> None:
        """`device` is the cookie, or nothing. Raises TooMany, alike for names that nobody has."""
        self.addresses.take(address)
        who = _digest(name.strip().lower())
        if self.knows(device, name=name):
            self.devices.take(f"{who}:{_digest(device)}")
        else:
            self.accounts.take(who)

    def remember(self, name: str) -> str:
        """A cookie for a browser in which this account has just signed in."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._seal(name, nonce)}"

    def knows(self, device: str, *, name: str) -> bool:
        nonce, _, seal = device.partition(".")
        right = self._seal(name.strip().lower(), nonce)
        return bool(self.key) and hmac.compare_digest(seal.encode("utf8", "replace"), right.encode())

    def _seal(self, name: str, nonce: str) -> str:
        return hmac.digest(b"device:" + self.key, f"{nonce}.{name}".encode("utf8", "replace"), "sha256").hex()


def _digest(word: str) -> str:
    """Short, whatever somebody sends."""
    return hashlib.sha256(word.encode("utf8", "replace")).hexdigest()[:32]
