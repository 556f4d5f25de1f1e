"""The shop site's word for who its visitor is: a short-lived signed token (JWT, RFC 7519), good once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connectors.web.problems import Problem

LONGEST = timedelta(minutes=5)
LEEWAY = timedelta(seconds=30)
_REQUIRED = ["sub", "aud", "exp", "iat", "jti"]
_SHORTEST_SECRET = 32
_LONGEST_TOKEN = 4096
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class SiteClaims:
    """`token_id` may be used once; it need not be remembered after `forget_at`."""

    customer_id: str
    token_id: str
    forget_at: datetime


class SiteTokens:
    """Verifies site tokens with one key, whose kind alone decides the algorithm (RFC 8725 §3.1).

    `key` is an Ed25519 public key (PEM) or an HS256 secret of at least 32 bytes; with an empty key every token
    is refused. Raises ValueError for any other key.
    """

    def __init__(self, key: str, *, audience: str) -> None:
        self._audience = audience
        self._key, self._algorithm = _read_key(key)

    def verify(self, token: str) -> SiteClaims:
        """Raises Problem site_token_invalid or site_token_expired. Does not know which tokens were used."""
        if self._key is None or len(token) > _LONGEST_TOKEN:
            raise Problem("site_token_invalid")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": _REQUIRED},
            )
            return _claims_of(claims)
        except jwt.ExpiredSignatureError:
            raise Problem("site_token_expired") from None
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
            raise Problem("site_token_invalid") from None


def _claims_of(claims: dict[str, Any]) -> SiteClaims:
    lifetime = float(claims["exp"]) - float(claims["iat"])
    if not 0 < lifetime <= LONGEST.total_seconds():
        raise ValueError("lifetime")
    return SiteClaims(
        customer_id=_name(claims["sub"]),
        token_id=_name(claims["jti"]),
        forget_at=datetime.fromtimestamp(float(claims["exp"]), UTC) + LEEWAY,
    )


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():
        raise ValueError("name")
    return value


def _read_key(key: str) -> tuple[Ed25519PublicKey | bytes | None, str]:
    if not key:
        return None, "HS256"
    if key.lstrip().startswith("-----BEGIN"):
        public = load_pem_public_key(key.replace("\\n", "\n").strip().encode())
        if not isinstance(public, Ed25519PublicKey):
            raise ValueError("the site token key is not an Ed25519 public key")
        return public, "EdDSA"
    secret = key.encode()
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"the site token secret is shorter than {_SHORTEST_SECRET} bytes")
    return secret, "HS256"
