from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.conversations import Answer, Owner, Reply, Turn
from aftersales.domain.errors import NotFound
from aftersales.services.answering import LEASE, PATIENCE, answer_orphans, answer_pending
from aftersales.services.attachments import store_attachment
from aftersales.services.conversations import is_answered_before
from aftersales.services.receiving import receive_attachment
from aftersales.services.sessions import close_session, open_session
from tests.databases import DATABASES
from tests.fakes import FakeBot
from tests.talks import World, open_world


@pytest.fixture(params=DATABASES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(request.param, tmp_path) as opened:
        yield opened


class Lost(BaseException):
    """The process ends here."""


class ForgetfulBot(FakeBot):
    """Answers, and the answer is lost with the process on its way back."""

    async def answer(self, turn: Turn) -> Answer:
        await super().answer(turn)
        raise Lost


async def test_messages_are_answered_one_by_one_in_order(world: World) -> None:
    talk = await world.talk()
    await world.write(talk, "one", "two", "three")
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 3
    assert [turn.text for turn in world.bot.turns] == ["one", "two", "three"]
    assert [turn.message_id for turn in world.bot.turns] == [f"{talk.id}:{seq}" for seq in (1, 2, 3)]
    replies = [(message.text, message.in_reply_to) for message in await world.said(talk)][3:]
    assert replies == [("text: one", 1), ("text: two", 2), ("text: three", 3)]
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 0


async def test_it_is_known_whether_a_message_was_written_after_the_answer_to_another(world: World) -> None:
    talk = await world.talk()

    async def seen(asked: int, written: int) -> bool:
        return await is_answered_before(world.ctx, conversation_id=talk.id, asked=asked, written=written)

    await world.write(talk, "actually two", "yes")
    assert not await seen(1, 2)
    await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
    assert not await seen(1, 2)
    await world.write(talk, "yes")
    assert await seen(1, 5)
    assert await seen(2, 5)
    assert not await seen(4, 5)


async def test_several_processes_ask_the_bot_once_per_message(world: World) -> None:
    world.bot.seconds = 0.05
    talk = await world.talk()

    async def write_and_answer(text: str) -> int:
        await world.write(talk, text)
        return await answer_pending(world.ctx, world.bot, conversation_id=talk.id)

    counts = await asyncio.gather(*(write_and_answer(f"message {i}") for i in range(8)))
    assert sum(counts) == 8
    assert len(world.bot.turns) == 8
    said = await world.said(talk)
    assert [message.seq for message in said] == list(range(1, 17))
    assert (await world.now(talk)).answered_seq == (await world.now(talk)).asked_seq


async def test_the_bot_is_not_asked_while_a_person_owns_the_talk(world: World) -> None:
    for owner in (Owner.WAITING, Owner.HUMAN):
        talk = await world.talk()
        await world.move(talk, owner)
        await world.write(talk, "hello")
        assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 0
    assert world.bot.turns == []


async def test_an_answer_that_comes_after_a_person_took_over_is_only_a_draft(world: World) -> None:
    talk = await world.talk()
    await world.write(talk, "hello")

    async def agent_takes_over(_: Turn) -> None:
        await world.move(talk, Owner.HUMAN)

    world.bot.before_answer = agent_takes_over
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 0
    assert await world.texts(talk) == ["hello"]
    [draft] = await world.journal(talk, "draft")
    assert draft.detail == {"in_reply_to": 1, "texts": ["text: hello"]}


async def test_an_answer_under_an_old_epoch_is_a_draft_even_if_the_bot_is_back(world: World) -> None:
    talk = await world.talk()
    await world.write(talk, "hello")

    async def person_and_back(_: Turn) -> None:
        await world.move(talk, Owner.HUMAN)
        await world.move(talk, Owner.BOT)

    world.bot.before_answer = person_and_back
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 0
    assert await world.texts(talk) == ["hello"]
    assert len(await world.journal(talk, "draft")) == 1


async def test_an_answer_to_someone_who_signed_out_is_not_shown(world: World) -> None:
    token, talk = await open_session(world.ctx, channel="web", language="zh", customer_id="c-lin")
    await world.write(talk, "my orders")

    async def sign_out(_: Turn) -> None:
        await close_session(world.ctx, token=token)

    world.bot.before_answer = sign_out
    await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
    assert await world.texts(talk) == ["my orders"]


async def test_a_crash_between_answer_and_store_leads_to_the_same_single_answer(world: World) -> None:
    talk = await world.talk()
    await world.write(talk, "hello")
    bot = ForgetfulBot(Answer(replies=(Reply(text="first"),), language="zh", language_fixed=False))
    with pytest.raises(Lost):
        await answer_pending(world.ctx, bot, conversation_id=talk.id)
    assert await world.texts(talk) == ["hello"]
    survivor = FakeBot()
    survivor.answered = bot.answered
    assert await answer_pending(world.ctx, survivor, conversation_id=talk.id) == 1
    assert await world.texts(talk) == ["hello", "first"]


async def test_a_lease_that_was_left_behind_ends_by_itself(world: World) -> None:
    talk = await world.talk()
    await world.write(talk, "hello")
    now = world.clock.now()
    async with world.ctx.unit_of_work() as uow:
        assert await uow.conversations.take_lease(talk.id, by="dead process", now=now, until=now + LEASE)
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 0
    world.clock.advance(seconds=LEASE.total_seconds())
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 1


async def test_a_doubled_answer_is_stored_once(world: World) -> None:
    """The lease ran out while the bot was thinking, so that two processes have an answer in hand."""
    talk = await world.talk()
    await world.write(talk, "hello")
    first_asked, both_asked = asyncio.Event(), asyncio.Barrier(2)

    async def wait_for_the_other(_: Turn) -> None:
        world.clock.advance(seconds=LEASE.total_seconds() + 1)
        first_asked.set()
        await asyncio.wait_for(both_asked.wait(), 10)

    world.bot.before_answer = wait_for_the_other
    first = asyncio.create_task(answer_pending(world.ctx, world.bot, conversation_id=talk.id))
    await asyncio.wait_for(first_asked.wait(), 10)
    second = await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
    assert sorted([await first, second]) == [0, 1]
    assert await world.texts(talk) == ["hello", "text: hello"]


async def test_a_bot_that_is_away_for_a_moment_is_asked_again(world: World) -> None:
    world.bot.failures = 2
    talk = await world.talk()
    await world.write(talk, "hello")
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id, retries=(0, 0, 0)) == 1
    assert len(world.bot.turns) == 3


async def test_all_tries_together_end_before_the_lease() -> None:
    assert timedelta(seconds=PATIENCE) < LEASE


async def test_the_customer_of_a_silent_bot_is_told_once_after_thirty_seconds(world: World) -> None:
    world.bot.down = True
    talk = await world.talk()
    await world.write(talk, "hello")
    for _ in range(4):
        assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id, retries=()) == 0
        world.clock.advance(seconds=20)
    assert await world.texts(talk) == ["hello", "utter_session_bot_trouble/zh"]
    world.bot.down = False
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 1
    assert (await world.texts(talk))[-1] == "text: hello"


async def test_after_three_minutes_of_trouble_all_is_handed_over_once(world: World) -> None:
    world.bot.down = True
    talk = await world.talk()
    await world.write(talk, "my parcel is broken", "please help")
    world.clock.advance(minutes=3, seconds=1)
    for _ in range(3):
        assert await answer_orphans(world.ctx, world.bot) == 0
    async with world.ctx.unit_of_work() as uow:
        [case] = await uow.cases.open_of(talk.id)
    assert case.reason == "bot_failure"
    assert case.summary == "my parcel is broken\nplease help"
    [told] = (await world.texts(talk))[2:]
    assert told == f"utter_session_bot_failed/zh number={case.number} promised=2026-11-22 20:03"


async def test_after_the_handover_the_next_message_is_for_the_bot_again(world: World) -> None:
    world.bot.down = True
    talk = await world.talk()
    await world.write(talk, "hello")
    world.clock.advance(minutes=4)
    await answer_orphans(world.ctx, world.bot)
    world.bot.down = False
    await world.write(talk, "are you there?")
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 1
    assert [turn.text for turn in world.bot.turns] == ["are you there?"]


async def test_trouble_that_goes_on_stays_one_case(world: World) -> None:
    world.bot.down = True
    talk = await world.talk()
    for text in ("one", "two"):
        await world.write(talk, text)
        world.clock.advance(minutes=4)
        await answer_orphans(world.ctx, world.bot)
    async with world.ctx.unit_of_work() as uow:
        assert len(await uow.cases.open_of(talk.id)) == 1
    assert len(await world.texts(talk)) == 4


async def test_a_bot_that_fails_in_its_own_way_does_not_leave_the_customer_alone(world: World) -> None:
    talk = await world.talk()
    await world.write(talk, "hello")
    world.clock.advance(minutes=4)

    async def fail(_: Turn) -> None:
        raise KeyError("unexpected")

    world.bot.before_answer = fail
    assert await answer_orphans(world.ctx, world.bot) == 0
    assert (await world.texts(talk))[1].startswith("utter_session_bot_failed/zh")


async def test_the_worker_answers_what_was_left_for_a_while(world: World) -> None:
    talks = [await world.talk() for _ in range(3)]
    for talk in talks[:2]:
        await world.write(talk, "hello")
    await world.move(talks[1], Owner.HUMAN)
    assert await answer_orphans(world.ctx, world.bot) == 0
    world.clock.advance(seconds=6)
    assert await answer_orphans(world.ctx, world.bot) == 1
    assert await world.texts(talks[0]) == ["hello", "text: hello"]
    assert await answer_orphans(world.ctx, world.bot) == 0


async def test_the_language_that_the_bot_settled_on_is_remembered(world: World) -> None:
    world.bot.will_say(
        Answer(replies=(Reply(text="Sure."),), language="en", language_fixed=True, matter_done=True)
    )
    talk = await world.talk()
    await world.write(talk, "English please", "next")
    await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
    first, second = world.bot.turns
    assert (first.language, first.language_fixed, first.session) == ("zh", False, f"{talk.id}.1")
    assert (second.language, second.language_fixed, second.session) == ("en", True, f"{talk.id}.2")


async def test_a_bot_with_nothing_to_say_has_still_answered(world: World) -> None:
    world.bot.will_say(Answer(replies=(), language="zh", language_fixed=False))
    talk = await world.talk()
    await world.write(talk, "hello")
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 1
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 0
    assert await world.texts(talk) == ["hello"]


async def test_a_file_reaches_the_bot_by_its_id(world: World, tmp_path: Path) -> None:
    talk = await world.talk()
    stored = await store_attachment(
        world.ctx, folder=tmp_path / "files", conversation_id=talk.id, name="a.pdf", content=b"%PDF-1.7\n"
    )
    await receive_attachment(world.ctx, conversation_id=talk.id, client_message_id="m1", attachment_id=stored.id)
    await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
    [turn] = world.bot.turns
    assert (turn.kind, turn.text) == ("attachment", stored.id)


async def test_an_unknown_conversation_has_nothing_to_answer(world: World) -> None:
    with pytest.raises(NotFound):
        await answer_pending(world.ctx, world.bot, conversation_id="nobody")
