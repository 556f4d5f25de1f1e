"""A talk goes to the people at a Chatwoot and back, on both databases, against the fake in fake.py."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aftersales.domain.accounts import Role
from aftersales.domain.conversations import Answer, Owner, Reply
from aftersales.domain.errors import Taken
from aftersales.domain.handovers import HandoverState, Outcome
from aftersales.domain.outside import OUTSIDE_AGENT
from aftersales.services.answering import answer_pending
from aftersales.services.attachments import store_attachment
from aftersales.services.cases import open_cases
from aftersales.services.handoff import is_staffed
from aftersales.services.handoff_claims import claim, take_over
from aftersales.services.handoff_upkeep import assign_waiting, relieve_waiting, requeue_dropped
from aftersales.services.handoff_views import read_desk
from aftersales.services.outside_talks import MOST_FAILURES, carry_due
from aftersales.services.receiving import receive_attachment, receive_choice
from tests.connectors.chatwoot.fake import ALL_DAY, ROOT
from tests.connectors.chatwoot.talks import Shop, open_shop
from tests.databases import DATABASES
from tests.desks import agent, handover_of, want_person


@pytest.fixture(params=DATABASES)
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(request.param, tmp_path) as opened:
        yield opened


def picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(kept, format="PNG")
    return kept.getvalue()


class TestGoingThere:
    async def test_a_hand_over_opens_a_conversation_with_a_private_note_and_no_address(self, shop: Shop) -> None:
        talk = await shop.waiting("我的鞋破了", "转人工")
        [contact], [conversation] = shop.chatwoot.contacts, shop.chatwoot.conversations.values()
        assert (contact["identifier"], contact["name"]) == (f"returndesk:{talk.id}", "林晓")
        assert {"email", "phone_number"} & contact.keys() == set()
        assert (conversation["status"], shop.chatwoot.seen(1)) == ("open", [])
        [note] = shop.chatwoot.seen(1, private=True)
        assert "我的鞋破了" in note
        assert await shop.said(talk) == ["utter_handoff_waiting_elsewhere"]

    async def test_a_guest_has_no_name_there(self, shop: Shop) -> None:
        talk = await shop.waiting(customer_id=None)
        assert shop.chatwoot.contacts[0]["name"] == f"returndesk:{talk.id}"

    async def test_what_the_customer_writes_arrives_in_order_and_once(self, shop: Shop) -> None:
        talk = await shop.waiting()
        await shop.world.write(talk, "一", "二")
        await shop.carry()
        await shop.world.write(talk, "三")
        await shop.carry()
        await shop.carry()
        assert shop.chatwoot.seen(1) == ["一", "二", "三"]

    async def test_an_answer_that_is_lost_doubles_nothing(self, shop: Shop) -> None:
        talk = await shop.world.talk(customer_id="c-lin")
        await shop.world.write(talk, "转人工")
        await want_person(shop.world, talk)
        for _ in range(12):
            shop.chatwoot.lost = 1
            await shop.carry()
            if shop.chatwoot.lost:
                break
        shop.chatwoot.lost = 0
        await shop.world.write(talk, "在吗")
        for _ in range(3):
            await shop.carry(seconds=70)
        assert (len(shop.chatwoot.contacts), len(shop.chatwoot.conversations)) == (1, 1)
        assert (
            len([note for note in shop.chatwoot.seen(1, private=True) if note.startswith("utter_handoff_note/")])
            == 1
        )

    async def test_a_message_whose_answer_is_lost_is_not_sent_again(self, shop: Shop) -> None:
        talk = await shop.waiting()
        await shop.world.write(talk, "在吗")
        original = shop.desk.tell

        async def lossy(*args: Any, **options: Any) -> None:
            shop.chatwoot.lost = 1
            await original(*args, **options)

        shop.desk.tell = lossy  # type: ignore[method-assign]
        await shop.carry()
        shop.desk.tell = original  # type: ignore[method-assign]
        await shop.carry()
        assert shop.chatwoot.seen(1) == ["在吗"]

    async def test_a_picture_goes_along(self, shop: Shop) -> None:
        talk = await shop.waiting()
        stored = await store_attachment(
            shop.world.ctx, folder=shop.folder, conversation_id=talk.id, name="鞋.png", content=picture()
        )
        await receive_attachment(
            shop.world.ctx, conversation_id=talk.id, client_message_id="f1", attachment_id=stored.id
        )
        await shop.carry()
        [message] = [one for one in shop.chatwoot.messages[1] if one["message_type"] == 0]
        assert [(file["name"], file["size"]) for file in message["attachments"]] == [("鞋.png", stored.size)]

    async def test_two_workers_do_not_send_twice(self, shop: Shop) -> None:
        talk = await shop.waiting()
        await shop.world.write(talk, *"abcdef")
        shop.world.clock.advance(seconds=1)
        await asyncio.gather(*(carry_due(shop.world.ctx, folder=shop.folder) for _ in range(4)))
        assert shop.chatwoot.seen(1) == list("abcdef")

    async def test_nobody_at_our_own_desk_is_given_the_chat_and_nobody_relieves_it(self, shop: Shop) -> None:
        talk = await shop.waiting()
        await agent(shop.world, "wei")
        assert (await assign_waiting(shop.world.ctx), await relieve_waiting(shop.world.ctx)) == (0, 0)
        assert await shop.owner(talk) is Owner.WAITING


class TestComingBack:
    async def test_the_first_words_of_an_agent_take_the_talk(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "您好")
        await shop.carry()
        current, handover = await shop.world.now(talk), await handover_of(shop.world, talk)
        assert (current.owner, current.agent_id) == (Owner.HUMAN, OUTSIDE_AGENT)
        assert (handover.state, handover.agent_id) == (HandoverState.CLAIMED, None)
        last = (await shop.world.said(talk))[-1]
        assert (last.author, last.text, last.sender) == ("agent", "您好", "Wei")
        assert (await shop.said(talk))[-2] == "utter_handoff_joined"
        assert await requeue_dropped(shop.world.ctx) == 0

    async def test_words_come_once_and_in_order_however_often_they_are_read(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "一")
        shop.chatwoot.agent_writes(1, "二")
        shop.chatwoot.messages[1].reverse()
        for seconds in (1, 31, 120):
            await shop.carry(seconds=seconds)
        assert (await shop.said(talk))[-2:] == ["一", "二"]

    @pytest.mark.parametrize(
        "fields",
        [
            {"private": True},
            {"private": None},
            {"private": "true"},
            {"content_attributes": {"private": True}},
            {"content_attributes": {"private": "1"}},
            {"message_type": 2},
            {"message_type": 3},
            {"sender": {"type": "agent_bot", "name": "Captain"}},
            {"sender": None},
            {"source_id": "returndesk:x:1"},
            {"content_attributes": {"deleted": True}},
        ],
        ids=str,
    )
    async def test_what_is_not_for_the_customer_never_becomes_a_message(self, shop: Shop, fields: Any) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "INNER", **fields)
        await shop.carry()
        assert await shop.world.texts(talk) == ["转人工", "utter_handoff_waiting_elsewhere/zh"]
        assert await shop.owner(talk) is Owner.WAITING

    async def test_a_note_that_does_not_say_that_it_is_none_stays_a_note(self, shop: Shop) -> None:
        talk = await shop.waiting()
        del shop.chatwoot.agent_writes(1, "INNER")["private"]
        await shop.carry()
        assert "INNER" not in await shop.world.texts(talk)

    async def test_long_words_become_several_messages_and_card_numbers_are_masked(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "x" * 4500)
        shop.chatwoot.agent_writes(1, "4111 1111 1111 1111")
        await shop.carry()
        texts = await shop.world.texts(talk)
        assert [len(text) for text in texts[-4:-1]] == [2000, 2000, 500]
        assert "4111 1111" not in texts[-1]

    async def test_an_e_mail_address_is_no_name(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "Hi", sender={"type": "user", "name": "wei@shop.example"})
        await shop.carry()
        assert (await shop.world.said(talk))[-1].sender == "utter_handoff_note_colleague/zh"

    async def test_a_file_is_taken_in_by_our_rules_and_the_agent_hears_of_one_that_is_not(
        self, shop: Shop
    ) -> None:
        talk = await shop.waiting()
        shop.chatwoot.files |= {"/rails/blobs/label.png": picture(), "/rails/blobs/virus.exe": b"MZ" + b"0" * 500}
        here = tuple(f"{ROOT}/rails/blobs/{name}" for name in ("label.png", "virus.exe", "gone.png"))
        shop.chatwoot.agent_writes(1, "", files=(*here, "https://inside.example/secret.png"))
        for _ in range(2):
            await shop.carry()
        [message] = [one for one in await shop.world.said(talk) if one.author == "agent"]
        assert len(message.attachment_ids) == 1
        [note] = shop.chatwoot.seen(1, private=True)[1:]
        assert note == "utter_handoff_note_file/zh files=virus.exe, gone.png, secret.png"
        assert all("inside.example" not in path for _, path in shop.chatwoot.calls)

    @pytest.mark.parametrize("way", ["pending", "label"])
    async def test_giving_back_lets_the_bot_go_on_where_it_stood(self, shop: Shop, way: str) -> None:
        talk = await shop.world.talk(customer_id="c-lin")
        await shop.world.write(talk, "退货")
        shop.world.bot.will_say(Answer(replies=(Reply(text="Which?"),), language="zh", language_fixed=True))
        await answer_pending(shop.world.ctx, shop.world.bot, conversation_id=talk.id)
        await want_person(shop.world, talk)
        await shop.carry(seconds=0)
        shop.chatwoot.agent_writes(1, "好的")
        if way == "pending":
            shop.chatwoot.agent_sets(1, "pending")
        else:
            shop.chatwoot.agent_labels(1, "bot")
        await shop.carry()
        assert await shop.owner(talk) is Owner.BOT
        assert (await shop.said(talk))[-3:] == ["好的", "utter_handoff_back", "Which?"]
        assert (await handover_of(shop.world, talk)).outcome is Outcome.HANDED_BACK
        await shop.world.write(talk, "还在吗")
        await shop.carry()
        assert shop.chatwoot.seen(1) == []

    async def test_resolving_closes_the_talk(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "好了")
        shop.chatwoot.agent_sets(1, "resolved")
        await shop.carry()
        assert await shop.owner(talk) is Owner.CLOSED
        assert (await shop.world.texts(talk))[-1] == "utter_handoff_closed/zh agent=Wei"
        [entry] = await shop.world.journal(talk, "close")
        assert (entry.actor, entry.from_state, entry.to_state) == ("agent:outside", "human", "closed")

    async def test_resolving_without_a_word_files_a_case_for_whoever_still_waits(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_sets(1, "resolved")
        await shop.carry()
        assert await shop.owner(talk) is Owner.BOT
        assert len(await open_cases(shop.world.ctx)) == 1

    async def test_words_that_cross_with_the_closing_open_the_talk_again(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "好了")
        await shop.carry()
        shop.chatwoot.agent_sets(1, "resolved")
        await shop.world.write(talk, "等一下")
        for _ in range(2):
            await shop.carry()
        assert await shop.owner(talk) is Owner.HUMAN
        assert shop.chatwoot.conversations[1]["status"] == "open"

    async def test_a_talk_that_is_deleted_there_becomes_a_dated_case_here(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_deletes(1)
        for _ in range(2):
            await shop.carry()
        assert await shop.owner(talk) is Owner.BOT
        assert (await shop.said(talk)).count("utter_handoff_filed") == 1

    async def test_late_words_reach_the_customer_and_change_nothing_else(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_sets(1, "pending")
        await shop.carry()
        shop.chatwoot.agent_writes(1, "还有一点")
        async with shop.world.ctx.unit_of_work() as uow:
            assert await uow.outside.wake_outside("1", at=shop.world.clock.now())
        await shop.carry()
        assert (await shop.said(talk))[-1] == "还有一点"
        assert await shop.owner(talk) is Owner.BOT


class TestLeaving:
    async def test_who_goes_on_with_the_bot_is_told_of_there(self, shop: Shop) -> None:
        talk = await shop.waiting()
        await receive_choice(shop.world.ctx, conversation_id=talk.id, client_message_id="c1", value="handoff:bot")
        for _ in range(2):
            await shop.carry()
        assert shop.chatwoot.conversations[1]["status"] == "resolved"
        assert shop.chatwoot.seen(1, private=True)[1:] == ["utter_handoff_note_ended/zh"]
        assert await shop.owner(talk) is Owner.BOT

    async def test_an_agent_at_our_own_desk_may_take_it_and_it_ends_there(self, shop: Shop) -> None:
        talk = await shop.waiting()
        wei = await agent(shop.world, "wei")
        await claim(shop.world.ctx, wei, conversation_id=talk.id)
        await shop.carry()
        assert shop.chatwoot.conversations[1]["status"] == "resolved"
        assert (await shop.world.now(talk)).agent_id == wei.id

    async def test_the_second_hand_over_has_a_conversation_of_its_own(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_sets(1, "pending")
        await shop.carry()
        await want_person(shop.world, talk)
        await shop.carry(seconds=0)
        assert (len(shop.chatwoot.contacts), sorted(shop.chatwoot.conversations)) == (1, [1, 2])

    async def test_an_inbox_that_keeps_to_one_conversation_gets_it_opened_again(self, shop: Shop) -> None:
        shop.chatwoot.locked_to_one = True
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "好了")
        shop.chatwoot.agent_sets(1, "pending")
        await shop.carry()
        await want_person(shop.world, talk)
        await shop.carry(seconds=0)
        assert shop.chatwoot.conversations[1]["status"] == "open"
        assert await shop.owner(talk) is Owner.WAITING
        shop.chatwoot.agent_writes(1, "又来了")
        await shop.carry()
        assert (await shop.said(talk)).count("好了") == 1
        assert await shop.owner(talk) is Owner.HUMAN


class TestTrouble:
    @pytest.mark.parametrize("fault", [0, 401, 404, 422, 429, 500, 503])
    async def test_a_chatwoot_that_fails_for_a_while_keeps_the_place(self, shop: Shop, fault: int) -> None:
        talk = await shop.world.talk(customer_id="c-lin")
        await want_person(shop.world, talk)
        for _ in range(MOST_FAILURES - 1):
            shop.chatwoot.faults = [fault]
            await shop.carry(seconds=70)
        assert (await shop.owner(talk), shop.chatwoot.faults) == (Owner.WAITING, [])
        await shop.carry(seconds=70)
        assert len(shop.chatwoot.seen(1, private=True)) == 1

    async def test_one_that_stays_down_leaves_a_dated_case_told_once_and_comes_back(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.down = True
        await shop.world.write(talk, "在吗")
        for _ in range(MOST_FAILURES + 3):
            await shop.carry(seconds=70)
        assert await shop.owner(talk) is Owner.BOT
        assert (await shop.said(talk)).count("utter_handoff_filed") == 1
        assert len(await open_cases(shop.world.ctx)) == 1
        assert not await is_staffed(shop.world.ctx, language="zh")
        shop.chatwoot.down = False
        shop.world.clock.advance(seconds=61)
        assert await is_staffed(shop.world.ctx, language="zh")
        await shop.carry(seconds=70)
        assert shop.chatwoot.conversations[1]["status"] == "resolved"

    async def test_who_is_talking_with_an_agent_loses_them_only_when_words_cannot_get_there(
        self, shop: Shop
    ) -> None:
        talk = await shop.waiting()
        shop.chatwoot.agent_writes(1, "您好")
        await shop.carry()
        shop.chatwoot.down = True
        for _ in range(MOST_FAILURES + 3):
            await shop.carry(seconds=70)
        assert await shop.owner(talk) is Owner.HUMAN
        await shop.world.write(talk, "在吗")
        await shop.carry(seconds=70)
        assert await shop.owner(talk) is Owner.BOT
        assert (await shop.said(talk))[-1] == "utter_handoff_filed"

    async def test_a_conversation_that_was_opened_unseen_is_closed_when_it_is_found(self, shop: Shop) -> None:
        talk = await shop.world.talk()
        await want_person(shop.world, talk)
        begin = shop.desk.begin

        async def unseen(*args: Any, **options: Any) -> str:
            await begin(*args, **options)
            raise TimeoutError

        shop.desk.begin = unseen  # type: ignore[method-assign]
        for _ in range(MOST_FAILURES):
            await shop.carry(seconds=70)
        assert await shop.owner(talk) is Owner.BOT
        await shop.carry(seconds=70)
        assert [one["status"] for one in shop.chatwoot.conversations.values()] == ["resolved"]

    async def test_an_unreadable_answer_counts_as_a_failure(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.conversations[1]["status"] = ["?"]
        await shop.carry()
        assert await shop.owner(talk) is Owner.WAITING
        shop.chatwoot.conversations[1]["status"] = "open"
        shop.chatwoot.agent_writes(1, "您好")
        await shop.carry()
        assert await shop.owner(talk) is Owner.HUMAN


class TestOfficeHours:
    """It is Saturday, 20:00 in Shanghai, when a test begins."""

    async def test_out_of_hours_a_dated_case_is_filed_at_once(self, shop: Shop) -> None:
        shop.chatwoot.hours = {"working_hours_enabled": True, "working_hours": [{"day_of_week": 6, **ALL_DAY}]}
        assert not await is_staffed(shop.world.ctx, language="zh")
        talk = await shop.world.talk()
        await want_person(shop.world, talk)
        await shop.carry(seconds=0)
        assert await shop.owner(talk) is Owner.BOT
        assert (await shop.said(talk))[-1] == "utter_handoff_filed"
        assert shop.chatwoot.conversations == {}

    async def test_who_still_waits_when_the_office_closes_gets_a_dated_case(self, shop: Shop) -> None:
        talk = await shop.waiting()
        shop.chatwoot.hours = {"working_hours_enabled": True, "working_hours": []}
        await shop.carry(seconds=61)
        await shop.carry()
        assert await shop.owner(talk) is Owner.BOT
        assert shop.chatwoot.conversations[1]["status"] == "resolved"

    async def test_the_hours_are_asked_for_once_a_minute(self, shop: Shop) -> None:
        for seconds in (0, 59, 2):
            shop.world.clock.advance(seconds=seconds)
            assert await is_staffed(shop.world.ctx, language="en")
        assert len(shop.chatwoot.calls) == 2


async def test_a_wrong_token_never_staffs_the_desk(tmp_path: Path) -> None:
    async with open_shop("sqlite", tmp_path, token="wrong") as shop:
        assert not await is_staffed(shop.world.ctx, language="zh")


class TestOurOwnDesk:
    async def test_it_shows_who_has_a_talk_and_that_one_may_be_taken_over(self, shop: Shop) -> None:
        talk = await shop.waiting()
        wei = await agent(shop.world, "wei", role=Role.SUPERVISOR)
        assert [line.handover.conversation_id for line in (await read_desk(shop.world.ctx, wei)).queue] == [
            talk.id
        ]
        shop.chatwoot.agent_writes(1, "您好")
        await shop.carry()
        lists = await read_desk(shop.world.ctx, wei)
        assert ([line.agent for line in lists.others], list(lists.queue)) == (["Chatwoot"], [])
        with pytest.raises(Taken, match="Chatwoot"):
            await claim(shop.world.ctx, wei, conversation_id=talk.id)
        await take_over(shop.world.ctx, wei, conversation_id=talk.id)
        await shop.carry(seconds=1)
        assert shop.chatwoot.conversations[1]["status"] == "resolved"
        assert (await shop.world.now(talk)).agent_id == wei.id
