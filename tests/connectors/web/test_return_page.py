"""The page that a return's link leads to: what it shows, what it never shows, and what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from bs4 import BeautifulSoup

from aftersales.domain.returns import Return, ReturnState
from aftersales.domain.signed_links import LinkTo
from aftersales.domain.texts import Language
from aftersales.services.exchanges import continue_payments, ship_replacement
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.return_timeline import REFUNDED, TOLD, read_return_timeline
from aftersales.services.returns import continue_received, receive_return, ship_return
from aftersales.services.sessions import open_session
from connectors.web.return_page.pages import ReturnPages
from runtime.places import ROOT
from tests.fakes import FakeShop
from tests.fronts import Front, open_front
from tests.goods import DEAR, LARGE, NUMBER, SOCKS

WORDS = yaml.safe_load((ROOT / "connectors" / "web" / "return_page" / "texts.yml").read_text(encoding="utf8"))
NEXT_STEPS = set(
    "wait_approval pay_difference payment_by_person send_parcel parcel_on_the_way replacement_underway "
    "refund_underway refund_approval refund_trouble done rejected sold_out cancelled".split()
)


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def talk(front: Front, language: Language) -> str:
    _, conversation = await open_session(front.goods.ctx, channel="web", language=language, customer_id="c-lin")
    return conversation.id


async def get(front: Front, item: Return, **query: str) -> httpx.Response:
    links = front.goods.ctx.links
    link = links.link(item.number, now=front.goods.clock.now(), to=LinkTo.RETURN)
    return await front.client.get(link.removeprefix(links.address), params=query)


def words_of(response: httpx.Response) -> str:
    return BeautifulSoup(response.text, "html.parser").get_text(" ", strip=True)


def steps_of(response: httpx.Response) -> list[str]:
    page = BeautifulSoup(response.text, "html.parser")
    return [" ".join(item.get_text(" ", strip=True).split()) for item in page.select("ol li")]


async def paid_back(front: Front) -> None:
    await submit_due(front.goods.ctx)
    front.goods.clock.advance(seconds=5)
    await reconcile_due(front.goods.ctx)


async def test_a_return_is_told_from_the_request_to_the_money(front: Front) -> None:
    goods = front.goods
    item = await goods.ask((SOCKS, 1), conversation_id=await talk(front, "en"), comment="it <b>smells</b>")
    asked = words_of(await get(front, item))
    for words in (f"Return {item.number}", "00001", "Waiting for your parcel", "l-socks", "× 1", "CN¥30.00"):
        assert words in asked
    goods.clock.advance(hours=1)
    await ship_return(
        goods.ctx, customer_id="c-lin", number=item.number, tracking_number="SF123", carrier="SF Express"
    )
    goods.clock.advance(hours=1)
    await receive_return(goods.ctx, number=item.number, actor="agent:wei")
    assert "By:" in words_of(await get(front, item))
    await paid_back(front)
    shown = await get(front, item)
    told = steps_of(shown)
    assert told[-4:-1] == [
        "You sent your parcel SF Express SF123 21 Nov 21:00",
        "Your parcel reached us 21 Nov 22:00",
        "Refunded CN¥30.00 21 Nov 22:00",
    ]
    assert told[-1].startswith("All done")
    for secret in ("smells", "wei", "c-lin", NUMBER, "conv-1"):
        assert secret not in shown.text


async def test_an_exchange_shows_what_comes_and_where_the_difference_is_paid(front: Front) -> None:
    goods = front.goods
    item = await goods.swap(DEAR, conversation_id=await talk(front, "zh"))
    shown = await get(front, await goods.item(item))
    for words in ("换货", "等您补差价", "换成", "需补差价", "¥30.00", "最晚日期"):
        assert words in words_of(shown)
    link = BeautifulSoup(shown.text, "html.parser").select_one("a.button")
    assert link is not None
    paid = await goods.item(item)
    assert link["href"] == paid.payment_link
    await goods.pay(paid)
    await continue_payments(goods.ctx)
    assert "去补差价" not in words_of(await get(front, item))


async def test_the_new_goods_of_an_exchange_are_told_with_their_parcel(front: Front) -> None:
    goods = front.goods
    item = await goods.swap(LARGE, conversation_id=await talk(front, "en"))
    await receive_return(goods.ctx, number=item.number, actor="agent:wei")
    await continue_received(goods.ctx)
    await ship_replacement(goods.ctx, number=item.number, actor="agent:wei")
    shown = await get(front, item)
    assert any(step.startswith("The new item was sent ") for step in steps_of(shown))
    assert "the new item has been sent" in words_of(shown)


async def test_a_shop_that_cannot_be_asked_hides_the_titles_alone(front: Front) -> None:
    item = await front.goods.ask((SOCKS, 1), conversation_id=await talk(front, "en"))
    without = replace(front.goods.ctx, shop=FakeShop())
    timeline = await read_return_timeline(without, number=item.number)
    shown = ReturnPages(zone=without.zone).status(timeline, timeline.language)
    assert "Items of your order" in shown
    assert "CN¥30.00" in shown


async def test_it_speaks_the_language_of_the_talk_unless_another_is_wished(front: Front) -> None:
    item = await front.goods.ask((SOCKS, 1), conversation_id=await talk(front, "en"))
    assert (await get(front, item)).headers["content-language"] == "en"
    chinese = await get(front, item, lang="zh")
    assert chinese.headers["content-language"] == "zh"
    assert 'lang="zh-CN"' in chinese.text
    assert "等您寄回" in words_of(chinese)


async def test_links_to_other_things_and_forged_ones_are_refused_alike(front: Front) -> None:
    goods = front.goods
    item = await goods.ask((SOCKS, 1), conversation_id=await talk(front, "en"))
    right = goods.ctx.links.link(item.number, now=goods.clock.now(), to=LinkTo.RETURN).rpartition("/")[2]
    to_case = goods.ctx.links.link(item.number, now=goods.clock.now()).rpartition("/")[2]
    nobody = goods.ctx.links.link("RT1", now=goods.clock.now(), to=LinkTo.RETURN).rpartition("/")[2]
    answers = [await front.client.get(f"/r/{token}") for token in (right[:-1], to_case, nobody, "x")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.text for answer in answers}) == 1
    assert (await front.client.get(f"/c/{right}")).status_code == 404
    goods.clock.advance(days=31)
    assert (await front.client.get(f"/r/{right}")).status_code == 410


async def test_the_page_is_kept_by_nobody_and_runs_nothing(front: Front) -> None:
    shown = await get(front, await front.goods.ask((SOCKS, 1), conversation_id=await talk(front, "en")))
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["x-robots-tag"] == "noindex, nofollow"
    assert shown.headers["referrer-policy"] == "no-referrer"
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "<script" not in shown.text
    assert "http" not in shown.text


async def test_who_opens_too_many_waits(front: Front) -> None:
    answers = [(await front.client.get("/r/x")).status_code for _ in range(31)]
    assert answers == [404] * 30 + [429]


def shape(value: Any) -> Any:
    return {name: shape(inner) for name, inner in value.items()} if isinstance(value, dict) else None


def test_the_words_of_the_page_are_there_for_every_state_and_step_in_both_languages() -> None:
    assert shape(WORDS["zh"]) == shape(WORDS["en"])
    for words in WORDS.values():
        assert set(ReturnState) <= words["states"].keys()
        assert words["steps"].keys() == TOLD | {REFUNDED}
        assert words["next_steps"].keys() >= NEXT_STEPS
        assert words["problems"].keys() == {"wrong", "expired", "too_many"}
