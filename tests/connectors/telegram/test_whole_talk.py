"""Talks in Telegram from end to end: simulator, front, database, worker, and back; the bot alone is of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aftersales.domain.conversations import Answer, Choice, Reply
from runtime.channels import open_channels
from tests.channels import picture_bytes
from tests.connectors.telegram.simulator import Customer, TelegramSimulator, open_telegram
from tests.connectors.telegram.test_inbound import SECRET, connected
from tests.connectors.working import work
from tests.databases import DATABASES
from tests.fronts import Front, open_front

WHICH = Reply(text="退哪一件？", choices=(Choice("鞋", "/line{1}"), Choice("袜子", "/line{2}")))


@dataclass(frozen=True, slots=True)
class Talk:
    front: Front
    telegram: TelegramSimulator
    folder: Path

    @property
    def lin(self) -> Customer:
        return self.telegram.customer()

    async def work(self) -> list[str]:
        """All that the customer has read so far."""
        settings = self.front.settings.model_copy(update={"telegram_api_url": self.telegram.url})
        async with open_channels(settings, clock=self.front.goods.clock) as channels:
            await work(self.front, channels, folder=self.folder)
        return [message["text"] for message in self.lin.received]


@pytest.fixture(params=DATABASES)
async def talk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Talk]:
    async with (
        open_front(tmp_path, kind=request.param, **connected()) as front,
        open_telegram(front.goods.clock.now) as telegram,
    ):
        telegram.webhook = {"url": f"{front.url}/connect/telegram", "secret_token": SECRET}
        yield Talk(front, telegram, tmp_path / "attachments")


async def test_a_customer_is_answered_and_chooses_by_a_button(talk: Talk) -> None:
    talk.front.bot.will_say(Answer(replies=(WHICH,), language="zh", language_fixed=False))
    await talk.lin.says("我要退货")
    assert await talk.work() == ["退哪一件？"]
    await talk.lin.clicks("袜子")
    assert len(await talk.work()) == 2
    assert [turn.text for turn in talk.front.bot.turns] == ["我要退货", "/line{2}"]
    assert talk.lin.typing_shown == 2


async def test_more_than_five_messages_answer_one(talk: Talk) -> None:
    """Nothing limits them here; long answers are cut where Telegram wants it."""
    long = "很长的回答。" * 2000
    talk.front.bot.will_say(Answer(replies=(Reply(text=long),), language="zh", language_fixed=False))
    await talk.lin.says("hi")
    read = await talk.work()
    assert len(read) > 5
    assert "".join(read) == long


async def test_a_picture_is_kept(talk: Talk) -> None:
    await talk.lin.sends_picture(picture_bytes(), caption="坏了")
    await talk.work()
    assert [path for path in talk.folder.rglob("*") if path.is_file()]
    assert "坏了" in [turn.text for turn in talk.front.bot.turns]


async def test_who_blocks_the_bot_is_written_to_again_after_coming_back(talk: Talk) -> None:
    await talk.lin.says("one")
    talk.lin.blocked = True
    assert await talk.work() == []
    talk.lin.blocked = False
    await talk.lin.says("two")
    read = "\n".join(await talk.work())
    assert "one" in read
    assert "two" in read
