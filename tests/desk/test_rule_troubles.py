"""Rules that cannot be used: administrators read of them at the desk, and nobody else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aftersales.domain.accounts import Role
from tests.desk.test_desk import page, sign_in
from tests.desk.test_refunds import PASSWORD, add
from tests.fronts import Front, open_front


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        front.goods.ctx.rules.troubles = {"policy_file": "returns_policy.yml:7: <days> is missing"}
        yield front


async def test_administrators_read_what_is_wrong_on_each_page(front: Front) -> None:
    await sign_in(front)
    for lang, words in (("en", "A changed file of rules cannot be used"), ("zh", "修改后的规则文件有问题")):
        shown = (await page(front, "refunds", lang=lang)).text
        assert words in shown
        assert "returns_policy.yml:7: &lt;days&gt; is missing" in shown
    assert (await front.client.get("/health")).json()["rules"] == "refused"


async def test_others_read_nothing_of_it(front: Front) -> None:
    await add(front, "wei", Role.SUPERVISOR)
    await sign_in(front, name="wei", key=PASSWORD)
    assert "returns_policy.yml" not in (await page(front, "refunds")).text
