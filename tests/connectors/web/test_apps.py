from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from time import time
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from aftersales.domain.ids import new_id
from tests.fronts import SITE_KEY, Front, Visitor, open_front
from tests.talks import LIN


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    secrets: dict[str, Any] = {
        "telegram_token": SecretStr("7100000001:" + "a" * 35),
        "telegram_secret": SecretStr("s" * 16),
    }
    async with open_front(tmp_path, **secrets) as opened:
        yield opened


def claimed(customer_id: str) -> str:
    """As the shop's site says who its visitor is."""
    now = int(time())
    claims = {"sub": customer_id, "aud": "returndesk", "iat": now, "exp": now + 60, "jti": new_id()}
    return jwt.encode(claims, SITE_KEY, algorithm="HS256")


async def signed_in(front: Front) -> Visitor:
    return await front.chat(language="zh", site_token=claimed(LIN.id))


async def test_a_customer_is_told_of_the_apps_and_gets_a_code(front: Front) -> None:
    visitor = await signed_in(front)
    assert (await visitor.get("apps")).json() == {"apps": ["telegram"]}
    answer = await visitor.post("link-codes")
    assert answer.status_code == 201
    word, _, code = answer.json()["words"].partition(" ")
    assert word == "绑定"
    assert code.isdigit()
    assert len(code) == 8


async def test_a_guest_is_told_of_none_and_gets_none(front: Front) -> None:
    visitor = await front.chat()
    assert (await visitor.get("apps")).json() == {"apps": []}
    answer = await visitor.post("link-codes")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_verified")


async def test_too_many_codes_are_refused(front: Front) -> None:
    visitor = await signed_in(front)
    answers = [(await visitor.post("link-codes")).status_code for _ in range(6)]
    assert answers == [201] * 5 + [409]
