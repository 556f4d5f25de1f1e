"""What whoever manages the desk sets up: canned answers and seats."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from aftersales.domain.accounts import Role
from aftersales.services.canned_answers import canned_answers
from aftersales.services.handoff_seats import TOPICS, seat_of
from tests.desk.agents import Agent, agent, box, problem, wants_a_person, words
from tests.desk.test_desk import soup, token_in
from tests.fronts import Front, open_front

HELLO = {
    "name": "hello",
    "zh": "您好，我是{agent}。订单 {order} 我来看。",
    "en": "Hi, {agent} here, about {order}.",
}


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def post(agent: Agent, path: str, **fields: str) -> httpx.Response:
    data = {"form_token": token_in(await agent.look()), **fields}
    return await agent.client.post(f"/desk/{path}?lang=en", data=data)


async def answer_id(front: Front, name: str = "hello") -> str:
    return next(one.id for one in await canned_answers(front.goods.ctx) if one.name == name)


async def test_a_canned_answer_is_offered_in_the_customers_language_with_what_is_known(front: Front) -> None:
    async with agent(front, "boss", Role.SUPERVISOR) as boss, agent(front) as wei:
        assert (await post(boss, "canned/add", **HELLO)).headers["location"] == "/desk/canned?lang=en&done=1"
        _, chat = await wants_a_person(front)
        await wei.do(f"{chat}/claim")
        offered = soup(await wei.look(f"chats/{chat}", lang="zh")).select_one("#canned-1")
        assert offered is not None
        assert offered.get_text() == "Hi, Wei <i> here, about {order}."


async def test_a_canned_answer_is_changed_and_removed_and_each_step_stands_in_the_journal(front: Front) -> None:
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        await post(boss, "canned/add", **HELLO)
        known = await answer_id(front)
        await post(boss, "canned/change", id=known, zh="您好", en="Hello")
        assert "Hello" in (await boss.look("canned")).text
        await post(boss, "canned/remove", id=known)
        assert "There are no canned answers yet." in words(await boss.look("canned"))
        assert (await post(boss, "canned/remove", id=known)).status_code == 422
        journal = await front.goods.journal("canned_answer", known)
        assert [(entry.trigger, entry.actor) for entry in journal] == [
            ("add", "agent:boss"),
            ("change", "agent:boss"),
            ("remove", "agent:boss"),
        ]


async def test_a_canned_answer_that_cannot_be_kept_comes_back_with_the_reason(front: Front) -> None:
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        await post(boss, "canned/add", **HELLO)
        wrong = (
            ({**HELLO, "name": "other", "en": "Dear {castomer}"}, "no variable"),
            (HELLO, "taken"),
            ({**HELLO, "name": " "}, "give it a name"),
            ({**HELLO, "name": "n" * 81}, "give it a name"),
            ({**HELLO, "name": "other", "zh": " "}, "nothing in it"),
            ({**HELLO, "name": "other", "en": "x" * 2001}, "2000 characters"),
        )
        for fields, told in wrong:
            response = await post(boss, "canned/add", **fields)
            assert response.status_code == 422
            assert told in problem(response)
            assert fields["en"] in response.text
        assert box(await post(boss, "canned/change", id=await answer_id(front), zh="a", en="{b}"), "en") == "{b}"


async def test_an_agent_reads_canned_answers_and_changes_none(front: Front) -> None:
    async with agent(front, "boss", Role.SUPERVISOR) as boss, agent(front) as wei:
        await post(boss, "canned/add", **HELLO)
        known = await answer_id(front)
        assert "Hi, {agent} here" in (await wei.look("canned")).text
        for deed in ("add", "change", "remove"):
            refused = await post(wei, f"canned/{deed}", id=known, name="x", zh="x", en="x")
            assert (refused.status_code, problem(refused)) == (403, "Your account may not do that.")
        assert len(await canned_answers(front.goods.ctx)) == 1
        wei.client.cookies.clear()
        assert (await wei.look("canned")).headers["location"].startswith("/desk/sign-in")


async def test_a_supervisor_sets_up_what_an_agent_takes(front: Front) -> None:
    department = next(iter(front.goods.ctx.policy.cases.departments))
    async with agent(front, "boss", Role.SUPERVISOR) as boss, agent(front) as wei:
        chosen = {f"department:{department}": "1", "language:en": "1", "topic:returns": "1", "vip": "1"}
        done = await post(boss, "seats/wei", capacity="2", **chosen)
        assert done.headers["location"] == "/desk/seats?lang=en&done=1"
        seat = await seat_of(front.goods.ctx, wei.account)
        assert (seat.capacity, seat.vip, seat.open) == (2, True, True)
        assert [*seat.languages, *seat.topics, *seat.departments] == ["en", "returns", department]
        shown = soup(await boss.look("seats")).select_one("#seat-wei")
        assert shown is not None
        assert len(shown.select("input[checked]")) == 4


async def test_a_seat_that_makes_no_sense_and_one_set_up_by_an_agent_are_refused(front: Front) -> None:
    async with agent(front, "boss", Role.SUPERVISOR) as boss, agent(front) as wei:
        sound = {"capacity": "3", "language:zh": "1"}
        wrong: tuple[dict[str, str], ...] = (
            {**sound, "capacity": "0"},
            {**sound, "capacity": "21"},
            {**sound, "capacity": "many"},
            {"capacity": "3"},
            {**sound, "topic:astrology": "1"},
            {**sound, "department:nowhere": "1"},
        )
        for fields in wrong:
            assert (await post(boss, "seats/wei", **fields)).headers["location"].endswith("problem=seat")
        assert (await post(boss, "seats/nobody", **sound)).headers["location"].endswith("problem=not_found")
        assert (await post(wei, "seats/wei", **sound)).headers["location"].endswith("problem=forbidden")
        assert (await wei.look("seats")).headers["location"] == "/desk/chats?lang=en&problem=forbidden"
        assert (await seat_of(front.goods.ctx, wei.account)).capacity == 4


def test_the_matters_of_a_seat_are_those_of_the_bot() -> None:
    from actions.topics import TOPICS as MATTERS

    assert set(TOPICS) == set(MATTERS)
