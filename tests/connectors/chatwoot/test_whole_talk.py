"""A whole talk over the real front: to people at the fake Chatwoot, back to the bot, and closed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from aftersales.domain.conversations import Answer, Owner, Reply
from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.services.context import Context
from aftersales.services.outside_talks import carry_due
from connectors.chatwoot.client import ChatwootClient, ChatwootSettings
from connectors.chatwoot.desk import ChatwootDesk
from connectors.chatwoot.inbound import signature
from tests.connectors.chatwoot.fake import ACCOUNT, INBOX, ROOT, TOKEN, FakeChatwoot
from tests.databases import DATABASES
from tests.fakes import FrozenClock
from tests.fronts import Front, Visitor, open_front

SECRET = "secret-of-the-inbox-0123"
PERSON = Answer(replies=(), language="en", language_fixed=True, wish=HandoverWish(HandoverReason.REQUESTED))


@dataclass
class Stage:
    """`tell` delivers the webhooks that Chatwoot has sent so far, twice and newest first; `work` is the worker."""

    front: Front
    chatwoot: FakeChatwoot
    ctx: Context

    async def work(self) -> None:
        await carry_due(self.ctx, folder=self.front.settings.data / "attachments")

    async def tell(self) -> None:
        events, self.chatwoot.events = self.chatwoot.events, []
        for event in [*reversed(events), *events]:
            body = json.dumps(event).encode()
            time = str(int(self.ctx.clock.now().timestamp()))
            headers = {
                "X-Chatwoot-Timestamp": time,
                "X-Chatwoot-Signature": signature(SECRET, time=time, body=body),
            }
            answer = await self.front.client.post("/webhooks/chatwoot", content=body, headers=headers)
            assert answer.status_code == 204
        await self.work()


@pytest.fixture(params=DATABASES)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    clock = FrozenClock()
    chatwoot = FakeChatwoot(lambda: clock.now().timestamp())
    settings = ChatwootSettings(url=ROOT, token=TOKEN, account=ACCOUNT, inbox=INBOX)
    given = {"kind": request.param, "clock": clock, "chatwoot_url": ROOT}
    async with (
        ChatwootDesk(ChatwootClient(settings, transport=chatwoot.transport), clock) as desk,
        open_front(tmp_path, desk=desk, chatwoot_webhook_secret=SecretStr(SECRET), **given) as front,
    ):
        yield Stage(front, chatwoot, front.app.ctx.chat.context)


async def texts(visitor: Visitor, count: int) -> list[str]:
    return [message["text"] for message in await visitor.until(count)]


async def owner(stage: Stage) -> Owner:
    [conversation_id] = {one["identifier"].partition(":")[2] for one in stage.chatwoot.contacts}
    async with stage.ctx.unit_of_work(read_only=True) as uow:
        return (await uow.conversations.get(conversation_id)).owner


async def test_a_whole_talk_with_people_at_chatwoot(stage: Stage) -> None:
    visitor = await stage.front.chat(language="en")
    stage.front.bot.will_say(
        Answer(replies=(Reply(text="Which item?"),), language="en", language_fixed=True), PERSON
    )
    await visitor.say("I want to return it", id="m1")
    await visitor.until(2)
    await visitor.say("a person please", id="m2")
    before = await texts(visitor, 4)
    await stage.work()
    for number, words in enumerate(("it is broken", "are you there?"), start=3):
        await visitor.say(words, id=f"m{number}")
        await stage.work()
    assert stage.chatwoot.seen(1) == ["it is broken", "are you there?"]

    stage.chatwoot.agent_writes(1, "hm, looks like fraud", private=True)
    stage.chatwoot.agent_writes(1, "Hello, I'm looking at it.")
    await stage.tell()
    stage.chatwoot.agent_sets(1, "pending")
    await stage.tell()
    said = await texts(visitor, len(before) + 6)
    assert said[-1] == "Which item?"
    assert [text for text in said if "fraud" in text] == []
    assert said.count("Hello, I'm looking at it.") == 1
    assert await owner(stage) is Owner.BOT

    stage.front.bot.will_say(PERSON)
    await visitor.say("a person again", id="m6")
    await visitor.until(len(said) + 2)
    await stage.work()
    stage.chatwoot.agent_writes(2, "All done.")
    stage.chatwoot.agent_sets(2, "resolved")
    await stage.tell()
    said = await texts(visitor, len(said) + 5)
    assert "All done." in said
    assert await owner(stage) is Owner.CLOSED
