"""A talk goes to people and back: the queue, the seats, who may speak, and what the customer hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.accounts import Account, Role
from aftersales.domain.cases import CaseKind
from aftersales.domain.conversations import Answer, Choice, Conversation, Owner, Reply, Turn
from aftersales.domain.errors import Conflict, Forbidden, Full, Invalid, NotFound, Taken
from aftersales.domain.handovers import HandoverReason, HandoverState, HandoverWish, Outcome
from aftersales.domain.texts import Language
from aftersales.services.answering import answer_pending
from aftersales.services.cases import open_cases
from aftersales.services.handoff_claims import claim, claim_next, take_over, transfer
from aftersales.services.handoff_seats import set_up_seat, set_up_seat_of, sit_down
from aftersales.services.handoff_talk import CloseReason, add_note, close, hand_back, write
from aftersales.services.handoff_upkeep import assign_waiting, relieve_waiting, requeue_dropped
from aftersales.services.receiving import receive_choice
from aftersales.services.sessions import close_session, open_session
from runtime.policy_file import load_policy
from tests.databases import DATABASES
from tests.desks import agent, handover_of, waiting_talk, want_person
from tests.goods import POLICY, under
from tests.talks import World, open_world

ENGLISH: tuple[Language, ...] = ("en",)
QUESTION = Answer(
    replies=(Reply(text="Which?", choices=(Choice("Jacket", '/inform{"choice":"line:1"}'),)),),
    language="zh",
    language_fixed=True,
)


@pytest.fixture(params=DATABASES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(request.param, tmp_path) as opened:
        yield opened


async def told(world: World, conversation: Conversation) -> list[str]:
    """What was said to the customer, by response name where the service said it."""
    return [
        message.text.split("/")[0] for message in await world.said(conversation) if message.author != "customer"
    ]


async def keep_seats(world: World) -> None:
    """All desks are open still."""
    async with world.ctx.unit_of_work() as uow:
        for seat in await uow.seats.all():
            await uow.seats.touch(seat.account_id, seen_at=world.clock.now())


async def choose(world: World, conversation: Conversation, value: str) -> None:
    await receive_choice(world.ctx, conversation_id=conversation.id, client_message_id=value, value=value)


class TestAskingForAPerson:
    async def test_a_wish_of_the_bot_puts_the_customer_into_the_queue_instead_of_the_answer(
        self, world: World
    ) -> None:
        await agent(world, "wei")
        talk = await world.talk(customer_id="c-lin")
        await world.write(talk, "转人工")
        world.bot.will_say(
            Answer(
                replies=(Reply(text="never shown"),),
                language="zh",
                language_fixed=True,
                wish=HandoverWish(HandoverReason.REQUESTED, topic="returns", about={"asked": "returns_items"}),
            )
        )
        await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
        assert (await world.now(talk)).owner is Owner.WAITING
        assert await told(world, talk) == ["utter_handoff_waiting_next"]
        handover = await handover_of(world, talk)
        assert (handover.topic, handover.about) == ("returns", {"asked": "returns_items"})

    async def test_where_nobody_is_at_the_desk_a_dated_case_is_filed_and_the_bot_goes_on(
        self, world: World
    ) -> None:
        await agent(world, "wei", seated=False)
        talk = await world.talk()
        await world.write(talk, "I want a person")
        assert (await want_person(world, talk)).owner is Owner.BOT
        [case] = await open_cases(world.ctx)
        assert (case.kind, case.reason, case.summary) == (CaseKind.HANDOVER, "requested", "I want a person")
        assert await told(world, talk) == ["utter_handoff_filed"]

    async def test_an_agent_who_takes_no_new_chats_counts_as_nobody(self, world: World) -> None:
        wei = await agent(world, "wei")
        await sit_down(world.ctx, wei, open=False)
        assert (await want_person(world, await world.talk())).owner is Owner.BOT

    async def test_an_agent_of_another_language_counts_as_nobody(self, world: World) -> None:
        wei = await agent(world, "wei")
        await set_up_seat(world.ctx, wei, capacity=2, languages=ENGLISH)
        assert (await want_person(world, await world.talk())).owner is Owner.BOT

    async def test_the_second_in_the_queue_is_told_how_many_come_before(self, world: World) -> None:
        await agent(world, "wei", capacity=1)
        await waiting_talk(world)
        second = await waiting_talk(world)
        last = (await world.said(second))[-1]
        assert last.text == "utter_handoff_waiting_place/zh ahead=1 minutes=8"
        assert [choice.value for choice in last.choices] == ["handoff:bot", "handoff:later", "handoff:callback"]

    async def test_a_guest_is_not_offered_a_call(self, world: World) -> None:
        await agent(world, "wei")
        talk = await waiting_talk(world, customer_id=None)
        assert [choice.value for choice in (await world.said(talk))[-1].choices] == [
            "handoff:bot",
            "handoff:later",
        ]

    async def test_words_in_the_queue_are_kept_and_answered_with_the_place_once_a_minute(
        self, world: World
    ) -> None:
        await agent(world, "wei")
        talk = await waiting_talk(world)
        await world.write(talk, "还有")
        assert await told(world, talk) == ["utter_handoff_waiting_next"]
        world.clock.advance(seconds=61)
        await world.write(talk, "在吗", "有人吗")
        assert await told(world, talk) == ["utter_handoff_waiting_next", "utter_handoff_still_waiting_next"]

    @pytest.mark.parametrize(
        ("card", "reason"),
        [
            ({"type": "verdict", "allowed": False}, HandoverReason.EXCEPTION),
            ({"type": "verdict", "allowed": True, "needs_review": True}, HandoverReason.LIMIT),
            ({"type": "verdict", "allowed": True, "needs_review": False}, HandoverReason.REQUESTED),
            ({"type": "order"}, HandoverReason.REQUESTED),
        ],
        ids=["a no", "a yes for people to confirm", "a yes", "no verdict"],
    )
    async def test_the_reason_follows_from_the_verdict_that_was_just_told(
        self, world: World, card: dict[str, Any], reason: HandoverReason
    ) -> None:
        await agent(world, "wei")
        talk = await world.talk()
        await world.write(talk, "退货")
        world.bot.will_say(Answer(replies=(Reply(text="…", cards=(card,)),), language="zh", language_fixed=True))
        await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
        await want_person(world, talk)
        assert (await handover_of(world, talk)).reason is reason

    async def test_what_was_filed_is_told_before_a_person_takes_over(self, world: World) -> None:
        await agent(world, "wei")
        talk = await world.talk()
        await world.write(talk, "好的，提交")
        wish = HandoverWish(HandoverReason.COMPLAINT)
        filed = Reply(text="filed as CS1")
        world.bot.will_say(Answer(replies=(filed,), language="zh", language_fixed=True, wish=wish))
        await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
        assert await told(world, talk) == ["filed as CS1", "utter_handoff_waiting_next"]

    async def test_a_silent_bot_hands_over_once_and_can_get_the_talk_back(self, world: World) -> None:
        await agent(world, "wei")
        talk = await world.talk()
        await world.write(talk, "在吗")
        world.bot.down = True
        world.clock.advance(minutes=3, seconds=1)
        await keep_seats(world)
        for _ in range(2):
            await answer_pending(world.ctx, world.bot, conversation_id=talk.id, retries=())
        assert await told(world, talk) == ["utter_handoff_waiting_next"]
        assert (await handover_of(world, talk)).reason is HandoverReason.BOT_FAILURE
        world.bot.down = False
        await choose(world, talk, "handoff:bot")
        await world.write(talk, "你好")
        assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 1


class TestLeavingTheQueue:
    async def test_going_on_with_the_bot_repeats_its_last_question(self, world: World) -> None:
        await agent(world, "wei")
        talk = await world.talk()
        await world.write(talk, "退货")
        world.bot.will_say(QUESTION)
        await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
        await want_person(world, talk)
        await choose(world, talk, "handoff:bot")
        current = await world.now(talk)
        assert (current.owner, current.answered_seq) == (Owner.BOT, current.asked_seq)
        last = (await world.said(talk))[-1]
        assert (last.text, last.choices) == ("Which?", QUESTION.replies[0].choices)
        assert (await handover_of(world, talk)).outcome is Outcome.BOT

    @pytest.mark.parametrize(("choice", "wish"), [("handoff:later", ""), ("handoff:callback", "callback")])
    async def test_an_answer_later_is_a_dated_case(self, world: World, choice: str, wish: str) -> None:
        await agent(world, "wei")
        talk = await waiting_talk(world, "拉链坏了", "转人工")
        await choose(world, talk, choice)
        assert (await world.now(talk)).owner is Owner.BOT
        [case] = await open_cases(world.ctx)
        assert (case.wish, case.summary) == (wish, "拉链坏了\n转人工")

    async def test_a_choice_of_the_queue_that_comes_after_it_is_a_wish_for_help_or_for_a_person(
        self, world: World
    ) -> None:
        await agent(world, "wei")
        talk = await waiting_talk(world)
        await choose(world, talk, "handoff:bot")
        await choose(world, talk, "handoff:later")
        assert (await world.said(talk))[-1].value == "/talk_to_human"

    async def test_a_choice_of_the_queue_that_crosses_with_the_agent_is_only_read(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        await choose(world, talk, "handoff:later")
        assert (await world.now(talk)).owner is Owner.HUMAN
        assert not await open_cases(world.ctx)

    async def test_when_everybody_has_left_all_who_wait_get_a_dated_case(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        assert await relieve_waiting(world.ctx) == 0
        await sit_down(world.ctx, wei, open=False)
        assert await relieve_waiting(world.ctx) == 1
        assert (await world.now(talk)).owner is Owner.BOT
        assert (await handover_of(world, talk)).outcome is Outcome.UNMANNED
        assert await told(world, talk) == ["utter_handoff_waiting_next", "utter_handoff_filed"]
        assert await relieve_waiting(world.ctx) == 0


class TestSigningOut:
    async def test_who_signs_out_waits_no_more_and_finds_a_dated_case_later(self, world: World) -> None:
        wei = await agent(world, "wei")
        token, talk = await open_session(world.ctx, channel="web", language="zh", customer_id="c-lin")
        await want_person(world, talk)
        await close_session(world.ctx, token=token)
        with pytest.raises(NotFound):
            await claim(world.ctx, wei, conversation_id=talk.id)
        assert (await handover_of(world, talk)).outcome is Outcome.LEFT
        [case] = await open_cases(world.ctx)
        assert case.customer_id == "c-lin"

    async def test_an_agent_is_told_that_the_customer_has_signed_out(self, world: World) -> None:
        wei = await agent(world, "wei")
        token, talk = await open_session(world.ctx, channel="web", language="zh", customer_id="c-lin")
        await want_person(world, talk)
        await claim(world.ctx, wei, conversation_id=talk.id)
        await close_session(world.ctx, token=token)
        with pytest.raises(Conflict, match="closed"):
            await write(world.ctx, wei, conversation_id=talk.id, text="hello", key="k1")
        assert await requeue_dropped(world.ctx) == 0
        assert not await open_cases(world.ctx)


class TestClaiming:
    async def test_of_twenty_agents_one_has_the_chat_and_all_others_hear_who(self, world: World) -> None:
        agents = [await agent(world, f"agent{number:02}") for number in range(20)]
        talk = await waiting_talk(world)
        outcomes = await asyncio.gather(
            *(claim(world.ctx, one, conversation_id=talk.id) for one in agents), return_exceptions=True
        )
        [winner] = [one for one, outcome in zip(agents, outcomes, strict=True) if not isinstance(outcome, Taken)]
        losers = [outcome for outcome in outcomes if isinstance(outcome, Taken)]
        assert {loser.detail for loser in losers} == {winner.display_name}
        current = await world.now(talk)
        assert (current.owner, current.agent_id) == (Owner.HUMAN, winner.id)
        assert await told(world, talk) == ["utter_handoff_waiting_next", "utter_handoff_joined"]

    async def test_two_hundred_chats_drain_in_order_and_each_goes_to_one_agent(self, world: World) -> None:
        agents = [await agent(world, f"agent{number}", capacity=20) for number in range(10)]
        talks = [await waiting_talk(world) for _ in range(200)]
        order: list[str] = []

        async def work(one: Account) -> None:
            while handover := await claim_next_or_none(world, one):
                order.append(handover)

        await asyncio.gather(*(work(one) for one in agents))
        assert sorted(order) == sorted(talk.id for talk in talks)
        place = {talk.id: number for number, talk in enumerate(talks)}
        late = [abs(place[talk] - number) for number, talk in enumerate(order)]
        assert max(late) < len(agents)  # those claimed at the same moment come in any order

    async def test_the_queue_is_given_out_in_order_to_whoever_has_room(self, world: World) -> None:
        await agent(world, "wei", capacity=1)
        await agent(world, "li", capacity=1)
        talks = [await waiting_talk(world) for _ in range(3)]
        assert await assign_waiting(world.ctx) == 2
        assert [(await world.now(talk)).owner for talk in talks] == [Owner.HUMAN, Owner.HUMAN, Owner.WAITING]

    async def test_the_oldest_is_given_out_when_a_seat_frees(self, world: World) -> None:
        wei = await agent(world, "wei", capacity=1)
        first, second, third = [await waiting_talk(world) for _ in range(3)]
        await assign_waiting(world.ctx)
        await close(world.ctx, wei, conversation_id=first.id, reason=CloseReason.SOLVED)
        assert await assign_waiting(world.ctx) == 1
        assert (await world.now(second)).agent_id == wei.id
        assert (await world.now(third)).owner is Owner.WAITING

    async def test_nobody_holds_more_than_they_can(self, world: World) -> None:
        wei = await agent(world, "wei", capacity=2)
        talks = [await waiting_talk(world) for _ in range(4)]
        outcomes = await asyncio.gather(
            *(claim(world.ctx, wei, conversation_id=talk.id) for talk in talks), return_exceptions=True
        )
        assert sorted(isinstance(outcome, Full) for outcome in outcomes) == [False, False, True, True]

    async def test_claiming_again_is_harmless(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        first = await claim(world.ctx, wei, conversation_id=talk.id)
        assert await claim(world.ctx, wei, conversation_id=talk.id) == first

    async def test_a_chat_that_nobody_waits_in_cannot_be_claimed(self, world: World) -> None:
        wei = await agent(world, "wei")
        with pytest.raises(NotFound):
            await claim(world.ctx, wei, conversation_id=(await world.talk()).id)

    async def test_finance_takes_no_chats(self, world: World) -> None:
        with pytest.raises(Forbidden):
            await claim(
                world.ctx,
                await agent(world, "fin", role=Role.FINANCE, seated=False),
                conversation_id=(await waiting_with_desk(world)).id,
            )


async def waiting_with_desk(world: World) -> Conversation:
    await agent(world, "somebody")
    return await waiting_talk(world)


async def claim_next_or_none(world: World, one: Account) -> str | None:
    with suppress(Full):
        handover = await claim_next(world.ctx, one)
        return handover.conversation_id if handover else None
    return None


class TestOneVoice:
    async def test_an_answer_that_was_being_made_when_an_agent_took_over_is_a_draft(self, world: World) -> None:
        boss = await agent(world, "boss", role=Role.SUPERVISOR)
        talk = await world.talk()
        await world.write(talk, "退货")
        world.bot.will_say(QUESTION)

        async def join(_turn: Turn) -> None:
            await take_over(world.ctx, boss, conversation_id=talk.id)

        world.bot.before_answer = join
        await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
        assert await told(world, talk) == ["utter_handoff_joined"]
        async with world.ctx.unit_of_work(read_only=True) as uow:
            drafts = [entry for entry in await uow.journal.of("conversation", talk.id) if entry.trigger == "draft"]
        assert [draft.detail["texts"] for draft in drafts] == [["Which?"]]

    async def test_only_the_agent_who_has_the_chat_may_write(self, world: World) -> None:
        wei, li = await agent(world, "wei"), await agent(world, "li")
        talk = await waiting_talk(world)
        with pytest.raises(Conflict):
            await write(world.ctx, wei, conversation_id=talk.id, text="hello", key="k1")
        await claim(world.ctx, wei, conversation_id=talk.id)
        with pytest.raises(Taken, match="Wei"):
            await write(world.ctx, li, conversation_id=talk.id, text="hello", key="k2")
        for _ in range(2):
            await write(world.ctx, wei, conversation_id=talk.id, text="hello", key="k3")
        said = [(message.text, message.sender) for message in await world.said(talk) if message.author == "agent"]
        assert said == [("hello", "Wei")]

    async def test_the_bot_is_not_asked_while_a_person_has_the_talk(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        await world.write(talk, "你好")
        assert await answer_pending(world.ctx, world.bot, conversation_id=talk.id) == 0

    async def test_a_supervisor_who_takes_over_silences_the_agent(self, world: World) -> None:
        wei, boss = await agent(world, "wei"), await agent(world, "boss", role=Role.SUPERVISOR)
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        await take_over(world.ctx, boss, conversation_id=talk.id)
        with pytest.raises(Taken, match="Boss"):
            await write(world.ctx, wei, conversation_id=talk.id, text="hello", key="k1")
        with pytest.raises(Forbidden):
            await take_over(world.ctx, wei, conversation_id=talk.id)

    async def test_a_note_is_never_a_message(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        before = len(await world.said(talk))
        for _ in range(2):
            await add_note(world.ctx, wei, conversation_id=talk.id, text="looks like fraud", key="n1")
        assert len(await world.said(talk)) == before
        async with world.ctx.unit_of_work(read_only=True) as uow:
            assert [note.text for note in await uow.chat_notes.of(talk.id)] == ["looks like fraud"]

    async def test_too_long_a_text_is_refused_and_nothing_is_said(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        with pytest.raises(Invalid, match="message_too_long"):
            await write(world.ctx, wei, conversation_id=talk.id, text="line\n" * 5000, key="k1")


class TestPassingOn:
    async def test_an_agent_who_drops_loses_the_chat_after_the_grace_time_and_the_customer_is_told(
        self, world: World
    ) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        world.clock.advance(seconds=59)
        assert await requeue_dropped(world.ctx) == 0
        world.clock.advance(seconds=2)
        assert await requeue_dropped(world.ctx) == 1
        assert (await world.now(talk)).owner is Owner.WAITING
        assert (await told(world, talk))[-1] == "utter_handoff_requeued"
        assert await requeue_dropped(world.ctx) == 0

    async def test_a_dropped_chat_is_before_those_that_came_later(self, world: World) -> None:
        wei = await agent(world, "wei", capacity=1)
        first = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=first.id)
        world.clock.advance(seconds=61)
        li = await agent(world, "li", capacity=1)
        await waiting_talk(world)
        await requeue_dropped(world.ctx)
        handover = await claim_next(world.ctx, li)
        assert handover is not None
        assert handover.conversation_id == first.id

    async def test_a_chat_that_is_passed_on_goes_to_whom_it_was_meant_for(self, world: World) -> None:
        wei, li = await agent(world, "wei"), await agent(world, "li")
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        await transfer(world.ctx, wei, conversation_id=talk.id, to=li)
        assert await claim_next(world.ctx, wei) is None
        await assign_waiting(world.ctx)
        assert (await world.now(talk)).agent_id == li.id
        assert (await told(world, talk))[-2:] == ["utter_handoff_transferred", "utter_handoff_joined"]

    async def test_a_chat_that_was_meant_for_somebody_who_left_is_for_everybody(self, world: World) -> None:
        wei, li = await agent(world, "wei"), await agent(world, "li")
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        await transfer(world.ctx, wei, conversation_id=talk.id, to=li)
        await sit_down(world.ctx, li, open=False)
        assert await relieve_waiting(world.ctx) == 0
        handover = await claim_next(world.ctx, wei)
        assert handover is not None

    async def test_a_chat_cannot_be_passed_to_somebody_who_takes_none(self, world: World) -> None:
        wei, li = await agent(world, "wei"), await agent(world, "li", seated=False)
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        with pytest.raises(Invalid, match="to"):
            await transfer(world.ctx, wei, conversation_id=talk.id, to=li)


class TestGivingBack:
    async def test_the_bot_goes_on_at_its_question_in_the_same_matter(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await world.talk()
        await world.write(talk, "退货")
        world.bot.will_say(QUESTION)
        await answer_pending(world.ctx, world.bot, conversation_id=talk.id)
        await want_person(world, talk)
        await claim(world.ctx, wei, conversation_id=talk.id)
        await hand_back(world.ctx, wei, conversation_id=talk.id)
        current = await world.now(talk)
        assert (current.owner, current.matter, current.agent_id) == (Owner.BOT, talk.matter, None)
        said = await world.said(talk)
        assert [message.text.split("/")[0] for message in said[-2:]] == ["utter_handoff_back", "Which?"]
        assert said[-1].choices == QUESTION.replies[0].choices

    async def test_the_bot_can_be_given_the_talk_at_another_step(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        with pytest.raises(Invalid):
            await hand_back(world.ctx, wei, conversation_id=talk.id, step="talk_to_human")
        await hand_back(world.ctx, wei, conversation_id=talk.id, step="return_item")
        current = await world.now(talk)
        assert current.matter == talk.matter + 1
        assert [choice.value for choice in (await world.said(talk))[-1].choices] == ["/return_item"]

    async def test_a_closed_chat_begins_anew_with_the_bot(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        await claim(world.ctx, wei, conversation_id=talk.id)
        await close(world.ctx, wei, conversation_id=talk.id, reason=CloseReason.SOLVED)
        handover = await handover_of(world, talk)
        assert (handover.state, handover.outcome) == (HandoverState.ENDED, Outcome.CLOSED)
        with pytest.raises(Conflict, match="closed"):
            await write(world.ctx, wei, conversation_id=talk.id, text="hello", key="k1")
        await world.write(talk, "还有一件事")
        current = await world.now(talk)
        assert (current.owner, current.matter) == (Owner.BOT, talk.matter + 1)

    async def test_a_talk_can_go_to_people_again_and_again(self, world: World) -> None:
        wei = await agent(world, "wei")
        talk = await waiting_talk(world)
        for _ in range(3):
            await claim(world.ctx, wei, conversation_id=talk.id)
            await hand_back(world.ctx, wei, conversation_id=talk.id)
            await want_person(world, talk)
        assert (await world.now(talk)).owner is Owner.WAITING


class TestSeats:
    async def test_what_changes_at_a_seat_is_noted_once_with_who_did_it(self, world: World) -> None:
        wei = await agent(world, "wei")
        boss = await agent(world, "boss", role=Role.SUPERVISOR)
        ctx = under(world.ctx, policy=load_policy(POLICY))
        for _ in range(2):
            await sit_down(ctx, wei, open=False)
            await set_up_seat_of(ctx, boss, name="wei", capacity=2, languages=ENGLISH, topics=["returns"])
        async with world.ctx.unit_of_work() as uow:
            entries = await uow.journal.of("seat", wei.id)
        noted = [(entry.trigger, entry.actor, entry.to_state) for entry in entries]
        assert noted == [
            ("open", "agent:wei", "open"),
            ("shut", "agent:wei", "shut"),
            ("set_up", "agent:boss", "shut"),
        ]
        assert entries[-1].detail == {
            "name": "wei",
            "capacity": 2,
            "languages": ["en"],
            "topics": ["returns"],
            "departments": [],
            "vip": False,
        }
