"""Reads an id_token as OpenID Connect Core 1.0, section 3.1.3.7, wants it checked."""

from __future__ import annotations

import hmac
from typing import Any

import jwt

from aftersales.domain.errors import Forbidden
from aftersales.domain.identities import Identity

# Signed with a key that the provider alone has: never `none`, never a secret that is shared.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_LEEWAY = 60  # seconds by which clocks may differ
_LONGEST = 255
_MOST_GROUPS = 500


def read_id_token(
    token: str, keys: jwt.PyJWKSet, *, issuer: str, client_id: str, nonce: str, groups_claim: str
) -> Identity:
    """Who signed in. Raises Forbidden with what is wrong: signature, issuer, audience, time, nonce, claims."""
    try:
        header = jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, header.get("kid")),
            algorithms=list(ALGORITHMS),
            audience=client_id,
            issuer=issuer,
            leeway=_LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise Forbidden(f"id_token: {type(error).__name__}") from None
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode("utf8", "replace"), nonce.encode()):
        raise Forbidden("id_token: nonce")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != client_id:
        raise Forbidden("id_token: azp")
    return _identity(claims, groups_claim)


def _key(keys: jwt.PyJWKSet, key_id: object) -> jwt.PyJWK:
    """That of the header's id; without an id the only one there is. Raises InvalidKeyError."""
    found = [key for key in keys.keys if key_id is None or key.key_id == key_id]
    if len(found) != 1 or found[0].public_key_use not in (None, "sig"):
        raise jwt.InvalidKeyError
    return found[0]


def _identity(claims: dict[str, Any], groups_claim: str) -> Identity:
    subject = claims["sub"]
    if not 0 < len(subject) <= _LONGEST:
        raise Forbidden("id_token: sub")
    told = claims.get(groups_claim, ())
    groups = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    return Identity(
        issuer=claims["iss"],
        subject=subject,
        email=_words(claims, "email") if claims.get("email_verified") is True else "",
        name=_words(claims, "name"),
        username=_words(claims, "preferred_username"),
        groups=frozenset(group for group in groups[:_MOST_GROUPS] if isinstance(group, str)),
    )


def _words(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value[:_LONGEST] if isinstance(value, str) else ""
