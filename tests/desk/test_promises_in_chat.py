"""What an agent promises in a chat stands under the message, and is put right there in one press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from aftersales.domain.accounts import Role
from aftersales.domain.promises import Promise
from aftersales.services.promise_watch import watch_promises
from tests.desk.agents import Agent, agent, problem, wants_a_person, words
from tests.desk.test_desk import soup, token_in
from tests.fronts import Front, open_front


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def promised(front: Front, chat: str) -> list[Promise]:
    async with front.goods.ctx.unit_of_work(read_only=True) as uow:
        return list(await uow.promises.spoken_in(chat))


async def press(one: Agent, promise: Promise, deed: str, **fields: str) -> httpx.Response:
    data = {"form_token": token_in(await one.look()), **fields}
    return await one.client.post(f"/desk/promises/{promise.id}/{deed}?lang=en", data=data)


async def promise_of(front: Front, wei: Agent, reply: str = "I'll get back to you within 10 hours") -> str:
    _, chat = await wants_a_person(front)
    await wei.do(f"{chat}/claim")
    assert (await wei.do(f"{chat}/write", reply=reply, key="k1")).status_code == 303
    return chat


async def test_a_promise_stands_under_the_message_with_its_time_in_both_languages(front: Front) -> None:
    async with agent(front) as wei:
        chat = await promise_of(front, wei, "I'll refund $20 within 3 days")
        page = await wei.look(f"chats/{chat}")
        (shown,) = soup(page).select("li.agent .promised")
        assert "Noted as promised: a refund US$20.00" in shown.get_text(" ", strip=True)
        assert "已记为承诺： 退款" in words(await wei.look(f"chats/{chat}", lang="zh"))
        assert "That was no promise" in words(page)


async def test_the_agent_changes_the_time_and_takes_it_back(front: Front) -> None:
    async with agent(front) as wei:
        chat = await promise_of(front, wei)
        (promise,) = await promised(front, chat)
        day = f"{front.goods.ctx.today()}"
        sent = await press(wei, promise, "retime", chat=chat, due=f"{day}T23:00")
        assert sent.headers["location"] == f"/desk/chats/{chat}?lang=en&done=1"
        (promise,) = await promised(front, chat)
        assert promise.due_at.astimezone(front.goods.ctx.zone).hour == 23
        for wrong in ("", "tomorrow", f"{day}T00:01"):
            answer = await press(wei, promise, "retime", chat=chat, due=wrong)
            assert "problem=bad_request" in answer.headers["location"]
        await press(wei, promise, "take-back", chat=chat)
        page = words(await wei.look(f"chats/{chat}"))
        assert "no promise" in page
        assert "Change the time" not in page


async def test_a_colleague_sees_it_and_cannot_change_it(front: Front) -> None:
    async with agent(front) as wei, agent(front, "li") as li:
        chat = await promise_of(front, wei)
        (promise,) = await promised(front, chat)
        page = words(await li.look(f"chats/{chat}"))
        assert "Noted as promised: an answer" in page
        assert "That was no promise" not in page
        answer = await press(li, promise, "take-back", chat=chat)
        assert "problem=forbidden" in answer.headers["location"]
        assert "may not" in problem(await li.client.get(answer.headers["location"]))
        assert (await promised(front, chat))[0].is_open


async def test_a_form_of_another_page_is_refused(front: Front) -> None:
    async with agent(front) as wei:
        chat = await promise_of(front, wei)
        (promise,) = await promised(front, chat)
        answer = await wei.client.post(f"/desk/promises/{promise.id}/keep", data={"form_token": "wrong"})
        assert "problem=form" in answer.headers["location"]
        assert (await promised(front, chat))[0].is_open


async def test_what_presses_is_on_the_agents_screen_and_settled_on_the_page_of_promises(front: Front) -> None:
    async with agent(front) as wei:
        chat = await promise_of(front, wei)
        assert "My promises due soon" not in words(await wei.look())
        front.goods.clock.advance(hours=8, minutes=5)
        await watch_promises(front.goods.ctx)
        (promise,) = await promised(front, chat)
    async with agent(front, "boss", role=Role.SUPERVISOR) as boss:
        listed = words(await boss.look("promises?show=soon"))
        assert "Promised by agent wei" in listed
        answer = await press(boss, promise, "keep")
        assert answer.headers["location"] == "/desk/promises?lang=en&done=1"
        assert (await promised(front, chat))[0].kept_at is not None
