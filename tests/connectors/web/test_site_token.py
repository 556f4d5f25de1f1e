"""The shop site's token: who may sign it, what it must say, and that it is good once."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.web.problems import Problem
from connectors.web.site_token import SiteTokens
from tests.fronts import SITE_KEY, Front, open_front


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"sub": "c-lin", "aud": "returndesk", "iat": now, "exp": now + 120, "jti": uuid.uuid4().hex} | changes
    return {name: value for name, value in whole.items() if value is not None}


def signed(key: str = SITE_KEY, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm="HS256")


def refusal(token: str, key: str = SITE_KEY) -> str:
    with pytest.raises(Problem) as refused:
        SiteTokens(key, audience="returndesk").verify(token)
    return refused.value.code


def pem(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def test_a_token_with_the_shared_secret_names_its_customer() -> None:
    verified = SiteTokens(SITE_KEY, audience="returndesk").verify(signed(jti="j1"))
    assert (verified.customer_id, verified.token_id) == ("c-lin", "j1")


def test_a_token_with_the_shops_private_key_names_its_customer() -> None:
    key = Ed25519PrivateKey.generate()
    token = jwt.encode(claims(), key, algorithm="EdDSA")
    for text in (pem(key), pem(key).replace("\n", "\\n")):
        assert SiteTokens(text, audience="returndesk").verify(token).customer_id == "c-lin"
    assert refusal(token, pem(Ed25519PrivateKey.generate())) == "site_token_invalid"
    assert refusal(token, SITE_KEY) == "site_token_invalid"


def test_the_key_alone_decides_the_algorithm() -> None:
    public = pem(Ed25519PrivateKey.generate())
    confused = jwt.encode(claims(), "x" * 64, algorithm="HS256")
    assert refusal(confused, public) == "site_token_invalid"
    assert refusal(jwt.encode(claims(), cast(str, None), algorithm="none")) == "site_token_invalid"
    assert refusal(jwt.encode(claims(), SITE_KEY * 2, algorithm="HS512")) == "site_token_invalid"


@pytest.mark.parametrize("name", ["sub", "aud", "exp", "iat", "jti"])
def test_a_missing_claim_is_refused(name: str) -> None:
    assert refusal(jwt.encode(claims(**{name: None}), SITE_KEY, algorithm="HS256")) == "site_token_invalid"


def test_odd_claims_are_refused() -> None:
    now = int(time.time())
    odd: list[dict[str, Any]] = [
        {"aud": "another"},
        {"aud": ""},
        {"sub": ""},
        {"sub": "x" * 201},
        {"sub": "a\x00b"},
        {"jti": ""},
        {"jti": "x" * 201},
        {"exp": now + 301},
        {"exp": now + 10**12},
        {"exp": "soon"},
        {"iat": now + 3600, "exp": now + 3700},
        {"iat": now + 20, "exp": now + 10},
        {"iat": now - 400, "exp": now + 100},
        {"nbf": now + 3600},
    ]
    for change in odd:
        assert refusal(signed(**change)) == "site_token_invalid", change


def test_an_expired_token_is_told_as_such_and_half_a_minute_is_forgiven() -> None:
    now = int(time.time())
    assert refusal(signed(iat=now - 200, exp=now - 40)) == "site_token_expired"
    late = signed(iat=now - 200, exp=now - 10)
    assert SiteTokens(SITE_KEY, audience="returndesk").verify(late).customer_id == "c-lin"


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 5000, "\x00", "\ud800.a.b", signed()[:-4], signed("z" * 40)])
def test_no_token_at_all_is_refused(token: str) -> None:
    assert refusal(token) == "site_token_invalid"


def test_without_a_key_every_token_is_refused() -> None:
    assert refusal(signed(), "") == "site_token_invalid"


@pytest.mark.parametrize("key", ["short", pem(generate_private_key(SECP256R1())), "-----BEGIN nothing"])
def test_a_key_that_is_too_weak_or_of_another_kind_is_refused_at_once(key: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SiteTokens(key, audience="returndesk")


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def begin(front: Front, token: str) -> tuple[int, str | bool]:
    response = await front.client.post("/api/chat/sessions", json={"site_token": token})
    body = response.json()
    return response.status_code, body["verified"] if response.status_code == 201 else body["code"]


async def test_a_token_opens_one_verified_session(front: Front) -> None:
    token = signed()
    assert await begin(front, token) == (201, True)
    assert await begin(front, token) == (401, "site_token_used")


async def test_of_ten_at_once_one_may_use_the_token(front: Front) -> None:
    token = signed()
    answers = await asyncio.gather(*(begin(front, token) for _ in range(10)))
    assert sorted(answers, key=str) == [(201, True), *[(401, "site_token_used")] * 9]


async def test_a_customer_whom_the_shop_does_not_know_is_refused(front: Front) -> None:
    assert await begin(front, signed(sub="nobody")) == (401, "site_token_invalid")


async def test_problems_with_tokens_are_told_in_both_languages(front: Front) -> None:
    now = int(time.time())
    for token, code in ((signed(iat=now - 200, exp=now - 100), "site_token_expired"), ("x", "site_token_invalid")):
        titles = []
        for language in ("zh", "en"):
            response = await front.client.post(
                "/api/chat/sessions", json={"site_token": token}, headers={"Accept-Language": language}
            )
            assert (response.status_code, response.json()["code"]) == (401, code)
            titles.append(response.json()["title"])
        assert len(set(titles)) == 2


async def test_a_verified_customer_sees_their_own_returns_alone(front: Front) -> None:
    item = await front.goods.ask()
    lin = await front.chat(site_token=signed())
    emma = await front.chat(site_token=signed(sub="c-emma"))
    listed = (await lin.get("returns")).json()["returns"]
    shown = (await lin.get(f"returns/{item.number.lower()}")).json()
    assert listed == [shown]
    assert (shown["number"], shown["status"], shown["next_step"]) == (
        item.number,
        "awaiting_parcel",
        "send_parcel",
    )
    assert shown["amount"] == {"amount": "129.00", "currency": "CNY"}
    assert shown["history"][0]["to"] == "requested"
    assert (await emma.get("returns")).json() == {"returns": []}
    for number in (item.number, "RT0", "%00", "a%20b", "x" * 300):
        response = await emma.get(f"returns/{number}")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
