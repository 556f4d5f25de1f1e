"""Which id_tokens are believed: those that the provider signed, for us, now, in answer to our question."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from aftersales.domain.errors import Forbidden
from aftersales.domain.identities import Identity
from connectors.oidc.tokens import read_id_token

ISSUER, CLIENT, NONCE = "https://id.example", "desk", "n" * 43
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set(*keys: tuple[str, rsa.RSAPrivateKey]) -> jwt.PyJWKSet:
    made = [
        {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name, "alg": "RS256"}
        for name, key in keys
    ]
    return jwt.PyJWKSet.from_dict({"keys": made})


KEYS = key_set(("k1", KEY))


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {"iss": ISSUER, "sub": "u-1", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": NONCE}
    return {name: value for name, value in (told | changes).items() if value is not None}


def signed(key: Any = KEY, *, algorithm: str = "RS256", kid: str | None = "k1", **changes: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def read(token: str, keys: jwt.PyJWKSet = KEYS) -> Identity:
    return read_id_token(token, keys, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, groups_claim="groups")


def test_a_right_token_says_who_it_is() -> None:
    told: dict[str, Any] = {"email": "wei@example.com", "email_verified": True, "name": "Wei"}
    told["preferred_username"] = "wei"
    found = read(signed(groups=["a", "b", 3], **told))
    assert (found.issuer, found.subject, found.email) == (ISSUER, "u-1", "wei@example.com")
    assert (found.name, found.username, found.groups) == ("Wei", "wei", frozenset({"a", "b"}))


@pytest.mark.parametrize("verified", [None, False, "true", 1])
def test_a_mail_that_is_not_verified_is_none(verified: Any) -> None:
    assert read(signed(email="wei@example.com", email_verified=verified)).email == ""


def test_several_audiences_need_us_as_the_authorized_party() -> None:
    assert read(signed(aud=[CLIENT, "shop"], azp=CLIENT)).subject == "u-1"
    for party in (None, "shop"):
        with pytest.raises(Forbidden, match="azp"):
            read(signed(aud=[CLIENT, "shop"], azp=party))


def test_a_single_key_needs_no_id_and_a_new_one_counts() -> None:
    assert read(signed(kid=None)).subject == "u-1"
    both = key_set(("k1", OTHER), ("k2", KEY))
    assert read(signed(kid="k2"), both).subject == "u-1"
    with pytest.raises(Forbidden):
        read(signed(kid=None), both)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": f"{ISSUER}/"},
        {"exp": -120},
        {"exp": None},
        {"iat": 3600},
        {"nbf": 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_what_is_not_for_us_now_is_refused(changes: dict[str, Any]) -> None:
    """Times are seconds from now."""
    now = int(time.time())
    changes = {name: now + value if isinstance(value, int) else value for name, value in changes.items()}
    with pytest.raises(Forbidden):
        read(signed(**changes))


def test_a_token_that_nobody_signed_is_refused() -> None:
    with pytest.raises(Forbidden):
        read(jwt.encode(claims(), "", algorithm="none", headers={"kid": "k1"}))


def test_a_token_signed_with_another_key_is_refused() -> None:
    for token in (signed(OTHER), signed(OTHER, kid="unknown")):
        with pytest.raises(Forbidden):
            read(token)


def test_the_public_key_is_no_secret_that_signs() -> None:
    """The classic confusion of HS256 and RS256."""
    with pytest.raises(Forbidden):
        read(signed("x" * 64, algorithm="HS256"))


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(Forbidden):
        read(signed(ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"))


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "x" * 5000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Forbidden):
        read(token)


def test_a_changed_token_is_refused() -> None:
    head, body, seal = signed().split(".")
    changed = jwt.encode(claims(sub="owner"), OTHER, algorithm="RS256").split(".")[1]
    with pytest.raises(Forbidden):
        read(f"{head}.{changed}.{seal}")
    assert body != changed
