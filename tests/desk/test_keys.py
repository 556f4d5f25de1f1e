"""The desk's page with the keys of programs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from aftersales.domain.accounts import Role
from aftersales.domain.api_keys import Scope
from aftersales.services.api_keys import all_api_keys
from tests.desk.agents import Agent, agent, problem, words
from tests.desk.test_desk import token_in
from tests.fronts import Front, open_front


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def post(agent: Agent, deed: str, **fields: str) -> httpx.Response:
    data = {"form_token": token_in(await agent.look()), **fields}
    return await agent.client.post(f"/desk/keys/{deed}?lang=en", data=data)


async def test_a_key_is_made_shown_once_used_and_revoked(front: Front) -> None:
    async with agent(front, "boss", Role.ADMIN) as boss:
        made = await post(boss, "add", name="Warehouse <b>", days="30", **{"scope:returns:read": "1"})
        found = re.search(r"rd_([a-z0-9]{8})_[A-Za-z0-9_-]{43}", made.text)
        assert found is not None
        assert made.headers["cache-control"] == "no-store"
        key = {"Authorization": f"Bearer {found[0]}"}
        assert (await front.client.get("/api/merchant/returns", headers=key)).status_code == 200
        assert (await front.client.get("/api/merchant/cases", headers=key)).status_code == 403
        page = await boss.look("keys")
        assert found[0] not in page.text
        assert "Warehouse <b>" in words(page)
        assert 'href="/desk/keys?lang=en"' in (await boss.look("account")).text
        assert (await post(boss, "revoke", prefix=found[1])).headers["location"] == "/desk/keys?lang=en&done=1"
        assert (await front.client.get("/api/merchant/returns", headers=key)).status_code == 401
        (kept,) = await all_api_keys(front.goods.ctx)
        journal = await front.goods.journal("api_key", kept.id)
        assert [(entry.trigger, entry.actor) for entry in journal] == [
            ("add", "agent:boss"),
            ("revoke", "agent:boss"),
        ]


async def test_every_scope_is_offered_in_both_languages(front: Front) -> None:
    async with agent(front, "boss", Role.ADMIN) as boss:
        for lang in ("zh", "en"):
            page = await boss.look("keys", lang=lang)
            assert "scope_" not in page.text
            for scope in Scope:
                assert f'name="scope:{scope.value}"' in page.text


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.FINANCE])
async def test_only_administrators_see_and_make_keys(front: Front, role: Role) -> None:
    async with agent(front, "wei", role) as wei:
        assert (await wei.look("keys")).headers["location"] == "/desk/?lang=en&problem=forbidden"
        refused = await post(wei, "add", name="ERP", **{"scope:returns:read": "1"})
        assert "problem=forbidden" in refused.headers["location"]
        assert "/desk/keys" not in (await wei.look("account")).text
        assert await all_api_keys(front.goods.ctx) == []


async def test_what_cannot_be_a_key_is_told(front: Front) -> None:
    async with agent(front, "boss", Role.ADMIN) as boss:
        scope = {"scope:returns:read": "1"}
        for fields in ({"name": "", **scope}, {"name": "ERP"}, {"name": "ERP", "days": "0", **scope}):
            answer = await post(boss, "add", **fields)
            assert answer.headers["location"] == "/desk/keys?lang=en&problem=api_key"
        page = await boss.client.get(answer.headers["location"])
        assert problem(page) is not None
        assert "problem=not_found" in (await post(boss, "revoke", prefix="aaaaaaaa")).headers["location"]
        forged = await boss.client.post("/desk/keys/add?lang=en", data={"form_token": "x", "name": "ERP", **scope})
        assert "problem=form" in forged.headers["location"]
