"""Talks in WeCom's customer service from end to end: simulator, front, database, worker, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aftersales.domain.conversations import Answer, Choice, Reply
from runtime.channels import open_channels
from tests.channels import picture_bytes
from tests.connectors.wecom.customers import Customer
from tests.connectors.wecom.simulator import WeComSimulator, open_wecom
from tests.connectors.wecom.test_inbound import connected
from tests.connectors.working import work
from tests.databases import DATABASES
from tests.fronts import Front, open_front

WHICH = Reply(text="退哪一件？", choices=(Choice("鞋", "/line{1}"), Choice("袜子", "/line{2}")))


@dataclass(frozen=True, slots=True)
class Talk:
    front: Front
    wecom: WeComSimulator
    folder: Path

    @property
    def lin(self) -> Customer:
        return self.wecom.customer()

    async def work(self, *, rounds: int = 2) -> list[str]:
        """All that the customer has read so far."""
        settings = self.front.settings.model_copy(update={"wecom_api_url": self.wecom.url})
        async with open_channels(settings, clock=self.front.goods.clock) as channels:
            await work(self.front, channels, folder=self.folder, rounds=rounds)
        return [message.text for message in self.lin.received]

    @property
    def heard(self) -> list[str]:
        return [turn.text for turn in self.front.bot.turns]


@pytest.fixture(params=DATABASES)
async def talk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Talk]:
    async with (
        open_front(tmp_path, kind=request.param, **connected()) as front,
        open_wecom(front.goods.clock.now) as wecom,
    ):
        wecom.callback = f"{front.url}/connect/wecom/kf"
        yield Talk(front, wecom, tmp_path / "attachments")


async def test_a_customer_is_answered_and_chooses_by_a_click(talk: Talk) -> None:
    talk.front.bot.will_say(Answer(replies=(WHICH,), language="zh", language_fixed=False))
    await talk.lin.says("我要退货")
    assert await talk.work() == ["退哪一件？"]
    await talk.lin.clicks("袜子")
    assert len(await talk.work()) == 2
    assert talk.heard == ["我要退货", "/line{2}"]


async def test_a_message_whose_call_got_lost_is_found_by_the_next_one(talk: Talk) -> None:
    await talk.lin.sends("text", told=False, text={"content": "one"})
    await talk.lin.says("two")
    await talk.work()
    assert talk.heard == ["one", "two"]


async def test_history_is_not_answered(talk: Talk) -> None:
    await talk.lin.sends("text", hours_ago=20, told=False, text={"content": "yesterday"})
    await talk.lin.says("today")
    await talk.work()
    assert talk.heard == ["today"]


async def test_who_opens_the_chat_is_greeted_with_the_code_and_in_time(talk: Talk) -> None:
    await talk.lin.enters()
    assert len(await talk.work()) == 1
    assert "kf/send_msg_on_event" in talk.wecom.calls
    assert "kf/send_msg" not in talk.wecom.calls


async def test_an_answer_that_got_lost_on_its_way_back_reaches_the_customer_once(talk: Talk) -> None:
    talk.wecom.faults["kf/send_msg"] = ["lost"]
    await talk.lin.says("one")
    settings = talk.front.settings.model_copy(update={"wecom_api_url": talk.wecom.url})
    async with open_channels(settings, clock=talk.front.goods.clock) as channels:
        await work(talk.front, channels, folder=talk.folder)
        talk.front.goods.clock.advance(minutes=5)
        await work(talk.front, channels, folder=talk.folder)
    assert len(talk.lin.received) == 1
    assert talk.wecom.calls.count("kf/send_msg") == 2


async def test_a_picture_is_kept(talk: Talk) -> None:
    await talk.lin.sends_picture(picture_bytes())
    await talk.work()
    assert [path for path in talk.folder.rglob("*") if path.is_file()]


async def test_two_workers_pull_and_answer_once(talk: Talk) -> None:
    settings = talk.front.settings.model_copy(update={"wecom_api_url": talk.wecom.url})
    await talk.lin.says("one")
    await talk.lin.says("two")
    async with (
        open_channels(settings, clock=talk.front.goods.clock) as some,
        open_channels(settings, clock=talk.front.goods.clock) as others,
    ):
        for _ in range(3):
            await work(talk.front, some, folder=talk.folder, rounds=1)
            await work(talk.front, others, folder=talk.folder, rounds=1)
    assert talk.heard == ["one", "two"]
