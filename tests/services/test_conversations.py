from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aftersales.domain.conversations import Answer, Choice, Owner, Reply
from aftersales.domain.errors import Invalid, NotFound
from aftersales.services.answering import answer_pending
from aftersales.services.attachments import store_attachment
from aftersales.services.conversations import (
    clean_text,
    history,
    latest,
    tell,
    typing,
)
from aftersales.services.receiving import receive_attachment, receive_choice, receive_text
from aftersales.services.sessions import close_session, open_session
from tests.databases import DATABASES
from tests.talks import World, open_world

OFFER = Answer(
    replies=(Reply(text="Which?", choices=(Choice("Jacket", '/inform{"line":"1"}'),)),),
    language="en",
    language_fixed=False,
)


@pytest.fixture(params=DATABASES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(request.param, tmp_path) as opened:
        yield opened


async def test_twenty_parallel_sends_of_one_message_store_it_once(world: World) -> None:
    talk = await world.talk()

    async def send() -> int:
        message = await receive_text(world.ctx, conversation_id=talk.id, client_message_id="m-1", text="我要退货")
        return message.seq

    assert await asyncio.gather(*(send() for _ in range(20))) == [1] * 20
    assert await world.texts(talk) == ["我要退货"]
    assert (await world.now(talk)).last_seq == 1


async def test_parallel_messages_are_numbered_without_gaps(world: World) -> None:
    talk = await world.talk()
    sends = (
        receive_text(world.ctx, conversation_id=talk.id, client_message_id=f"m{i}", text=f"message {i}")
        for i in range(15)
    )
    await asyncio.gather(*sends)
    said = await world.said(talk)
    assert [message.seq for message in said] == list(range(1, 16))
    assert {message.text for message in said} == {f"message {i}" for i in range(15)}
    assert (await world.now(talk)).asked_seq == 15


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  hello \x00\x07wor\x1bld\r\nsecond\tline \n", "hello world\nsecond\tline"),
        ("cafe\u0301", "café"),
        ("broken \ud83d half", "broken  half"),
        ("退\x85货😀", "退货😀"),
    ],
)
def test_a_text_is_kept_without_what_cannot_be_shown(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept


@pytest.mark.parametrize("text", ["", "   \n", "\x00\x01", "\ud800"])
async def test_a_message_of_nothing_is_refused(world: World, text: str) -> None:
    talk = await world.talk()
    with pytest.raises(Invalid) as refused:
        await receive_text(world.ctx, conversation_id=talk.id, client_message_id="m1", text=text)
    assert refused.value.field == "empty_message"
    assert await world.said(talk) == []


async def test_two_thousand_characters_are_taken_and_one_more_is_refused(world: World) -> None:
    talk = await world.talk()
    await receive_text(world.ctx, conversation_id=talk.id, client_message_id="m1", text="退" * 2000)
    with pytest.raises(Invalid) as refused:
        await receive_text(world.ctx, conversation_id=talk.id, client_message_id="m2", text="a" * 2001)
    assert refused.value.field == "message_too_long"


@pytest.mark.parametrize("name", ["", "a" * 65, "a b", "编号", "a\n", "a/b"])
async def test_a_client_message_id_of_other_characters_is_refused(world: World, name: str) -> None:
    talk = await world.talk()
    with pytest.raises(Invalid) as refused:
        await receive_text(world.ctx, conversation_id=talk.id, client_message_id=name, text="hello")
    assert refused.value.field == "client_message_id"


async def test_an_unknown_conversation_takes_no_message(world: World) -> None:
    with pytest.raises(NotFound):
        await receive_text(world.ctx, conversation_id="nobody", client_message_id="m1", text="hello")


async def test_a_choice_is_stored_under_the_title_it_was_offered_with(world: World) -> None:
    world.bot.will_say(OFFER)
    talk = await world.talk()
    await world.write(talk, "return")
    await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
    message = await receive_choice(
        world.ctx, conversation_id=talk.id, client_message_id="m2", value='/inform{"line":"1"}'
    )
    assert (message.text, message.value, message.seq) == ("Jacket", '/inform{"line":"1"}', 3)


async def test_a_choice_that_was_offered_to_another_is_unknown(world: World) -> None:
    world.bot.will_say(OFFER)
    talk, other = await world.talk(), await world.talk()
    await world.write(talk, "return")
    await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
    for conversation, value in ((other, '/inform{"line":"1"}'), (talk, "/restart"), (talk, "Jacket")):
        with pytest.raises(Invalid) as refused:
            await receive_choice(world.ctx, conversation_id=conversation.id, client_message_id="m9", value=value)
        assert refused.value.field == "unknown_choice"


async def test_a_customer_cannot_offer_a_choice_to_themselves(world: World) -> None:
    talk = await world.talk()
    await world.write(talk, "/restart")
    with pytest.raises(Invalid):
        await receive_choice(world.ctx, conversation_id=talk.id, client_message_id="m2", value="/restart")


async def test_an_attachment_of_another_conversation_cannot_be_sent(world: World, tmp_path: Path) -> None:
    talk, other = await world.talk(), await world.talk()
    stored = await store_attachment(
        world.ctx, folder=tmp_path / "files", conversation_id=talk.id, name="a.pdf", content=b"%PDF-1.7\n"
    )
    message = await receive_attachment(
        world.ctx, conversation_id=talk.id, client_message_id="m1", attachment_id=stored.id
    )
    assert message.attachment_ids == (stored.id,)
    with pytest.raises(NotFound):
        await receive_attachment(
            world.ctx, conversation_id=other.id, client_message_id="m1", attachment_id=stored.id
        )


async def test_something_is_told_once_per_key_whoever_owns_the_talk(world: World) -> None:
    talk = await world.talk()
    await world.move(talk, Owner.HUMAN)

    async def say() -> None:
        await tell(
            world.ctx,
            conversation_id=talk.id,
            response="utter_refunds_paid",
            parameters={"number": "RT1"},
            cards=({"type": "return"},),
            key="refund-1",
        )

    await asyncio.gather(*(say() for _ in range(5)))
    [message] = await world.said(talk)
    assert (message.author, message.text) == ("bot", "utter_refunds_paid/zh number=RT1")
    assert message.cards == ({"type": "return"},)


async def test_a_customer_cannot_take_the_name_of_a_message_of_ours(world: World) -> None:
    talk = await world.talk()
    for name in ("tell:news", "re:2:0"):
        await receive_text(world.ctx, conversation_id=talk.id, client_message_id=name, text=name)
    await tell(world.ctx, conversation_id=talk.id, response="utter_news", parameters={}, key="news")
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 2
    assert await world.texts(talk) == [
        "tell:news", "re:2:0", "utter_news/zh", "text: tell:news", "text: re:2:0",
    ]  # fmt: skip


async def test_history_goes_on_after_what_is_known(world: World) -> None:
    talk = await world.talk()
    await world.write(talk, "one", "two", "three")
    messages, conversation = await history(world.ctx, conversation_id=talk.id, after=1, limit=1)
    assert [message.text for message in messages] == ["two"]
    assert conversation.last_seq == 3
    with pytest.raises(NotFound):
        await history(world.ctx, conversation_id="nobody", after=0)


async def test_the_newest_numbers_of_many_conversations_are_told_at_once(world: World) -> None:
    talks = [await world.talk() for _ in range(3)]
    await world.write(talks[0], "one", "two")
    await world.write(talks[1], "one")
    found = await latest(world.ctx, [talk.id for talk in talks] + ["nobody"] * 600)
    assert found == {talks[0].id: 2, talks[1].id: 1, talks[2].id: 0}


async def test_typing_shows_while_the_bot_owes_an_answer(world: World) -> None:
    talk = await world.talk()
    assert not typing(talk)
    await world.write(talk, "one")
    assert typing(await world.now(talk))
    await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
    answered = await world.now(talk)
    assert not typing(answered)
    assert not typing(replace(answered, asked_seq=3, owner=Owner.HUMAN))


async def test_news_do_not_look_like_an_owed_answer(world: World) -> None:
    talk = await world.talk()
    await tell(world.ctx, conversation_id=talk.id, response="utter_news", parameters={}, key="k")
    assert not typing(await world.now(talk))


async def test_a_closed_conversation_opens_again_to_the_bot_with_a_new_matter(world: World) -> None:
    talk = await world.talk(customer_id="c-lin")
    await world.move(talk, Owner.CLOSED)
    await world.write(talk, "one more thing")
    again = await world.now(talk)
    assert (again.owner, again.matter, again.epoch) == (Owner.BOT, talk.matter + 1, talk.epoch + 2)
    assert again.customer_id == "c-lin"
    assert len(await world.journal(talk, "reopen")) == 1
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 1


async def test_after_signing_out_a_left_open_tab_speaks_as_a_guest(world: World) -> None:
    token, talk = await open_session(world.ctx, channel="web", language="en", customer_id="c-lin")
    await close_session(world.ctx, token=token)
    await world.write(talk, "show my orders")
    assert (await world.now(talk)).customer_id is None


async def test_what_a_person_was_told_is_not_answered_by_the_bot_later(world: World) -> None:
    talk = await world.talk()
    await world.move(talk, Owner.HUMAN)
    await world.write(talk, "for the person")
    await world.move(talk, Owner.BOT)
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 0
    await world.write(talk, "for the bot")
    assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 1
    assert [turn.text for turn in world.bot.turns] == ["for the bot"]


async def test_each_change_of_owner_raises_the_epoch_and_is_journalled_once(world: World) -> None:
    talk = await world.talk()
    await world.move(talk, Owner.HUMAN)
    await world.move(talk, Owner.HUMAN)
    assert (await world.now(talk)).epoch == talk.epoch + 1
    [entry] = await world.journal(talk, "human")
    assert (entry.actor, entry.from_state, entry.to_state) == ("agent:a1", "bot", "human")
