"""A person is there for the asking, at any step; and whoever goes back to the bot has lost nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from aftersales.domain.seats import Seat
from aftersales.services.handoff_seats import USUAL_CAPACITY
from aftersales.stores.base import make_engine
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from tests.conversations.play import Player
from tests.conversations.script import Script, interrupted_scripts, scripts
from tests.services_at_work import Service

ASKED = {"zh": ("转人工", "正在为您转接人工"), "en": ("agent please", "getting a colleague for you")}
BACK = {"zh": "继续问助手", "en": "Go on with the assistant"}


@pytest.fixture(scope="module")
def manned_shop(shop: Service) -> Service:
    """The owner sits at the desk, and leaves everybody in the queue."""

    async def sit_down() -> None:
        engine = make_engine(f"sqlite+aiosqlite:///{shop.data / 'returndesk.sqlite3'}")
        async with SqlUnitOfWorkFactory(engine)() as uow:
            owner = await uow.accounts.by_name("owner")
            assert owner is not None
            seat = Seat(
                account_id=owner.id,
                open=True,
                capacity=USUAL_CAPACITY,
                languages=frozenset({"zh", "en"}),
                seen_at=datetime.now(UTC) + timedelta(hours=2),
            )
            await uow.seats.save(seat)
        await engine.dispose()

    asyncio.run(sit_down())
    return shop


class AsksForPeople(Player):
    """Asks for a person after each step, and goes back to the bot."""

    def after_step(self) -> None:
        wish, answer = ASKED[self.language]
        if self.chat.fetch()["owner"] == "bot":  # an urgent complaint is with people already
            self.chat.say(wish)
        heard = [message["text"] for message in self.chat.log[-3:]]  # news may come between
        assert any(answer in text for text in heard), f"no person for the asking:\n{self.talk()}"
        assert self.chat.fetch()["owner"] == "waiting"
        self.chat.choose(BACK[self.language])
        assert self.chat.fetch()["owner"] == "bot"


@pytest.mark.parametrize("script", [pytest.param(script, id=script.id) for script in interrupted_scripts()])
def test_a_matter_ends_the_same_when_a_person_is_asked_for_at_every_step(
    script: Script, manned_shop: Service, serials: dict[str, int]
) -> None:
    player = AsksForPeople(manned_shop, script, serial=serials[script.id])
    try:
        player.play()
        player.check()
    finally:
        player.close()


def test_a_threat_brings_a_person_at_once_and_whoever_goes_back_can_still_file_it(
    manned_shop: Service, serials: dict[str, int]
) -> None:
    script = next(script for script in scripts() if script.title == "A threat makes it urgent")
    player = AsksForPeople(manned_shop, script, serial=serials[script.id])
    try:
        player.chat.say(script.dialogue[0]["say"])
        assert player.chat.fetch()["owner"] == "waiting"
        player.chat.choose(BACK["zh"])
        assert player.chat.fetch()["owner"] == "bot"
        player.chat.say("继续投诉")
        assert any(choice["title"] == "确认提交" for choice in player.chat.log[-1]["choices"]), player.talk()
    finally:
        player.close()
