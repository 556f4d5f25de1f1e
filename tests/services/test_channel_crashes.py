"""A round that dies, or fails, at each of its steps, one after the other, and what the next round makes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.channels import Grant, Picture, PushKind, Sender, Sent, Words
from aftersales.domain.conversations import Answer, Choice, Reply, Turn
from aftersales.ports import UnitOfWork
from aftersales.services import channel_sending
from aftersales.services.answering import answer_orphans
from aftersales.services.channel_talks import carry_channels
from tests.channels import MESSAGE, PLAIN, Apps, ListChannel, picture_bytes
from tests.crashes import Crash
from tests.talks import open_world

LONG = "one two three four. " * 4  # three messages
TWO = Grant(2, timedelta(hours=48))
SMALL = replace(PLAIN, longest_text=40)
LEASE = timedelta(seconds=91)


@dataclass
class Trouble:
    """Raises at the step of that number; a process that died does nothing any more."""

    at: int
    error: type[BaseException]
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        died = self.error is Crash and self.steps > self.at
        if self.steps == self.at or died:
            raise self.error

    @property
    def struck(self) -> bool:
        return self.steps >= self.at


@dataclass
class CountingChannel(ListChannel):
    """Counts the calls that the app would count, and keeps what it would show: each key once."""

    calls: int = 0
    shown: dict[str, Words | Picture] = field(default_factory=dict)
    trouble: Trouble | None = None

    async def send(self, to: Sender, item: Words | Picture, *, key: str, code: str = "") -> Sent:
        if self.trouble:
            self.trouble.step()
        self.calls += 1
        self.shown.setdefault(key, item)
        sent = await super().send(to, item, key=key, code=code)
        if self.trouble:
            self.trouble.step()
        return sent


class TalkingBot:
    """Says something long, or asks; the same for the same turn, as the bot's channel does."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.trouble: Trouble | None = None

    async def answer(self, turn: Turn) -> Answer:
        if self.trouble:
            self.trouble.step()
        self.turns.append(turn)
        if turn.text == "which":
            offered = (Choice("Jacket", "/line{1}"), Choice("Shoes", "/line{2}"))
            reply = Reply(text="Which?", choices=offered)
        else:
            reply = Reply(text=f"{turn.kind} {turn.text}: {LONG}" if turn.text == "long" else turn.text)
        if self.trouble:
            self.trouble.step()
        return Answer(replies=(reply,), language="en", language_fixed=False)

    async def health(self) -> None:
        return


@pytest.fixture
async def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Apps]:
    """On SQLite alone: hundreds of rounds are made, and their steps are the same on both."""
    monkeypatch.setattr(channel_sending, "_GAP", 0)
    async with open_world("sqlite", tmp_path) as world:
        yield Apps(world, CountingChannel(manners=SMALL), tmp_path / "files", TalkingBot())


async def broken_round(apps: Apps, trouble: Trouble) -> None:
    """One round in a process of its own, with trouble before, within and behind each transaction and call."""
    inner = apps.world.ctx.unit_of_work

    @asynccontextmanager
    async def unit_of_work(*, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        trouble.step()
        async with inner(read_only=read_only) as uow:
            yield uow
            trouble.step()
        if not read_only:
            trouble.step()

    app, bot = apps.app, apps.bot
    assert isinstance(app, CountingChannel)
    assert isinstance(bot, TalkingBot)
    app.trouble = bot.trouble = trouble
    apps.world.clock.advance(seconds=1)
    ctx = replace(apps.world.ctx, unit_of_work=unit_of_work)
    with suppress(Crash, RuntimeError):
        await carry_channels(ctx, {"app": apps.outlet()}, bot)
    app.trouble = bot.trouble = None


async def clean_rounds(apps: Apps) -> None:
    for _ in range(3):
        apps.world.clock.advance(seconds=LEASE.total_seconds())
        await answer_orphans(apps.world.ctx, apps.bot)
        await apps.carry()


async def nothing_waits(apps: Apps, sender: Sender) -> None:
    thread = await apps.thread(sender)
    async with apps.world.ctx.unit_of_work(read_only=True) as uow:
        later = apps.world.clock.now() + LEASE
        assert not await uow.pushes.waiting(sender, before=later, limit=9)
        conversation = await uow.conversations.get(thread.conversation_id or "")
    assert (thread.sent_seq, thread.due_at, thread.failures) == (conversation.last_seq, None, 0)


def fresh(apps: Apps, number: int) -> tuple[CountingChannel, TalkingBot, Sender]:
    """Another customer, of whom app and bot know nothing yet."""
    app, bot = CountingChannel(manners=SMALL), TalkingBot()
    apps.app, apps.bot = app, bot
    return app, bot, Sender("app", "shop", f"li-{number}")


@pytest.mark.parametrize("error", [Crash, RuntimeError])
async def test_a_long_answer_arrives_whole_and_within_the_budget_wherever_the_round_ends(
    apps: Apps, error: type[BaseException]
) -> None:
    for number in range(1, 500):
        app, bot, sender = fresh(apps, number)
        trouble = Trouble(number, error)
        await apps.tell(replace(apps.push(text="long", sender=sender), grant=TWO))
        await broken_round(apps, trouble)
        await clean_rounds(apps)
        assert app.calls <= TWO.messages, number
        before = app.calls
        for text in ("a", "b"):
            await apps.says(text, sender=sender)
        await clean_rounds(apps)
        assert app.calls - before <= 2 * MESSAGE.messages
        words = [item.text for item in app.shown.values() if isinstance(item, Words)]
        whole = "".join(words).replace(" ", "").replace("\n", "")
        assert whole == f"text long: {LONG}ab".replace(" ", ""), number
        assert {turn.text for turn in bot.turns} == {"long", "a", "b"}
        await nothing_waits(apps, sender)
        if not trouble.struck:
            break
    assert number > 30


@pytest.mark.parametrize("error", [Crash, RuntimeError])
async def test_what_a_customer_does_counts_once_wherever_the_round_ends(
    apps: Apps, error: type[BaseException]
) -> None:
    for number in range(1, 500):
        app, bot, sender = fresh(apps, number)
        app.files["m1"] = picture_bytes()
        trouble = Trouble(number, error)
        await apps.says("which", sender=sender)
        pushes: list[dict[str, Any]] = [{"text": "2"}, {"kind": PushKind.FILE, "media": "m1"}]
        await apps.tell(*(apps.push(sender=sender, after=n / 9, **push) for n, push in enumerate(pushes)))
        await broken_round(apps, trouble)
        await clean_rounds(apps)
        answered = dict.fromkeys((turn.message_id, turn.kind) for turn in bot.turns)
        assert [kind for _, kind in answered] == ["text", "choice", "attachment"], number
        await nothing_waits(apps, sender)
        if not trouble.struck:
            break
    assert number > 30


@pytest.mark.parametrize("error", [Crash, RuntimeError])
async def test_who_leaves_and_comes_back_is_forgotten_and_heard_wherever_the_round_ends(
    apps: Apps, error: type[BaseException]
) -> None:
    for number in range(1, 500):
        app, bot, sender = fresh(apps, number)
        trouble = Trouble(number, error)
        await apps.says("before", sender=sender)
        talk = (await apps.thread(sender)).conversation_id or ""
        left = apps.push(PushKind.LEAVE, sender=sender)
        await apps.tell(left, apps.push(text="after", sender=sender, after=1))
        await broken_round(apps, trouble)
        await clean_rounds(apps)
        async with apps.world.ctx.unit_of_work(read_only=True) as uow:
            assert not await uow.messages.after(talk, 0), number
        assert (await apps.thread(sender)).conversation_id != talk
        assert [turn.text for turn in bot.turns if turn.text == "after"], number
        assert app.texts(sender.id)[-1] == "after"
        await nothing_waits(apps, sender)
        if not trouble.struck:
            break
    assert number > 8
