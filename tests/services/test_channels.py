from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.channels import Picture, Pulled, PushKind, Refusal, Sender, Words
from aftersales.domain.conversations import Answer, ChatNote, Choice, Owner, Reply
from aftersales.domain.feedback import Feedback, FeedbackKind
from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.domain.threads import Thread
from aftersales.services.conversations import set_owner, tell, write_as_agent
from aftersales.services.handoff import open_handover
from aftersales.services.handoff_views import read_chat
from tests.channels import CLICK, LI, WITH_MENUS, Apps, ListChannel, picture_bytes
from tests.databases import DATABASES
from tests.talks import open_world

WHICH = Answer(
    replies=(Reply(text="Which?", choices=(Choice("Jacket", "/line{1}"), Choice("Shoes", "/line{2}"))),),
    language="en",
    language_fixed=False,
)


@pytest.fixture(params=DATABASES)
async def apps(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Apps]:
    async with open_world(request.param, tmp_path) as world:
        yield Apps(world, ListChannel(), tmp_path / "files", world.bot)


async def answers(count: int, apps: Apps, *, text: str = "part") -> None:
    replies = tuple(Reply(text=f"{text} {number}") for number in range(count))
    apps.world.bot.will_say(Answer(replies=replies, language="zh", language_fixed=False))


async def test_a_customer_who_writes_is_answered_in_the_app(apps: Apps) -> None:
    await apps.says("我要退货")
    assert apps.app.texts() == ["text: 我要退货"]


async def test_a_push_that_is_repeated_is_answered_once(apps: Apps) -> None:
    push = apps.push(text="hi")
    assert [await apps.tell(push), await apps.tell(push)] == [1, 0]
    await apps.carry()
    assert await apps.tell(push) == 0
    await apps.carry()
    assert apps.app.texts() == ["text: hi"]


async def test_what_arrives_out_of_order_is_taken_in_in_the_apps_order(apps: Apps) -> None:
    await apps.tell(apps.push(text="third", after=2), apps.push(text="first"), apps.push(text="second", after=1))
    await apps.carry()
    assert [turn.text for turn in apps.world.bot.turns] == ["first", "second", "third"]


async def test_several_texts_of_one_turn_are_one_message(apps: Apps) -> None:
    await answers(6, apps)
    await apps.says("hi")
    assert apps.app.texts() == ["part 0\n\npart 1\n\npart 2\n\npart 3\n\npart 4\n\npart 5"]
    assert (await apps.thread()).allowance.left == 4


async def test_choices_are_numbered_where_there_is_no_menu_and_a_number_answers(apps: Apps) -> None:
    apps.world.bot.will_say(WHICH)
    await apps.says("return")
    assert apps.app.texts() == ["Which?\n\n1. Jacket\n2. Shoes\nutter_channel_pick/en"]
    await apps.says("２")
    assert [(turn.kind, turn.text) for turn in apps.world.bot.turns[1:]] == [("choice", "/line{2}")]


async def test_a_question_of_how_many_is_answered_by_a_number_without_a_list(apps: Apps) -> None:
    numbers = (Choice("1", "/count{1}"), Choice("2", "/count{2}"))
    asked = Answer(replies=(Reply(text="How many?", choices=numbers),), language="en", language_fixed=False)
    apps.world.bot.will_say(asked)
    await apps.says("return")
    assert apps.app.texts() == ["How many?\n\nutter_channel_pick/en"]
    await apps.says("2")
    assert [(turn.kind, turn.text) for turn in apps.world.bot.turns[1:]] == [("choice", "/count{2}")]


async def test_a_number_that_answers_no_question_is_a_text(apps: Apps) -> None:
    apps.world.bot.will_say(WHICH)
    await apps.says("return")
    await apps.says("3")
    await apps.says("2")
    assert [(turn.kind, turn.text) for turn in apps.world.bot.turns[1:]] == [("text", "3"), ("text", "2")]


async def test_a_menu_is_clicked_and_its_title_typed(apps: Apps) -> None:
    apps.app.manners = WITH_MENUS
    apps.world.bot.will_say(WHICH, WHICH)
    await apps.says("return")
    [(_, item)] = apps.app.sent
    assert isinstance(item, Words)
    assert [option.title for option in item.options] == ["Jacket", "Shoes"]
    await apps.tell(apps.push(PushKind.CHOICE, choice=item.options[0].id, text="Jacket"))
    await apps.carry()
    await apps.says("shoes")
    assert [(turn.kind, turn.text) for turn in apps.world.bot.turns[1:]] == [
        ("choice", "/line{1}"),
        ("choice", "/line{2}"),
    ]


async def test_a_click_on_what_is_unknown_counts_as_its_words(apps: Apps) -> None:
    await apps.tell(apps.push(PushKind.CHOICE, choice="909", text="Jacket"))
    await apps.carry()
    assert [(turn.kind, turn.text) for turn in apps.world.bot.turns] == [("text", "Jacket")]


async def test_voice_and_what_cannot_be_read_are_answered_politely(apps: Apps) -> None:
    await apps.tell(
        apps.push(PushKind.VOICE), apps.push(PushKind.UNREADABLE), apps.push(PushKind.VOICE, text="退货")
    )
    await apps.carry()
    assert [turn.text for turn in apps.world.bot.turns] == ["退货"]
    said = apps.app.texts()[0]
    assert "utter_channel_voice/zh" in said
    assert "utter_channel_unreadable/zh" in said


async def test_a_picture_is_kept_and_shown_to_the_bot(apps: Apps) -> None:
    apps.app.files["m1"] = picture_bytes()
    await apps.tell(apps.push(PushKind.FILE, media="m1"), apps.push(PushKind.FILE, media="gone"))
    await apps.carry()
    assert [turn.kind for turn in apps.world.bot.turns] == ["attachment"]
    assert "utter_channel_file/zh" in apps.app.texts()[0]


async def test_a_file_that_cannot_be_fetched_now_is_fetched_later_and_nothing_overtakes_it(apps: Apps) -> None:
    apps.app.files["m1"] = picture_bytes()
    apps.app.down = 1
    await apps.tell(apps.push(PushKind.FILE, media="m1"), apps.push(text="look", after=1))
    await apps.carry()
    assert not apps.world.bot.turns
    apps.world.clock.advance(seconds=2)
    await apps.carry()
    assert [turn.kind for turn in apps.world.bot.turns] == ["attachment", "text"]


async def test_a_click_allows_three_messages_within_a_minute(apps: Apps) -> None:
    await apps.tell(apps.push(PushKind.MENU, text="退货"))
    await apps.carry()
    thread = await apps.thread()
    assert (thread.allowance.left, thread.allowance.until) == (
        2,
        apps.world.clock.now() - timedelta(seconds=0.3) + CLICK.lasts,
    )


async def test_the_budget_is_never_exceeded_and_what_is_left_over_comes_with_the_next_message(apps: Apps) -> None:
    await apps.says("hi")
    thread = await apps.thread()
    for number in range(6):
        await write_as_agent(
            apps.world.ctx, conversation_id=thread.conversation_id or "", text=f"a{number}", key=f"{number}"
        )
        await apps.carry()
    assert apps.app.texts()[1:] == ["a0", "a1", "a2", "a3"]
    await apps.says("still there?")
    assert apps.app.texts()[5:] == ["a4\n\na5", "text: still there?"]


async def test_news_leave_the_last_message_to_the_result(apps: Apps) -> None:
    await apps.says("hi")
    talk = (await apps.thread()).conversation_id or ""
    for number in range(5):
        await tell(
            apps.world.ctx, conversation_id=talk, response="utter_news", parameters={}, key=f"news:{number}"
        )
        await apps.carry()
    assert len(apps.app.sent) == 4
    await tell(
        apps.world.ctx, conversation_id=talk, response="utter_paid", parameters={}, key="refund-succeeded:1"
    )
    await apps.carry()
    assert "utter_paid/zh" in apps.app.texts()[4]
    assert (await apps.thread()).allowance.left == 0


async def test_words_that_wait_are_told_of_in_another_way_once(apps: Apps) -> None:
    await apps.says("hi")
    talk = (await apps.thread()).conversation_id or ""
    apps.world.clock.advance(hours=49)
    for text in ("one", "two"):
        await write_as_agent(apps.world.ctx, conversation_id=talk, text=text, key=text)
        await apps.carry()
    assert len(apps.app.sent) == 1
    async with apps.world.ctx.unit_of_work() as uow:
        due = await uow.outbox.claim(now=apps.world.clock.now() + timedelta(minutes=1), limit=10, lease_seconds=1)
    assert [item.payload["response"] for item in due] == ["utter_channel_waiting"]


@pytest.mark.parametrize("refusal", [Refusal.CLOSED, Refusal.SPENT, Refusal.GONE])
async def test_what_the_app_does_not_take_waits_for_the_customer(apps: Apps, refusal: Refusal) -> None:
    apps.app.refusal = refusal
    await apps.says("hi")
    assert not apps.app.sent
    apps.app.refusal = None
    await apps.carry()
    assert not apps.app.sent
    await apps.says("hello?")
    assert apps.app.texts() == ["text: hi", "text: hello?"]


async def test_what_the_app_refuses_for_good_holds_nothing_up(apps: Apps) -> None:
    apps.app.refusal = Refusal.REFUSED
    await apps.says("hi")
    apps.app.refusal = None
    await apps.says("again")
    assert apps.app.texts() == ["text: again"]


async def test_an_app_that_is_down_gets_the_same_message_under_the_same_key(apps: Apps) -> None:
    apps.app.down = 2
    await apps.says("hi")
    for seconds in (2, 4):
        apps.world.clock.advance(seconds=seconds)
        await apps.carry()
    assert apps.app.texts() == ["text: hi"]
    assert len(set(apps.app.keys)) == 1
    assert len(apps.app.keys) == 3


async def test_a_message_of_which_nobody_knows_is_sent_again_under_its_key_and_counted_twice(apps: Apps) -> None:
    apps.app.unknown = 1
    await apps.says("hi")
    apps.world.clock.advance(seconds=2)
    await apps.carry()
    assert len(apps.app.keys) == 2
    assert len(set(apps.app.keys)) == 1
    assert (await apps.thread()).allowance.left == 3


async def test_a_worker_that_is_stopped_in_mid_turn_leaves_the_talk_to_the_next_one_at_once(apps: Apps) -> None:
    bot = apps.world.bot
    bot.seconds = 60
    await apps.tell(apps.push(text="hi"))
    stopped = asyncio.create_task(apps.carry())
    while not bot.turns:
        await asyncio.sleep(0.01)
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    bot.seconds = 0
    await apps.carry()
    assert apps.app.texts() == ["text: hi"]


async def test_pictures_of_an_agent_are_sent(apps: Apps) -> None:
    apps.app.files["m1"] = picture_bytes()
    await apps.tell(apps.push(PushKind.FILE, media="m1"))
    await apps.carry()
    thread = await apps.thread()
    async with apps.world.ctx.unit_of_work(read_only=True) as uow:
        [sent] = [m for m in await uow.messages.after(thread.conversation_id or "", 0) if m.attachment_ids]
    async with apps.world.ctx.unit_of_work() as uow:
        talk = await uow.conversations.lock(thread.conversation_id or "")
        await uow.messages.add(replace(sent, seq=talk.last_seq + 1, author="agent", client_message_id="x"))
        await uow.conversations.save(replace(talk, last_seq=talk.last_seq + 1))
        await uow.threads.wake(talk.id, at=apps.world.clock.now())
    await apps.carry()
    assert isinstance(apps.app.sent[-1][1], Picture)


async def test_who_enters_is_welcomed_with_the_code(apps: Apps) -> None:
    await apps.tell(apps.push(PushKind.ENTER, code="c1"))
    await apps.carry()
    assert apps.app.codes == ["c1"]
    assert "utter_channel_welcome/zh" in apps.app.texts()[0]


async def test_who_leaves_is_forgotten(apps: Apps) -> None:
    apps.app.files["m1"] = picture_bytes()
    await apps.tell(apps.push(PushKind.FILE, media="m1"), apps.push(text="my name is Li", after=1))
    await apps.carry()
    talk = (await apps.thread()).conversation_id or ""
    await apps.tell(apps.push(PushKind.LEAVE, after=5))
    await apps.carry()
    async with apps.world.ctx.unit_of_work(read_only=True) as uow:
        assert list(await uow.messages.after(talk, 0)) == []
        conversation = await uow.conversations.get(talk)
        assert await uow.threads.of_conversation(talk) is None
    assert conversation.owner is Owner.CLOSED
    assert list((apps.folder).iterdir()) == []
    await apps.says("back")
    assert (await apps.thread()).conversation_id != talk


async def test_what_the_app_did_not_deliver_is_told_in_another_way(apps: Apps) -> None:
    await apps.says("hi")
    await apps.tell(apps.push(PushKind.OUTCOME, reference="ref-1", delivered=False, reason="blocked"))
    await apps.carry()
    async with apps.world.ctx.unit_of_work() as uow:
        due = await uow.outbox.claim(now=apps.world.clock.now() + timedelta(minutes=1), limit=10, lease_seconds=1)
    assert [item.payload["seq"] for item in due] == [2]


async def test_pushes_are_pulled_behind_a_cursor_that_is_kept_with_them(apps: Apps) -> None:
    account = Sender("app", "shop", "")
    pushes = [apps.push(text="one"), apps.push(text="two", after=1)]
    apps.app.pages = {
        "": Pulled((pushes[0],), "c1", more=True),
        "c1": Pulled((), "c2", more=True),
        "c2": Pulled((pushes[1],), "c3", more=False),
        "c3": Pulled((pushes[1],), "c3", more=False),
    }
    await apps.tell(apps.push(PushKind.FETCH, sender=account, token="t"))
    for _ in range(2):
        await apps.carry()
    assert [turn.text for turn in apps.world.bot.turns] == ["one", "two"]
    assert (await apps.thread(account)).cursor == "c3"
    await apps.tell(apps.push(PushKind.FETCH, sender=account, token="t2"))
    for _ in range(2):
        await apps.carry()
    assert len(apps.world.bot.turns) == 2


async def test_who_is_known_in_an_app_stays_known_when_the_talk_was_closed(apps: Apps) -> None:
    await apps.says("hi")
    talk = (await apps.thread()).conversation_id or ""
    async with apps.world.ctx.unit_of_work() as uow:
        current = await uow.conversations.lock(talk)
        await uow.conversations.save(replace(current, customer_id="c-lin", owner=Owner.CLOSED))
        await uow.threads.link(talk, customer_id="c-lin")
    await apps.says("me again")
    async with apps.world.ctx.unit_of_work(read_only=True) as uow:
        assert (await uow.conversations.get(talk)).customer_id == "c-lin"


async def test_an_app_that_the_shop_has_left_is_let_alone(apps: Apps) -> None:
    await apps.tell(apps.push(sender=Sender("other", "shop", "li"), text="hi"))
    await apps.carry()
    assert not apps.world.bot.turns
    assert LI.channel == "app"


async def test_the_desk_is_told_what_is_left_and_what_became_of_each_message(apps: Apps) -> None:
    await apps.says("hi")
    talk = (await apps.thread()).conversation_id or ""
    ctx = apps.world.ctx

    async def arrivals() -> list[str]:
        chat = await read_chat(ctx, conversation_id=talk)
        return [chat.reach.arrival(message) for message in chat.messages if message.author == "agent"]

    for number in range(5):
        await write_as_agent(ctx, conversation_id=talk, text=f"a{number}", key=f"{number}")
        await apps.carry()
    await apps.tell(
        apps.push(PushKind.OUTCOME, reference="ref-2", delivered=True),
        apps.push(PushKind.OUTCOME, reference="ref-3", delivered=False, reason="blocked", after=1),
    )
    await apps.carry()
    assert await arrivals() == ["arrived", "lost", "sent", "sent", "waits"]
    reach = (await read_chat(ctx, conversation_id=talk)).reach
    assert (reach.is_there, reach.left) == (True, 0)
    apps.app.refusal = Refusal.GONE
    await apps.says("hi")
    assert not (await read_chat(ctx, conversation_id=talk)).reach.is_there


async def test_what_is_said_while_a_failing_thread_gets_well_is_not_forgotten(apps: Apps) -> None:
    apps.app.down = 1
    await apps.says("hi")
    apps.world.clock.advance(seconds=2)
    ctx, thread = apps.world.ctx, await apps.thread()
    async with ctx.unit_of_work() as uow:
        [claimed] = await uow.threads.claim(now=ctx.clock.now(), limit=9, lease=timedelta(seconds=90))
    await write_as_agent(ctx, conversation_id=thread.conversation_id or "", text="a", key="a")
    async with ctx.unit_of_work() as uow:
        await uow.threads.note(thread.id, failures=0)
        await uow.threads.release(claimed, due_at=None)
    await apps.carry()
    assert "a" in apps.app.texts()[-1].split()


async def test_a_worker_whose_lease_ran_out_lets_go_of_nothing_that_another_has(apps: Apps) -> None:
    await apps.tell(apps.push(text="hi"))
    apps.world.clock.advance(seconds=1)
    lease = timedelta(seconds=90)

    async def claim() -> Sequence[Thread]:
        async with apps.world.ctx.unit_of_work() as uow:
            return await uow.threads.claim(now=apps.world.clock.now(), limit=9, lease=lease)

    [late] = await claim()
    apps.world.clock.advance(seconds=91)
    assert len(await claim()) == 1
    async with apps.world.ctx.unit_of_work() as uow:
        await uow.threads.release(late, due_at=None)
        await uow.threads.open(LI, due_at=apps.world.clock.now())
    assert await claim() == []


async def test_what_fails_whenever_it_is_tried_is_given_up_in_the_end_and_holds_up_nothing(apps: Apps) -> None:
    apps.app.down = 100
    apps.app.files["m1"] = picture_bytes()
    await apps.tell(apps.push(PushKind.FILE, media="m1"), apps.push(text="look", after=1))
    for _ in range(8):
        await apps.carry()
        apps.world.clock.advance(minutes=5)
    assert not apps.world.bot.turns
    await apps.carry()
    assert [turn.text for turn in apps.world.bot.turns] == ["look"]
    apps.app.down = 0
    apps.world.clock.advance(minutes=5)
    await apps.carry()
    assert apps.app.texts() == ["utter_channel_file/zh\n\ntext: look"]


async def test_a_message_that_comes_late_does_not_renew_what_a_newer_one_allowed(apps: Apps) -> None:
    late = apps.push(text="first")
    await apps.tell(apps.push(text="second", after=1))
    apps.world.clock.advance(seconds=1)
    await apps.carry()
    await apps.tell(late)
    await apps.carry()
    assert apps.app.texts() == ["text: second", "text: first"]
    assert (await apps.thread()).allowance.left == 3


async def test_what_people_noted_of_whoever_leaves_is_forgotten_too(apps: Apps) -> None:
    await apps.says("hi")
    ctx, talk = apps.world.ctx, (await apps.thread()).conversation_id or ""
    at = apps.world.clock.now()
    note = ChatNote(id="n", conversation_id=talk, key="n", author="Mei", text="calls herself Li", at=at)
    words = Feedback(
        id="f",
        key="f",
        conversation_id=talk,
        customer_id=None,
        kind=FeedbackKind.RATING,
        rating=2,
        comment="Li was not amused",
        order_number=None,
        created_at=at,
    )
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(talk)
        wish = HandoverWish(HandoverReason.REQUESTED, about={"name": "Li"})
        await open_handover(ctx, uow, conversation, wish)
        await set_owner(uow, conversation, Owner.WAITING, actor="system", trigger="hand_over", at=at)
        await uow.chat_notes.add(note)
        await uow.feedback.add(words)
    await apps.tell(apps.push(PushKind.LEAVE, after=5))
    await apps.carry()
    async with ctx.unit_of_work(read_only=True) as uow:
        assert [handover.about for handover in await uow.handovers.of(talk)] == [{}]
        assert not await uow.chat_notes.of(talk)
        [kept] = await uow.feedback.newest()
    assert (kept.rating, kept.comment) == (2, "")
