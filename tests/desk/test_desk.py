"""The desk as a person uses it: signing in, looking, deciding; and what it does not let through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import yaml
from bs4 import BeautifulSoup

import desk
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.reasons import Reason
from aftersales.services.cases import file_case
from aftersales.services.conversations import history
from aftersales.services.receiving import receive_text
from aftersales.services.refunds import cancel_refund
from aftersales.services.sessions import close_session, open_session
from tests.fronts import MERCHANT_KEY, Front, open_front
from tests.goods import COAT, SHOES, SOCKS, yuan
from tests.unsent import Unsent, add_unsent, cancel


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


def soup(response: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def token_in(response: httpx.Response) -> str:
    field = soup(response).find("input", {"name": "form_token"})
    assert field is not None
    return str(field["value"])


async def sign_in(
    front: Front, *, name: str = "owner", key: str = MERCHANT_KEY, code: str = "", lang: str = "en"
) -> httpx.Response:
    form = await front.client.get(f"/desk/sign-in?lang={lang}")
    data = {"form_token": token_in(form), "name": name, "key": key, "code": code}
    return await front.client.post(f"/desk/sign-in?lang={lang}", data=data)


async def page(front: Front, path: str = "", lang: str = "en", **query: str) -> httpx.Response:
    response = await front.client.get(f"/desk/{path}", params={"lang": lang, **query})
    assert response.status_code == 200, response.headers
    return response


async def decide(front: Front, path: str, **fields: str) -> str:
    """Posts a form of the desk and tells where it leads."""
    token = token_in(await page(front))
    response = await front.client.post(f"/desk/{path}?lang=en", data={"form_token": token, **fields})
    assert response.status_code == 303
    return response.headers["location"]


async def ask_for_a_person(front: Front, words: str = "I want a person") -> tuple[str, Case]:
    """A customer's chat with one message and a case about it; the chat's token and the case."""
    ctx = front.goods.ctx
    token, talk = await open_session(ctx, channel="web", language="en", customer_id="c-lin")
    await receive_text(ctx, conversation_id=talk.id, client_message_id="m1", text=words)
    case = await file_case(
        ctx,
        conversation_id=talk.id,
        customer_id="c-lin",
        kind=CaseKind.HANDOVER,
        reason="talk_to_human",
        summary="wants a person",
        key="k1",
        promise=timedelta(hours=1),
    )
    return token, case


async def test_without_signing_in_every_page_leads_to_the_sign_in(front: Front) -> None:
    for path in ("", "changes", "refunds", "cases", "cases/CS1"):
        response = await front.client.get(f"/desk/{path}")
        assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/desk/sign-in")
    for path in ("returns/RT1/approve", "changes/CH1/refund-again", "refunds/r1/approve", "cases/CS1/close"):
        response = await front.client.post(f"/desk/{path}", data={"form_token": ""})
        assert response.headers["location"].startswith("/desk/sign-in")


async def test_an_account_opens_the_desk_with_a_guarded_cookie(front: Front) -> None:
    response = await sign_in(front)
    assert (response.status_code, response.headers["location"]) == (303, "/desk/?lang=en")
    cookie = next(value for value in response.headers.get_list("set-cookie") if value.startswith("desk_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Max-Age=28800" in cookie
    assert "No returns are open." in (await page(front)).text


async def test_over_https_the_cookie_is_secure(tmp_path: Path) -> None:
    async with open_front(tmp_path, public_url="https://desk.example") as front:
        form = await front.client.get("/desk/sign-in")
        assert "Secure" in form.headers["set-cookie"]


async def test_no_form_works_without_the_token_of_the_session(front: Front) -> None:
    item = await front.goods.ask()
    await sign_in(front)
    for data in ({}, {"form_token": ""}, {"form_token": "guess"}, {"form_token": "猜"}):
        response = await front.client.post(f"/desk/returns/{item.number}/receive?lang=en", data=data)
        assert response.headers["location"] == "/desk/?lang=en&problem=form"
    assert (await front.goods.item(item)).state == "awaiting_parcel"


async def test_goods_are_received_with_one_button(front: Front) -> None:
    item = await front.goods.ask((SHOES, 2))
    await sign_in(front)
    shown = soup(await page(front)).get_text(" ", strip=True)
    for words in (item.number, item.order_number, "2 × l-shoes", "Wrong size", "258.00", "Awaiting parcel"):
        assert words in shown
    assert "待寄回" in (await page(front, lang="zh")).text
    assert await decide(front, f"returns/{item.number}/receive") == "/desk/?lang=en&done=1"
    assert (await front.goods.item(item)).state == "inspected"
    assert await decide(front, "returns/RT0/receive") == "/desk/?lang=en&problem=not_found"


async def test_the_state_of_the_goods_is_noted_with_the_parcel(front: Front) -> None:
    item = await front.goods.ask((SHOES, 2))
    await sign_in(front)
    (select,) = soup(await page(front)).select("select")
    assert select["name"] == f"condition:{SHOES}"
    assert [option.get_text() for option in select.select("option")] == [
        "As new",
        "Used",
        "Damaged",
        "Parts missing",
    ]
    field = {f"condition:{SHOES}": "torn"}
    assert await decide(front, f"returns/{item.number}/receive", **field) == "/desk/?lang=en&problem=bad_request"
    field = {f"condition:{SHOES}": "missing_parts"}
    assert await decide(front, f"returns/{item.number}/receive", **field) == "/desk/?lang=en&done=1"
    assert (await front.goods.item(item)).amount == yuan("206.40")
    assert "51.60" in soup(await page(front)).get_text(" ", strip=True)


async def test_for_a_fault_of_ours_no_state_is_asked(front: Front) -> None:
    await front.goods.ask((SHOES, 1), reason=Reason.LATE)
    await sign_in(front)
    assert not soup(await page(front)).select("select")


async def test_a_return_is_approved_or_rejected_with_a_reason(front: Front) -> None:
    one = await front.goods.ask((SHOES, 1), key="k1", reason=Reason.DAMAGED, comment="<b>torn</b>")
    two = await front.goods.ask((COAT, 1), key="k2", reason=Reason.DAMAGED)
    await sign_in(front)
    shown = await page(front)
    assert "<b>torn" not in shown.text
    assert "&lt;b&gt;torn" in shown.text
    assert await decide(front, f"returns/{one.number}/approve") == "/desk/?lang=en&done=1"
    assert await decide(front, f"returns/{two.number}/reject", reason=" ") == "/desk/?lang=en&problem=bad_request"
    assert await decide(front, f"returns/{two.number}/reject", reason="no photo") == "/desk/?lang=en&done=1"
    assert await decide(front, f"returns/{two.number}/approve") == "/desk/?lang=en&problem=conflict"
    assert await decide(front, f"returns/{two.number}/nothing") == "/desk/?lang=en&problem=bad_request"
    conflict = await front.client.get("/desk/?lang=zh&problem=conflict")
    assert "状态已变化" in conflict.text


async def test_changes_of_orders_are_listed_and_paid_again(front: Front) -> None:
    await add_unsent(front.goods)
    unsent = Unsent(front.goods)
    change = await unsent.ask(cancel(cap=1))
    await sign_in(front)
    shown = (await page(front, "changes")).text
    assert all(words in shown for words in (change.number, "69.00", "Cancelled"))
    [refund] = await unsent.refunds(change)
    await cancel_refund(front.goods.ctx, refund_id=refund.id, actor="agent:a1")
    assert "退款出错" in (await page(front, "changes", lang="zh")).text
    assert await decide(front, f"changes/{change.number}/refund-again") == "/desk/changes?lang=en&done=1"
    assert len(await unsent.refunds(change)) == 2
    assert (await decide(front, f"changes/{change.number}/undo")).endswith("problem=bad_request")


async def test_a_case_is_read_with_its_talk_and_closed(front: Front) -> None:
    _, case = await ask_for_a_person(front, "<script>I want a person</script>")
    await sign_in(front)
    assert "card overdue" not in (await page(front, "cases")).text
    front.goods.clock.advance(hours=2)
    await sign_in(front)
    assert "card overdue" in (await page(front, "cases")).text
    shown = await page(front, f"cases/{case.number}")
    assert "&lt;script&gt;I want a person" in shown.text
    assert "已超时" in (await page(front, f"cases/{case.number}", lang="zh")).text
    assert await decide(front, f"cases/{case.number}/close") == "/desk/cases?lang=en&done=1"
    assert "No cases are open." in (await page(front, "cases")).text


async def test_a_reply_to_a_case_reaches_the_customer_once(front: Front) -> None:
    _, case = await ask_for_a_person(front)
    await sign_in(front)
    form = soup(await page(front, f"cases/{case.number}")).select_one("form.reply")
    assert form is not None
    field = form.find("input", {"name": "reply_id"})
    assert field is not None
    written = {"text": "Hello, this is Wei. <b>How</b> can I help?", "reply_id": str(field["value"])}
    for _ in range(2):
        assert (
            await decide(front, f"cases/{case.number}/reply", **written)
            == f"/desk/cases/{case.number}?lang=en&done=1"
        )
    messages, _ = await history(front.goods.ctx, conversation_id=case.conversation_id, after=1)
    assert [(m.author, m.text) for m in messages] == [("agent", written["text"])]
    for wrong in ({"text": " ", "reply_id": "a"}, {"text": "x" * 2001, "reply_id": "b"}, {"text": "hi"}):
        assert "problem=bad_request" in await decide(front, f"cases/{case.number}/reply", **wrong)


async def test_a_refund_that_was_cancelled_is_granted_again_or_closed_by_hand(front: Front) -> None:
    goods = front.goods
    item = await goods.arrived((SOCKS, 1))
    [refund] = await goods.refunds(item)
    await sign_in(front)
    again, close = (
        f"/desk/returns/{item.number}/refund-again?lang=en",
        f"/desk/returns/{item.number}/close?lang=en",
    )
    assert not {again, close} & forms(await page(front))
    assert await decide(front, f"returns/{item.number}/close") == "/desk/?lang=en&problem=conflict"
    await cancel_refund(goods.ctx, refund_id=refund.id, actor="agent:a1")
    assert {again, close} <= forms(await page(front))
    assert await decide(front, f"returns/{item.number}/refund-again") == "/desk/?lang=en&done=1"
    _, second = await goods.refunds(item)
    assert second.state == "created"
    assert not {again, close} & forms(await page(front))
    await cancel_refund(goods.ctx, refund_id=second.id, actor="agent:a1")
    assert await decide(front, f"returns/{item.number}/close") == "/desk/?lang=en&done=1"
    assert (await goods.item(item)).state == "closed"


async def test_the_agent_sees_whether_the_customer_can_read_a_reply(front: Front) -> None:
    token, case = await ask_for_a_person(front)
    await sign_in(front)
    assert "chat is open" in (await page(front, f"cases/{case.number}")).text
    assert "聊天仍然有效" in (await page(front, f"cases/{case.number}", lang="zh")).text
    await close_session(front.goods.ctx, token=token)
    assert "chat has ended" in (await page(front, f"cases/{case.number}")).text


def forms(response: httpx.Response) -> set[str]:
    """Where the forms of a page go."""
    return {str(form["action"]) for form in soup(response).find_all("form")}


async def test_the_other_language_shows_the_same_page(front: Front) -> None:
    await sign_in(front)
    for path, query, kept in (
        ("cases", {"show": "late"}, "/desk/cases?show=late&lang=zh"),
        ("chats/search", {"q": "a b&c", "done": "1"}, "/desk/chats/search?q=a+b%26c&lang=zh"),
        ("", {"problem": "form"}, "/desk/?lang=zh"),
    ):
        assert other_language(await page(front, path, **query)) == kept
    failed = await front.client.post("/desk/canned/add?lang=en", data={"form_token": "wrong"})
    assert other_language(failed) == "/desk/canned?lang=zh"
    front.client.cookies.clear()
    failed = await front.client.post("/desk/sign-in?lang=en", data={"next": "chats"})
    assert other_language(failed) == "/desk/sign-in?next=chats&lang=zh"


def other_language(response: httpx.Response) -> str:
    [link] = soup(response).select("a.language")
    return str(link["href"])


async def test_odd_addresses_and_bodies_do_no_harm(front: Front) -> None:
    await sign_in(front)
    for path in ("cases/CS0", "cases/%00", "cases/a%20b"):
        response = await front.client.get(f"/desk/{path}?lang=en")
        assert response.headers["location"] == "/desk/cases?lang=en&problem=not_found"
    for query in ("lang=xx", "lang=%00", "problem=%3Cscript%3E", "problem=nothing", "done=5"):
        assert "<script>" not in (await front.client.get(f"/desk/?{query}")).text
    large = await front.client.post("/desk/sign-in", content=b"a=" + b"x" * 40_000)
    assert large.status_code == 413
    for body in (b"\xff\xfe", b"&" * 100, b"key=%ff"):
        assert (await front.client.post("/desk/sign-in", content=body)).status_code == 403


async def test_the_pages_need_no_script_and_name_their_language(front: Front) -> None:
    for lang, name in (("zh", "zh-CN"), ("en", "en")):
        shown = soup(await front.client.get(f"/desk/sign-in?lang={lang}"))
        assert shown.find("script") is None
        assert shown.html is not None
        assert shown.html["lang"] == name
        assert shown.find("label", {"for": "key"}) is not None


def test_every_text_of_the_desk_has_both_languages() -> None:
    words = yaml.safe_load((Path(desk.__file__).parent / "texts.yml").read_text(encoding="utf8"))
    assert [name for name, both in words.items() if set(both) != {"zh", "en"} or not all(both.values())] == []
