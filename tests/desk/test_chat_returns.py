"""Filing a return for the customer out of their chat, in a browser without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftersales.domain.accounts import Role
from aftersales.domain.returns import Return
from aftersales.services.handoff_claims import claim
from aftersales.services.overview import find_returns
from aftersales.services.sessions import open_session
from tests.desk.agents import Agent, agent, problem, words
from tests.desk.test_desk import soup, token_in
from tests.desks import want_person
from tests.fronts import Front, open_front
from tests.goods import COAT, LARGE, NUMBER, SHOES, SOCKS

CHOSEN = {"order": NUMBER, f"units:{SHOES}": "1", "reason": "wrong_size", "remedy": "return"}
LATE = {"days": 60}  # after every window for goods without a fault


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def chat_of(one: Agent, customer_id: str | None = "c-lin") -> str:
    """A chat that this agent has taken."""
    _, talk = await open_session(one.front.goods.ctx, channel="web", language="en", customer_id=customer_id)
    await want_person(one.front.goods, talk)
    await claim(one.front.goods.ctx, one.account, conversation_id=talk.id)
    return talk.id


async def open_page(one: Agent, chat: str, lang: str = "en", **fields: str) -> httpx.Response:
    return await one.client.get(f"/desk/chats/{chat}/return", params={"lang": lang, **fields})


def filled(page: httpx.Response, **changes: str) -> dict[str, str]:
    """The fields of the form that files."""
    form = soup(page).select_one("form.reply[action$='/return?lang=en']")
    assert form is not None, words(page)
    fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input")}
    return fields | {str(one["name"]): "" for one in form.select("textarea")} | changes


async def send(one: Agent, chat: str, fields: dict[str, str]) -> httpx.Response:
    return await one.client.post(f"/desk/chats/{chat}/return?lang=en", data=fields)


async def filed(front: Front) -> list[Return]:
    return [full.item for full in await find_returns(front.goods.ctx)]


async def test_from_the_chat_an_agent_sees_the_verdict_with_every_check_and_files_it(front: Front) -> None:
    async with agent(front) as wei:
        chat = await chat_of(wei)
        link = soup(await wei.look(f"chats/{chat}")).select_one(f"a[href*='/chats/{chat}/return?order=']")
        assert link is not None
        empty = await wei.client.get(str(link["href"]))
        assert "See the verdict" in words(empty)
        assert soup(empty).select_one("#verdict") is None
        page = await open_page(wei, chat, **CHOSEN)
        told = words(page)
        assert "Allowed" in told
        assert "129.00" in told
        assert told.count("✓ Met:") >= 7
        done = await send(wei, chat, filled(page, comment="too <small>"))
        assert done.headers["location"] == f"/desk/chats/{chat}?lang=en&done=1"
        [item] = await filed(front)
        assert (item.customer_id, item.comment, item.conversation_id) == ("c-lin", "too <small>", chat)
        assert item.number in words(await wei.look(f"chats/{chat}"))


async def test_the_same_form_sent_twice_files_once(front: Front) -> None:
    async with agent(front) as wei:
        chat = await chat_of(wei)
        fields = filled(await open_page(wei, chat, **CHOSEN))
        assert [(await send(wei, chat, fields)).status_code for _ in range(2)] == [303, 303]
        assert len(await filed(front)) == 1


async def test_what_has_changed_meanwhile_is_shown_again_with_what_was_typed(front: Front) -> None:
    async with agent(front) as wei:
        chat = await chat_of(wei)
        fields = filled(await open_page(wei, chat, **CHOSEN), comment="pinches", agreed="1")
        again = await send(wei, chat, fields)
        assert again.status_code == 409
        assert "Nothing was filed" in problem(again)
        assert "pinches" in again.text
        assert filled(again)["agreed"] == "12900"
        assert await filed(front) == []


async def test_goods_for_an_exchange_are_chosen_before_there_is_a_verdict(front: Front) -> None:
    async with agent(front) as wei:
        chat = await chat_of(wei)
        exchange = {**CHOSEN, "remedy": "exchange"}
        page = await open_page(wei, chat, **exchange)
        assert soup(page).select_one("#verdict") is None
        assert soup(page).select_one(f"select[name='variant:{SHOES}'] option[value={LARGE}]") is not None
        page = await open_page(wei, chat, **exchange, **{f"variant:{SHOES}": LARGE})
        assert (await send(wei, chat, filled(page))).status_code == 303
        [item] = await filed(front)
        assert item.lines[0].replacement is not None
        assert item.lines[0].replacement.variant_id == LARGE


async def test_after_the_window_an_agent_asks_a_supervisor_who_files_it_with_a_reason(front: Front) -> None:
    front.goods.clock.advance(**LATE)
    async with agent(front) as wei, agent(front, "boss", Role.SUPERVISOR) as boss:
        chat = await chat_of(wei)
        page = await open_page(wei, chat, **CHOSEN)
        assert "ask a supervisor" in words(page)
        assert soup(page).select_one("form.reply") is None
        await boss.do(f"{chat}/take-over")
        page = await open_page(boss, chat, **CHOSEN)
        assert "✗ Not met:" in words(page)
        without = await send(boss, chat, filled(page))
        assert (without.status_code, "give a reason" in problem(without)) == (422, True)
        fields = filled(page, exception="in hospital <b>")
        assert (await send(boss, chat, fields)).status_code == 303
        [item] = await filed(front)
        card = soup(await boss.look("")).select_one(f"#{item.number}")
        assert card is not None
        shown = card.get_text(" ", strip=True)
        assert f"boss · {item.rule_id}" in shown
        assert "in hospital <b>" in shown


async def test_an_agent_who_sends_an_exception_all_the_same_is_refused(front: Front) -> None:
    front.goods.clock.advance(**LATE)
    async with agent(front) as wei, agent(front, "boss", Role.SUPERVISOR) as boss:
        theirs = await chat_of(boss)
        stolen = filled(await open_page(boss, theirs, **CHOSEN), exception="please")
        chat = await chat_of(wei)
        own = soup(await wei.look()).select_one("input[name=form_token]")
        assert own is not None
        refused = await send(wei, chat, {**stolen, "form_token": str(own["value"])})
        assert "may not do that" in problem(refused)
        assert await filed(front) == []


async def test_only_who_has_the_chat_comes_to_the_page_and_only_to_the_customers_own_orders(front: Front) -> None:
    async with agent(front) as wei, agent(front, "li") as li, agent(front, "fei", Role.FINANCE) as fei:
        chat = await chat_of(wei)
        for one in (li, fei):
            away = await open_page(one, chat, **CHOSEN)
            assert away.status_code == 303
            assert away.headers["location"].startswith(f"/desk/chats/{chat}?lang=en&problem=")
            assert "File a return for them" not in words(await one.look(f"chats/{chat}"))
        for customer_id in ("c-emma", None):
            others = await chat_of(wei, customer_id)
            assert "problem=not_found" in (await open_page(wei, others, **CHOSEN)).headers["location"]
        fields = filled(await open_page(wei, chat, **CHOSEN))
        assert "problem=not_found" in (await send(wei, others, fields)).headers["location"]
        assert await filed(front) == []


async def test_the_number_of_another_order_is_taken_as_customers_write_it(front: Front) -> None:
    async with agent(front) as wei:
        chat = await chat_of(wei)
        other = soup(await open_page(wei, chat, order=NUMBER)).select_one("#other-order")
        assert other is not None
        assert f"Order {NUMBER}" in words(await open_page(wei, chat, order=f" #{NUMBER.lower()} "))


@pytest.mark.parametrize(
    "odd",
    [
        {"reason": "greed"},
        {"remedy": "gold"},
        {f"units:{SHOES}": "-1"},
        {f"units:{SHOES}": "٣"},
        {f"units:{SHOES}": "99999"},
        {"units:nothing": "1"},
        {"order": "x" * 500},
        {"order": ""},
    ],
    ids=str,
)
async def test_odd_fields_lead_back_to_the_chat(front: Front, odd: dict[str, str]) -> None:
    async with agent(front) as wei:
        chat = await chat_of(wei)
        page = await open_page(wei, chat, **(CHOSEN | odd))
        assert page.headers["location"].startswith(f"/desk/chats/{chat}?lang=en&problem=")


async def test_nothing_is_filed_without_the_token_or_with_a_broken_form(front: Front) -> None:
    async with agent(front) as wei:
        chat = await chat_of(wei)
        good: dict[str, Any] = filled(await open_page(wei, chat, **CHOSEN))
        for broken in (
            {"form_token": "x"},
            {"key": ""},
            {"agreed": "1.5"},
            {"agreed": ""},
            {f"units:{SHOES}": "0"},
        ):
            assert (await send(wei, chat, good | broken)).status_code in (303, 422)
        wei.client.cookies.clear()
        signed_out = await send(wei, chat, good)
        assert signed_out.headers["location"] == f"/desk/sign-in?lang=en&next=chats/{chat}"
        assert await filed(front) == []


async def test_the_page_is_in_both_languages_and_keeps_its_order_when_they_change(front: Front) -> None:
    async with agent(front) as wei:
        chat = await chat_of(wei)
        page = await open_page(wei, chat, lang="zh", **(CHOSEN | {f"units:{SOCKS}": "1"}))
        assert "可以办" in words(page)
        other = soup(page).select_one("a.language")
        assert other is not None
        assert (await wei.client.get(str(other["href"]))).status_code == 200


async def test_who_filed_a_return_that_waits_reads_that_a_colleague_has_to_approve_it(front: Front) -> None:
    dear = {"order": NUMBER, f"units:{COAT}": "1", "reason": "wrong_size", "remedy": "return"}
    async with agent(front) as wei, agent(front, "li") as li:
        chat = await chat_of(wei)
        assert (await send(wei, chat, filled(await open_page(wei, chat, **dear)))).status_code == 303
        [item] = await filed(front)
        assert item.needs_human
        path = f"/desk/returns/{item.number}/approve"
        token = {"form_token": token_in(await wei.look())}
        for lang, text in (("en", "A colleague has to approve it"), ("zh", "要由另一位同事来批准")):
            refused = await wei.client.post(f"{path}?lang={lang}", data=token)
            assert text in problem(await wei.client.get(refused.headers["location"]))
        approved = await li.client.post(f"{path}?lang=en", data={"form_token": token_in(await li.look())})
        assert "done=1" in approved.headers["location"]
