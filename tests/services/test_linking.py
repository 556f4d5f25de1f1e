from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.errors import Conflict, Forbidden
from aftersales.services.access import conversation_customer
from aftersales.services.linking import forget_link_codes, issue_link_code
from tests.channels import LI, Apps, ListChannel
from tests.databases import DATABASES
from tests.talks import EMMA, LIN, open_world


@pytest.fixture(params=DATABASES)
async def apps(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Apps]:
    async with open_world(request.param, tmp_path) as world:
        yield Apps(world, ListChannel(), tmp_path / "files", world.bot)


async def code_of(apps: Apps, customer_id: str | None = LIN.id) -> str:
    talk = await apps.world.talk(customer_id=customer_id)
    return (await issue_link_code(apps.world.ctx, conversation_id=talk.id)).code


async def customer_in_app(apps: Apps) -> str | None:
    talk = (await apps.thread(LI)).conversation_id or ""
    return await conversation_customer(apps.world.ctx, conversation_id=talk)


async def test_a_code_from_the_website_makes_the_customer_known_in_the_app_until_unlinked(apps: Apps) -> None:
    await apps.says("hi")
    assert await customer_in_app(apps) is None
    await apps.says(f"绑定 {await code_of(apps)}")
    assert await customer_in_app(apps) == LIN.id
    assert apps.app.texts()[-1] == "utter_channel_linked/zh"
    assert [turn.text for turn in apps.world.bot.turns] == ["hi"]
    await apps.says("解绑")
    assert await customer_in_app(apps) is None
    assert (await apps.thread(LI)).customer_id is None


async def test_a_code_is_good_once_and_for_ten_minutes(apps: Apps) -> None:
    code = await code_of(apps)
    apps.world.clock.advance(minutes=10)
    await apps.says(f"link {code}")
    assert await customer_in_app(apps) is None
    code = await code_of(apps)
    await apps.says(f"Link：{code}")
    await apps.says("unlink")
    await apps.says(f"link {code}")
    assert await customer_in_app(apps) is None
    assert apps.app.texts()[-1] == "utter_channel_link_wrong/zh"


async def test_guessing_ends_after_five_tries_an_hour(apps: Apps) -> None:
    for number in range(5):
        await apps.says(f"绑定 0000000{number}")
    await apps.says(f"绑定 {await code_of(apps)}")
    assert apps.app.texts()[-1] == "utter_channel_link_too_often/zh"
    assert await customer_in_app(apps) is None
    apps.world.clock.advance(hours=1)
    await apps.says(f"绑定 {await code_of(apps)}")
    assert await customer_in_app(apps) == LIN.id


async def test_a_guest_gets_no_code_and_a_customer_five_an_hour(apps: Apps) -> None:
    with pytest.raises(Forbidden):
        await code_of(apps, customer_id=None)
    for _ in range(5):
        await code_of(apps)
    with pytest.raises(Conflict):
        await code_of(apps)


async def test_old_codes_are_forgotten(apps: Apps) -> None:
    code = await code_of(apps)
    apps.world.clock.advance(minutes=11)
    await forget_link_codes(apps.world.ctx)
    await apps.says(f"绑定 {code}")
    assert await customer_in_app(apps) is None


async def test_the_bot_begins_anew_where_another_customer_was_known(apps: Apps) -> None:
    await apps.says("hi")
    await apps.says(f"link {await code_of(apps)}")
    await apps.says("mine")
    await apps.says(f"link {await code_of(apps, EMMA.id)}")
    await apps.says("whose?")
    guest, lin, emma = [turn.session for turn in apps.world.bot.turns]
    assert guest == lin != emma


async def test_a_code_that_is_there_already_is_given_to_nobody_else(apps: Apps) -> None:
    async with apps.world.ctx.unit_of_work() as uow:
        later = apps.world.clock.now() + timedelta(minutes=10)
        assert await uow.link_codes.add("h", customer_id=LIN.id, expires_at=later)
        assert not await uow.link_codes.add("h", customer_id=EMMA.id, expires_at=later)
