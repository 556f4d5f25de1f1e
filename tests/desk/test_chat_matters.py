"""What is decided in the chat itself: the customer's refunds, in a browser without scripts and with the script."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from aftersales.domain.accounts import Role
from aftersales.domain.refunds import Refund
from aftersales.services.approvals import approve
from desk.chat_regions import REGIONS
from tests.desk.agents import Agent, agent, problem, words
from tests.desk.test_chat_returns import chat_of
from tests.desk.test_desk import soup, token_in
from tests.desk.test_refunds import coat
from tests.fronts import Front, open_front
from tests.goods import yuan


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


def matter(page: httpx.Response, id: str) -> str:
    """What the packet says about one refund, return or case."""
    found = soup(page).select_one(f"#region-packet #{id}")
    assert found is not None, words(page)
    return found.get_text(" ", strip=True)


def actions(page: httpx.Response) -> set[str]:
    """The last word of what can be decided in the packet."""
    return {re.sub(r".*/|\?.*", "", str(form["action"])) for form in soup(page).select("#region-packet form")}


async def decide(one: Agent, chat: str, refund: Refund, decision: str, **fields: str) -> httpx.Response:
    return await one.do(f"{chat}/refunds/{refund.id}/{decision}", as_script=False, **fields)


async def test_a_refund_that_waits_is_in_the_packet_with_why_and_both_languages(front: Front) -> None:
    item, small, large = await coat(front, signals=True)
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        chat = await chat_of(boss)
        page = await boss.look(f"chats/{chat}")
        shown = matter(page, f"refund-{large.id}")
        for told in ("1,900.00", "2,000.00", "Two people", item.number, "Photos that came before: 1"):
            assert told in shown
        assert "100.00" in matter(page, f"refund-{small.id}")
        assert {"approve", "lower", "split", "reject"} <= actions(page)
        chinese = matter(await boss.look(f"chats/{chat}", lang="zh"), f"refund-{large.id}")
        for told in ("需要两位不同的同事同意", "90 天内另有 7 次退换货", "降低金额"):
            assert told in chinese


async def test_two_people_agree_in_the_chat_and_the_second_sees_who_was_first(front: Front) -> None:
    item, _, large = await coat(front, signals=True)
    async with agent(front, "boss", Role.SUPERVISOR) as boss, agent(front, "fei", Role.FINANCE) as fei:
        chat = await chat_of(boss)
        done = await decide(boss, chat, large, "approve")
        assert done.headers["location"] == f"/desk/chats/{chat}?lang=en&done=1"
        own = await boss.look(f"chats/{chat}")
        assert "Agreed so far Boss <i> Another person has to agree." in matter(own, f"refund-{large.id}")
        assert soup(own).select_one(f"#refund-{large.id}-approve") is None
        again = await decide(boss, chat, large, "approve")
        assert (again.status_code, problem(again)) == (409, "Another person has to agree as well.")
        theirs = await fei.look(f"chats/{chat}")
        assert "Agreed so far Boss <i>" in matter(theirs, f"refund-{large.id}")
        assert (await decide(fei, chat, large, "approve")).status_code == 303
        assert {r.id: r.state for r in await front.goods.refunds(item)}[large.id] == "created"
        late = await decide(boss, chat, large, "reject", reason="too late")
        assert problem(late).startswith("Fei <i> was faster and agreed (")
        assert (await decide(fei, chat, large, "approve")).status_code == 303  # pressed twice


async def test_a_form_that_fails_comes_back_open_in_the_chat_with_what_was_typed(front: Front) -> None:
    _, small, _ = await coat(front)
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        chat = await chat_of(boss)
        typed = {"amount": "1,00", "reason": "worn <b>", "words": "sorry <i>"}
        back = await decide(boss, chat, small, "lower", **typed)
        assert back.status_code == 422
        assert "digits and a point only" in problem(back)
        page = soup(back)
        form = page.select_one(f"details[open] > form#refund-{small.id}-lower")
        assert form is not None
        assert {str(one["name"]): one.get("value") for one in form.select("input")} == {
            "form_token": str(page.select_one("input[name=form_token]")["value"]),  # type: ignore[index]
            "amount": "1,00",
            "reason": "worn <b>",
        }
        assert form.select_one("textarea").get_text() == "sorry <i>"  # type: ignore[union-attr]
        assert "digits and a point only" in form.get_text(" ", strip=True)
        for fields, told in (({"reason": " "}, "Please give a reason"), ({"reason": "x" * 501}, "500 characters")):
            assert told in problem(await decide(boss, chat, small, "reject", **fields))
        long = await decide(boss, chat, small, "reject", reason="x", words="y" * 2001)
        assert "2000 characters at most" in problem(long)


async def test_a_refund_is_lowered_split_and_rejected_out_of_the_chat(front: Front) -> None:
    item, small, large = await coat(front)
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        chat = await chat_of(boss)
        assert (await decide(boss, chat, large, "split", amount="1000", reason="later")).status_code == 303
        parts = {refund.amount: refund for refund in await front.goods.refunds(item)}
        lowered = await decide(boss, chat, parts[yuan("900.00")], "lower", amount="0.50", reason="worn")
        assert lowered.status_code == 303
        assert (await decide(boss, chat, small, "reject", reason="worn")).status_code == 303
        page = await boss.look(f"chats/{chat}")
        assert "1,000.00" in matter(page, f"refund-{parts[yuan('1000.00')].id}")
        assert soup(page).select_one(f"#refund-{small.id}") is None
        assert "Not granted" in words(page)


async def test_above_the_own_limit_the_packet_names_who_may_agree(front: Front) -> None:
    _, _, large = await coat(front)
    async with agent(front, limits={"CNY": yuan("500.00")}) as wei:
        chat = await chat_of(wei)
        page = await wei.look(f"chats/{chat}")
        shown = matter(page, f"refund-{large.id}")
        assert "2,000.00 in all is above your limit of" in shown
        assert "Who may do it: Agent, Supervisor, Finance, Administrator" in shown
        assert "approve" not in actions(page)
        assert "above your limit" in problem(await decide(wei, chat, large, "approve"))


async def test_the_script_gets_words_and_no_page(front: Front) -> None:
    _, small, large = await coat(front, signals=True)
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        chat = await chat_of(boss)
        done = await boss.do(f"{chat}/refunds/{large.id}/approve", as_script=True)
        assert (done.status_code, done.json()) == (200, {"done": True})
        wrong = await boss.do(f"{chat}/refunds/{small.id}/lower", as_script=True, amount="0", reason="x")
        assert wrong.status_code == 422
        assert "digits and a point only" in wrong.json()["problem"]
        boss.client.cookies.clear()
        path = f"/desk/chats/{chat}/refunds/{small.id}/approve?lang=en"
        out = await boss.client.post(path, data={}, headers={"accept": "application/json"})
        assert (out.status_code, "sign-in" in out.json()["sign_in"]) == (401, True)


async def test_nothing_is_decided_without_the_token_or_by_an_odd_address(front: Front) -> None:
    item, small, _ = await coat(front)
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        chat = await chat_of(boss)
        forged = await boss.do(f"{chat}/refunds/{small.id}/approve", form_token="x")
        assert "expired" in problem(forged)
        for path in (
            f"{chat}/gifts/{small.id}/approve",
            f"a%20b/refunds/{small.id}/approve",
            f"{chat}/refunds/%00/x",
        ):
            assert "problem=not_found" in (await boss.do(path)).headers["location"]
        for decision in ("nothing", "lower"):
            assert (await decide(boss, chat, small, decision)).status_code == 422
        unknown = await boss.do(f"{chat}/refunds/0/approve")
        assert (unknown.status_code, problem(unknown)) == (404, "That could not be found.")
        assert {refund.state for refund in await front.goods.refunds(item)} == {"awaiting_approval"}


async def test_a_guest_has_no_refunds_in_the_packet(front: Front) -> None:
    await coat(front)
    async with agent(front, "boss", Role.SUPERVISOR) as boss:
        page = await boss.look(f"chats/{await chat_of(boss, None)}")
        assert actions(page) == set()


@asynccontextmanager
async def packets(one: Agent, chat: str) -> AsyncIterator[ClientConnection]:
    """What is pushed to somebody who looks at a chat."""
    cookie = "; ".join(f"{name}={value}" for name, value in one.client.cookies.items())
    address = f"{one.front.url.replace('http', 'ws')}/desk/chats/socket?chat={chat}&lang=en"
    headers = {"Cookie": cookie, "Origin": one.front.url}
    async with connect(address, additional_headers=headers) as socket:
        yield socket


@pytest.mark.parametrize("place", ["chat", "refund page", "service"])
async def test_whoever_looks_at_the_chat_sees_a_decision_within_a_second(front: Front, place: str) -> None:
    _, _, large = await coat(front, signals=True)
    async with agent(front, "boss", Role.SUPERVISOR) as boss, agent(front, "fei", Role.FINANCE) as fei:
        chat = await chat_of(boss)
        async with packets(fei, chat) as socket:
            for _ in REGIONS:
                assert "Another person has to agree" not in await asyncio.wait_for(socket.recv(), 5)
            if place == "chat":
                await decide(boss, chat, large, "approve")
            elif place == "refund page":
                token = token_in(await boss.look())
                await boss.client.post(f"/desk/refunds/{large.id}/approve", data={"form_token": token})
            else:
                await approve(front.goods.ctx, refund_id=large.id, account=boss.account)
            assert "Another person has to agree" in await asyncio.wait_for(socket.recv(), 3)
