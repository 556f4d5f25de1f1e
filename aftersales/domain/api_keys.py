"""Keys of programs that use the merchant API: what each may do, and what it looks like.

A key is `rd_<prefix>_<secret>`: the prefix finds its row, the secret proves that it is the key. The secret is
256 random bits: undoing a plain SHA-256 of it is as hard as guessing it, so no slow hash is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_FORM = re.compile(r"rd_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_NO_HASH = "0" * 64


class Scope(StrEnum):
    """What a key may be allowed. `write` allows no `read` by itself; releasing money is apart from both."""

    RETURNS_READ = "returns:read"
    RETURNS_WRITE = "returns:write"
    REFUNDS_READ = "refunds:read"
    REFUNDS_WRITE = "refunds:write"
    REFUNDS_APPROVE = "refunds:approve"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    CONVERSATIONS_READ = "conversations:read"
    STATEMENTS_READ = "statements:read"
    WEBHOOKS_MANAGE = "webhooks:manage"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """`name` is for people. `hash` is the SHA-256 of the secret, in hex: the secret itself is kept nowhere.

    `created_by` is an actor of the journal. `last_used_at` is true to the hour.
    """

    id: str
    name: str
    prefix: str
    hash: str
    scopes: frozenset[Scope]
    created_by: str
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def actor(self) -> str:
        """As the journal names this key; no account can be called so, since names hold no colon."""
        return f"agent:key:{self.prefix}"

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class Presented:
    """A key as a program shows it, taken apart."""

    prefix: str
    secret: str


def new_key() -> Presented:
    """A random one: 41 bits to be found by, 256 to be proven by."""
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return Presented(prefix, secrets.token_urlsafe(32))


def written(key: Presented) -> str:
    return f"rd_{key.prefix}_{key.secret}"


def parse_key(given: str) -> Presented | None:
    """None for what is no key at all."""
    match = _FORM.fullmatch(given)
    return Presented(match[1], match[2]) if match else None


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def proves(given: Presented, key: ApiKey | None) -> bool:
    """Whether the secret is that of the key; takes as long where there is no key."""
    return hmac.compare_digest(hash_secret(given.secret), key.hash if key else _NO_HASH) and key is not None
