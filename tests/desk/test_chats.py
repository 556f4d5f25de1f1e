"""The live desk as agents use it: one queue, one truth, and nothing lost or let out by mistake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from aftersales.domain.accounts import Role
from aftersales.domain.conversations import Conversation, Owner, Turn
from aftersales.services.accounts import add_account, disable_account
from aftersales.services.handoff_claims import claim, take_over
from aftersales.services.handoff_seats import set_up_seat
from aftersales.services.handoff_upkeep import requeue_dropped
from tests.desk.agents import CLI, PASSWORD, agent, box, problem, wants_a_person, words
from tests.desk.test_desk import sign_in, token_in
from tests.fronts import Front, open_front


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def talk(front: Front, chat: str) -> Conversation:
    async with front.goods.ctx.unit_of_work() as uow:
        return await uow.conversations.get(chat)


async def test_whoever_waits_is_seen_by_all_with_the_reason_and_what_the_bot_understood(
    front: Front,
) -> None:
    async with agent(front) as wei, agent(front, "li") as li:
        _, chat = await wants_a_person(front, text="my shoes <b>pinch</b>")
        for one in (wei, li):
            page = await one.look()
            assert "Asked for a person" in words(page)
            assert "my shoes &lt;b&gt;pinch&lt;/b&gt;" in page.text
        opened = words(await wei.look(f"chats/{chat}"))
        assert "Return something 91 %" in opened
        assert "Reason Wrong size" in opened
        assert "At hand Return or exchange" in opened
        assert "secret machinery" not in opened
        assert "要求人工" in words(await wei.look(f"chats/{chat}", lang="zh"))


async def test_of_two_agents_one_has_the_chat_and_the_other_is_told_who(front: Front) -> None:
    async with agent(front) as wei, agent(front, "li") as li:
        _, chat = await wants_a_person(front)
        taken = await wei.do(f"{chat}/claim")
        assert taken.headers["location"] == f"/desk/chats/{chat}?lang=en"
        late = await li.do(f"{chat}/claim")
        assert (late.status_code, problem(late)) == (409, "Wei <i> was faster and has this chat.")
        assert "Wei <i> has this chat" in words(await li.look(f"chats/{chat}"))
        assert "You have this chat" in words(await wei.look(f"chats/{chat}"))


async def test_the_customer_reads_the_agents_words_once_and_a_private_note_never(front: Front) -> None:
    async with agent(front) as wei:
        visitor, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        assert (await wei.do(f"{chat}/note", note="looks like fraud", key="n1")).status_code == 303
        for _ in range(2):
            assert (await wei.do(f"{chat}/write", reply="Hello, it's me", key="k1")).status_code == 303
        told = (await visitor.messages())["messages"]
        said = [message for message in told if message["from"] == "agent"]
        assert [(message["text"], message["agent_name"]) for message in said] == [("Hello, it's me", "Wei <i>")]
        assert "fraud" not in str(told)
        page = words(await wei.look(f"chats/{chat}"))
        assert page.count("Hello, it's me") == 1
        assert "Private note, never seen by the customer · Wei <i>" in page
        assert "looks like fraud" in page


async def test_what_the_customer_says_to_a_person_is_marked_until_it_is_answered(front: Front) -> None:
    async with agent(front) as wei:
        visitor, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        await wei.do(f"{chat}/write", reply="Hello", key="k1")
        assert "To answer" not in words(await wei.look())
        await visitor.say("are you there?", id="m2")
        assert "To answer" in words(await wei.look())
        await wei.do(f"{chat}/write", reply="Yes", key="k2")
        assert "To answer" not in words(await wei.look())


async def test_words_that_cannot_be_sent_come_back_in_the_box(front: Front) -> None:
    async with agent(front) as wei, agent(front, "boss", Role.SUPERVISOR) as boss:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        assert (await wei.do(f"{chat}/write", reply=" ", key="k1")).status_code == 422
        long = "long " * 500
        too_long = await wei.do(f"{chat}/write", reply=long, key="k1")
        assert too_long.status_code == 422
        assert "2000 characters at most" in problem(too_long)
        assert box(too_long, "reply") == long
        await boss.do(f"{chat}/take-over")
        late = await wei.do(f"{chat}/write", reply="half a thought", key="k2")
        assert (late.status_code, problem(late)) == (409, "Boss <i> was faster and has this chat.")
        assert box(late, "reply") == "half a thought"
        stale = await wei.client.post(f"/desk/chats/{chat}/note?lang=en", data={"note": "mine", "key": "n1"})
        assert (stale.status_code, box(stale, "note"), box(stale, "reply")) == (403, "mine", "")


async def test_a_paste_of_thousands_of_lines_is_refused_in_clear_words(front: Front) -> None:
    async with agent(front) as wei:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        pasted = "line of a log file\n" * 5000
        refused = await wei.do(f"{chat}/write", reply=pasted, key="k1")
        assert refused.status_code == 413
        assert "far too long" in problem(refused)
        refused = await wei.do(f"{chat}/write", as_script=True, reply=pasted, key="k1")
        assert "far too long" in refused.json()["problem"]


async def test_the_page_script_is_answered_in_json_and_told_where_to_sign_in(front: Front) -> None:
    async with agent(front) as wei:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        assert (await wei.do(f"{chat}/write", as_script=True, reply="Hello", key="k1")).json() == {"done": True}
        token = token_in(await wei.look())
        wei.client.cookies.clear()
        answer = await wei.client.post(
            f"/desk/chats/{chat}/write?lang=en",
            data={"form_token": token, "reply": "x", "key": "k2"},
            headers={"accept": "application/json"},
        )
        address = f"/desk/sign-in?lang=en&next=chats/{chat}"
        assert (answer.status_code, answer.json()) == (401, {"sign_in": address})


async def test_after_signing_in_again_the_same_chat_is_open(front: Front) -> None:
    async with agent(front) as wei:
        _, chat = await wants_a_person(front)
        wei.client.cookies.clear()
        away = await wei.look(f"chats/{chat}")
        assert away.headers["location"] == f"/desk/sign-in?lang=en&next=chats/{chat}"
        for wished, page in ((f"chats/{chat}", f"chats/{chat}"), ("//evil.example", ""), ("../x", "")):
            wei.client.cookies.clear()
            form = await wei.client.get("/desk/sign-in", params={"lang": "en", "next": wished})
            assert f'name="next" value="{page}"' in form.text
            fields = {"form_token": token_in(form), "name": "wei", "key": PASSWORD, "code": "", "next": wished}
            signed_in = await wei.client.post("/desk/sign-in?lang=en", data=fields)
            assert signed_in.headers["location"] == f"/desk/{page}?lang=en"


async def test_the_next_chat_is_the_one_that_has_waited_longest_and_a_full_seat_gets_none(front: Front) -> None:
    async with agent(front) as wei:
        assert problem(await wei.do("next")) == "Nobody is waiting whom you could take."
        first = (await wants_a_person(front))[1]
        front.goods.clock.advance(seconds=30)
        second = (await wants_a_person(front))[1]
        await set_up_seat(front.goods.ctx, wei.account, capacity=1, languages=["en"])
        assert (await wei.do("next")).headers["location"] == f"/desk/chats/{first}?lang=en"
        full = await wei.do("next")
        assert full.status_code == 409
        assert "All of your 1 places are in use." in problem(full)
        assert "All of your 1 places" in problem(await wei.do(f"{second}/claim"))


async def test_an_agent_begins_and_stops_taking_chats(front: Front) -> None:
    async with agent(front) as wei:
        assert "You take new chats" in words(await wei.look())
        await wei.do("seat", open="0")
        assert "You take no new chats" in words(await wei.look())
        await wei.do("seat", open="1")
        assert "You take new chats" in words(await wei.look())


async def test_handed_back_the_bot_goes_on_where_the_agent_says(front: Front) -> None:
    async with agent(front) as wei:
        visitor, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        assert (await wei.do(f"{chat}/hand-back", step="rob_a_bank")).status_code == 422
        done = await wei.do(f"{chat}/hand-back", step="return_item")
        assert done.headers["location"] == "/desk/chats?lang=en"
        assert (await talk(front, chat)).owner is Owner.BOT
        last = (await visitor.messages())["messages"][-1]
        assert last["choices"][0]["value"] == "/return_item"
        assert "The assistant has this chat" in words(await wei.look(f"chats/{chat}"))


async def test_a_chat_is_closed_with_a_reason_and_later_words_are_not_lost(front: Front) -> None:
    async with agent(front) as wei:
        visitor, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        assert (await wei.do(f"{chat}/close", reason="bored")).status_code == 422
        assert (await wei.do(f"{chat}/close", reason="solved")).status_code == 303
        assert (await visitor.messages())["owner"] == "closed"
        late = await wei.do(f"{chat}/write", reply="one more thing", key="k9")
        assert late.status_code == 409
        assert "Your words are still here" in problem(late)
        assert box(late, "reply") == "one more thing"
        assert "closed" in words(await wei.look(f"chats/{chat}"))


async def test_a_chat_is_passed_on_to_a_colleague_or_a_department_but_to_nobody_who_is_away(front: Front) -> None:
    async with agent(front) as wei, agent(front, "li") as li:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        await li.do("seat", open="0")
        away = await wei.do(f"{chat}/transfer", to="agent:li")
        assert (away.status_code, problem(away)) == (
            422,
            "That colleague takes no chats now. Please choose another.",
        )
        for unknown in ("agent:nobody", "department:nowhere", "somebody"):
            assert (await wei.do(f"{chat}/transfer", to=unknown)).status_code == 422
        await li.do("seat", open="1")
        assert (await wei.do(f"{chat}/transfer", to="agent:li")).status_code == 303
        assert (await li.do("next")).headers["location"] == f"/desk/chats/{chat}?lang=en"
        department = next(iter(front.goods.ctx.policy.cases.departments))
        assert (await li.do(f"{chat}/transfer", to=f"department:{department}")).status_code == 303
        assert (await talk(front, chat)).owner is Owner.WAITING


async def test_only_a_supervisor_takes_over_and_whoever_may_only_look_does_nothing(front: Front) -> None:
    async with agent(front) as wei, agent(front, "li") as li, agent(front, "fin", Role.FINANCE) as fin:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        for somebody in (li, fin):
            refused = await somebody.do(f"{chat}/take-over")
            assert (refused.status_code, problem(refused)) == (403, "Your account may not do that.")
        for deed in ("claim", "note", "write", "transfer", "close", "hand-back"):
            refused = await fin.do(f"{chat}/{deed}", note="x", reply="x", key="k1", reason="solved")
            assert refused.status_code == 403, deed
        assert (await fin.do("seat", open="1")).status_code == 403
        assert "may look at chats, not answer them" in words(await fin.look(f"chats/{chat}"))
        assert (await talk(front, chat)).agent_id == wei.account.id


async def test_what_the_bot_would_have_said_is_suggested_until_somebody_writes(front: Front) -> None:
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        visitor = await front.chat(language="en")

        async def take_it(turn: Turn) -> None:
            await take_over(front.goods.ctx, boss.account, conversation_id=turn.message_id.partition(":")[0])

        front.bot.before_answer = take_it
        await visitor.say("where is my parcel?")
        await visitor.until(2)
        chat = front.bot.turns[-1].message_id.partition(":")[0]
        await front.app.ctx.chat.answers.drain(seconds=5)
        assert "Suggested by the assistant text: where is my parcel?" in words(await boss.look(f"chats/{chat}"))
        await boss.do(f"{chat}/write", reply="On its way", key="k1")
        assert "Suggested by the assistant" not in words(await boss.look(f"chats/{chat}"))


async def test_an_agent_who_is_removed_is_out_and_their_chat_waits_again(front: Front) -> None:
    async with agent(front) as wei, agent(front, "li") as li:
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        await disable_account(front.goods.ctx, name="wei", by=CLI)
        assert (await wei.look(f"chats/{chat}")).headers["location"].startswith("/desk/sign-in")
        await requeue_dropped(front.goods.ctx)
        assert (await li.do("next")).headers["location"] == f"/desk/chats/{chat}?lang=en"


async def test_an_agent_who_never_sat_down_keeps_the_chat_that_they_took(front: Front) -> None:
    async with agent(front, "li"):
        _, chat = await wants_a_person(front)
    wei = await add_account(front.goods.ctx, name="wei", role=Role.AGENT, password=PASSWORD, by=CLI)
    async with httpx.AsyncClient(base_url=front.url) as client:
        await sign_in(replace(front, client=client), name="wei", key=PASSWORD)
        await client.get("/desk/chats")
        await claim(front.goods.ctx, wei, conversation_id=chat)
        assert await requeue_dropped(front.goods.ctx) == 0


async def test_unknown_chats_and_files_of_other_chats_are_not_found(front: Front) -> None:
    async with agent(front) as wei:
        _, chat = await wants_a_person(front)
        for path in ("chats/nowhere", "chats/a%20b", f"chats/{chat}/files/nothing"):
            assert (await wei.look(path)).headers["location"] == "/desk/chats?lang=en&problem=not_found"
        assert (await wei.do("nowhere/claim")).headers["location"] == "/desk/chats?lang=en&problem=not_found"


async def test_one_account_alone_can_run_the_desk(front: Front) -> None:
    """The first account is an administrator: all of the desk is open to it."""
    async with httpx.AsyncClient(base_url=front.url) as client:
        await sign_in(replace(front, client=client))
        for path in ("chats", "canned", "seats"):
            assert (await client.get(f"/desk/{path}?lang=en")).status_code == 200
