"""The verdict in the packet: as the customer was told, or asked anew, and a closed window extended in place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.cards import verdict_card
from aftersales.domain.accounts import Role
from aftersales.domain.conversations import Answer, Reply
from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.domain.ids import new_id
from aftersales.domain.reasons import Reason
from aftersales.domain.texts import Language
from aftersales.services.conversations import customer_actor
from aftersales.services.handoff import hand_over
from aftersales.services.moves import By
from aftersales.services.returns import quote_return
from aftersales.services.returns_in_chat import asked_before
from aftersales.services.sessions import open_session
from tests.desk.agents import agent, problem, wants_a_person
from tests.desk.test_desk import soup
from tests.fronts import Front, open_front
from tests.goods import NUMBER, SHOES

FILLED: dict[str, Any] = {"returns_order": NUMBER, "returns_reason": "wrong_size", "returns_items": "l-shoes"}
ABOUT: dict[str, Any] = {"understood": [], "filled": FILLED, "lines": [[SHOES, 1]]}
LATE = {"days": 60}


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def chat_about(front: Front, about: Mapping[str, Any] = ABOUT, customer_id: str | None = "c-lin") -> str:
    """Somebody who waits, with what the bot had filled in."""
    ctx = front.goods.ctx
    _, talk = await open_session(ctx, channel="web", language="en", customer_id=customer_id)
    wish = HandoverWish(HandoverReason.REQUESTED, about=about)
    async with ctx.unit_of_work() as uow:
        current = await uow.conversations.lock(talk.id)
        await hand_over(ctx, uow, current, wish, by=By(customer_actor(current), "web"), key=new_id())
    return talk.id


async def card_in(front: Front, language: Language, *, review: bool = False) -> dict[str, Any]:
    order = await front.goods.order()
    quote = await quote_return(front.goods.ctx, order=order, items=[(SHOES, 1)], reason=Reason.WRONG_SIZE)
    return verdict_card(order, quote, language, review=review)


def verdict(page: httpx.Response) -> str:
    found = soup(page).select_one("#region-packet #verdict")
    return found.get_text(" ", strip=True) if found else ""


async def told_chat(front: Front, card: dict[str, Any]) -> str:
    """A chat in which the customer was told this."""
    front.bot.will_say(Answer(replies=(Reply(text="…", cards=(card,)),), language="zh", language_fixed=True))
    visitor = await front.chat(language="zh")
    await visitor.say("退鞋")
    await visitor.until(2)
    return front.bot.turns[-1].message_id.partition(":")[0]


async def test_what_the_customer_was_told_is_a_card_in_the_agents_language(front: Front) -> None:
    chat = await told_chat(front, await card_in(front, "zh"))
    async with agent(front) as wei:
        shown = verdict(await wei.look(f"chats/{chat}"))
        policy = front.goods.ctx.policy
        english = await card_in(front, "en")
        for part in (
            "Verdict Yes Return",
            "1 × l-shoes",
            english["rule_text"],
            english["checks"][0]["text"],
            "129.00",
            "Return shipping paid by the shop",
            f"policy {policy.version}",
            "told to the customer 21 Nov",
            "✓ Met: ",
        ):
            assert part in shown
        chinese = verdict(await wei.look(f"chats/{chat}", lang="zh"))
        for part in ("可以办", "本店承担", "已告诉顾客"):
            assert part in chinese


async def test_a_card_from_before_both_languages_were_kept_and_one_of_nobody_are_no_trouble(front: Front) -> None:
    card = await card_in(front, "zh", review=True)
    old = {name: value for name, value in card.items() if name not in ("rule_texts", "remedy", "to_pay")}
    old["checks"] = [{**check, "texts": None} for check in card["checks"]]
    async with agent(front) as wei:
        shown = verdict(await wei.look(f"chats/{await told_chat(front, old)}"))
        assert "Yes, after a person has looked" in shown
        assert card["checks"][0]["text"] in shown
        assert verdict(await wei.look(f"chats/{await told_chat(front, {'type': 'verdict'})}")) == ""


async def test_what_nobody_was_told_yet_is_evaluated_now(front: Front) -> None:
    async with agent(front) as wei:
        chat = await chat_about(front)
        shown = verdict(await wei.look(f"chats/{chat}"))
        for part in (
            "Verdict Yes",
            "1 × l-shoes",
            "129.00",
            "evaluated now",
            f"policy {front.goods.ctx.policy.version}",
        ):
            assert part in shown
        assert "还没有告诉顾客" in verdict(await wei.look(f"chats/{chat}", lang="zh"))
        for odd in (
            {},
            {**ABOUT, "lines": []},
            {**ABOUT, "lines": [["l-gone", 1]]},
            {**ABOUT, "filled": {**FILLED, "returns_reason": "greed"}},
            {**ABOUT, "filled": {**FILLED, "returns_remedy": "exchange"}},
        ):
            assert verdict(await wei.look(f"chats/{await chat_about(front, odd)}")) == ""
        assert verdict(await wei.look(f"chats/{await chat_about(front, customer_id='c-emma')}")) == ""


async def test_a_closed_window_is_extended_in_the_chat_by_those_who_may(front: Front) -> None:
    front.goods.clock.advance(**LATE)
    async with agent(front) as wei, agent(front, "boss", Role.SUPERVISOR) as boss:
        chat = await chat_about(front)
        await wei.do(f"{chat}/claim")
        page = await wei.look(f"chats/{chat}")
        assert "Verdict No" in verdict(page)
        assert "✗ Not met:" in verdict(page)
        assert "ask a supervisor" in verdict(page)
        assert soup(page).select_one("#exception-form") is None
        await boss.do(f"{chat}/take-over")
        form = soup(await boss.look(f"chats/{chat}")).select_one("#exception-form")
        assert form is not None
        fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input")}
        empty = await boss.do(f"{chat}/return", as_script=True, **fields)
        assert (empty.status_code, "give a reason" in empty.json()["problem"]) == (422, True)
        page = await boss.client.post(f"/desk/chats/{chat}/return?lang=en", data={**fields, "exception": " "})
        assert "give a reason" in problem(page)
        done = await boss.do(f"{chat}/return", as_script=True, **(fields | {"exception": "in hospital"}))
        assert (done.status_code, done.json()) == (200, {"done": True})
        async with front.goods.ctx.unit_of_work() as uow:
            [item] = await uow.returns.of_customer("c-lin")
            [entry, *_] = await uow.journal.of("return", item.id)
        assert (entry.actor, entry.detail["exception"]) == ("agent:boss", "in hospital")


async def test_a_guests_chat_has_no_verdict(front: Front) -> None:
    async with agent(front) as wei:
        _, chat = await wants_a_person(front, about=ABOUT)
        assert verdict(await wei.look(f"chats/{chat}")) == ""


def test_what_was_filled_in_is_asked_about_with_its_lines() -> None:
    asked = asked_before({**ABOUT, "filled": {**FILLED, "returns_remedy": "refund_only"}})
    assert asked is not None
    assert (asked.order_number, asked.items, asked.reason) == (NUMBER, [(SHOES, 1)], Reason.WRONG_SIZE)
    assert asked.wish.remedy == "refund_only"
