from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from time import time
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from aftersales.domain.ids import new_id
from aftersales.services.receiving import receive_text
from aftersales.services.sessions import open_session
from tests.fronts import SITE_KEY, Front, Visitor, open_front
from tests.talks import EMMA, LIN


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
    assert (await visitor.get("apps")).json() == {"apps": ["telegram"], "earlier": False}
    answer = await visitor.post("link-codes")
    assert answer.status_code == 201
    word, _, code = answer.json()["words"].partition(" ")
    assert word == "绑定"
    assert code.isdigit()
    assert len(code) == 8


async def test_a_guest_is_told_of_none_and_gets_none(front: Front) -> None:
    visitor = await front.chat()
    assert (await visitor.get("apps")).json() == {"apps": [], "earlier": False}
    assert (await visitor.get("earlier")).json()["code"] == "not_verified"
    answer = await visitor.post("link-codes")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_verified")


async def test_too_many_codes_are_refused(front: Front) -> None:
    visitor = await signed_in(front)
    answers = [(await visitor.post("link-codes")).status_code for _ in range(6)]
    assert answers == [201] * 5 + [409]


async def test_a_customer_reads_what_the_same_customer_said_elsewhere_and_nobody_else(front: Front) -> None:
    ctx = front.goods.ctx
    for customer, text in ((LIN.id, "mine"), (EMMA.id, "hers"), (None, "a guest's")):
        _, talk = await open_session(ctx, channel="wechat", language="zh", customer_id=customer)
        await receive_text(ctx, conversation_id=talk.id, client_message_id="m", text=text)
    front.goods.clock.advance(minutes=1)
    visitor = await signed_in(front)
    assert (await visitor.get("apps")).json()["earlier"] is True
    page = (await visitor.get("earlier")).json()
    assert [(message["channel"], message["text"]) for message in page["messages"]] == [("wechat", "mine")]
    assert page["more"] is False
    older = await visitor.get("earlier", params={"before": page["messages"][0]["at"]})
    assert older.json()["messages"] == []
    for wrong in ("yesterday", "2026-11-21T12:00:00"):
        assert (await visitor.get("earlier", params={"before": wrong})).status_code == 400
