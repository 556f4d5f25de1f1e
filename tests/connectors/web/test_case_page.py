"""The page that a case's link leads to: what it shows, what it never shows, and what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from bs4 import BeautifulSoup

from aftersales.domain.cases import Case, CaseKind, CaseState, CaseTrigger, NoteKind
from aftersales.domain.signed_links import SignedLinks
from aftersales.domain.texts import Language
from aftersales.services.case_desk import assign_case, write_about_case
from aftersales.services.cases import file_case
from aftersales.services.complaints import Visitor, add_to_case, file_customer_case
from aftersales.services.promise_watch import watch_promises
from aftersales.services.sessions import open_session
from runtime.places import ROOT
from tests.fronts import Front, open_front
from tests.goods import NUMBER

WORDS = yaml.safe_load((ROOT / "connectors" / "web" / "case_page" / "texts.yml").read_text(encoding="utf8"))


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def file(front: Front, language: Language = "en", **changes: Any) -> tuple[Case, Visitor]:
    _, talk = await open_session(front.goods.ctx, channel="web", language=language, customer_id="c-lin")
    visitor = Visitor(conversation_id=talk.id, customer_id="c-lin")
    wanted: dict[str, Any] = {
        "kind": CaseKind.COMPLAINT,
        "reason": "quality",
        "details": "it <b>broke</b>",
        "key": "k",
    }
    return await file_customer_case(front.goods.ctx, visitor, **(wanted | changes)), visitor


async def write(front: Front, case: Case, kind: NoteKind) -> None:
    await write_about_case(
        front.goods.ctx, number=case.number, kind=kind, text="internal-words", key=kind.value, actor="agent:wei"
    )


def path_of(front: Front, number: str) -> str:
    links = front.goods.ctx.links
    return links.link(number, now=front.goods.clock.now()).removeprefix(links.address)


async def get(front: Front, case: Case, **query: str) -> httpx.Response:
    return await front.client.get(path_of(front, case.number), params=query)


def words_of(response: httpx.Response) -> str:
    return BeautifulSoup(response.text, "html.parser").get_text(" ", strip=True)


async def test_it_tells_what_the_case_is_about_and_what_comes_next(front: Front) -> None:
    case, _ = await file(front, order_number=NUMBER)
    english, chinese = words_of(await get(front, case)), words_of(await get(front, case, lang="zh"))
    for words in (case.number, "Complaint: Quality of goods", "00001", "Waiting to be taken up", "23 Nov 20:00"):
        assert words in english
    for words in (case.number, "投诉：商品质量", "等待受理", "11月23日 20:00", "已登记"):
        assert words in chinese


async def test_it_speaks_the_language_of_the_case_unless_another_is_wished(front: Front) -> None:
    case, _ = await file(front, "zh")
    shown = await get(front, case)
    assert shown.headers["content-language"] == "zh"
    assert 'lang="zh-CN"' in shown.text


async def test_every_step_is_told_and_nothing_that_was_written(front: Front) -> None:
    case, visitor = await file(front, order_number=NUMBER)
    await assign_case(front.goods.ctx, number=case.number, actor="agent:wei")
    await write(front, case, NoteKind.QUESTION)
    front.goods.clock.advance(minutes=1)
    await add_to_case(front.goods.ctx, visitor, number=case.number, text="my address is secret", key="m2")
    front.goods.clock.advance(minutes=1)
    await write(front, case, NoteKind.RESOLUTION)
    shown = await get(front, case)
    page = BeautifulSoup(shown.text, "html.parser")
    steps = [item.get_text(" ", strip=True) for item in page.select("ol li")]
    told = WORDS["en"]["steps"]
    names = ("file", "assign", "ask", "hear", "resolve")
    assert [step[: len(told[name])] for step, name in zip(steps, names, strict=True)] == [told[n] for n in names]
    for secret in ("internal-words", "secret", "broke", "wei", "c-lin", NUMBER, "quality team"):
        assert secret not in shown.text


async def test_a_time_that_moved_is_told_as_it_is(front: Front) -> None:
    case, _ = await file(front, reason="service")
    front.goods.clock.advance(hours=23)
    await watch_promises(front.goods.ctx)
    assert "sorry to keep you waiting" in words_of(await get(front, case))
    front.goods.clock.advance(hours=20)
    assert "should have had an answer by" in words_of(await get(front, case))


async def test_a_wrong_link_and_an_expired_one_are_told_apart_in_both_languages(front: Front) -> None:
    case, _ = await file(front)
    path = path_of(front, case.number)
    forged = SignedLinks(b"other", "").link(case.number, now=front.goods.clock.now())
    for wrong in (path[:-1], forged, "/c/x", "/c/%3Cscript%3E"):
        response = await front.client.get(wrong)
        assert response.status_code == 404
        assert "打不开这个链接" in response.text
        assert "work" in response.text
    front.goods.clock.advance(days=31)
    response = await front.client.get(path, headers={"Accept-Language": "en"})
    assert response.status_code == 410
    assert response.text.index("expired") < response.text.index("过期")


async def test_the_shop_s_own_cases_have_no_page(front: Front) -> None:
    ctx = front.goods.ctx
    own = await file_case(
        ctx,
        conversation_id="",
        customer_id=None,
        kind=CaseKind.APPROVAL,
        reason="return_approval",
        summary="",
        key="own",
        promise=ctx.promise,
    )
    assert (await get(front, own)).status_code == 404


async def test_the_page_is_kept_by_nobody_and_runs_nothing(front: Front) -> None:
    case, _ = await file(front)
    shown = await get(front, case)
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["x-robots-tag"] == "noindex, nofollow"
    assert shown.headers["referrer-policy"] == "no-referrer"
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "<script" not in shown.text
    assert "http" not in shown.text
    assert (await front.client.get("/c/page.css")).status_code == 200


async def test_who_opens_too_many_waits(front: Front) -> None:
    answers = [(await front.client.get("/c/x")).status_code for _ in range(31)]
    assert answers == [404] * 30 + [429]


def test_the_words_of_the_page_are_there_for_every_state_and_step_in_both_languages() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for words in WORDS.values():
        assert words["states"].keys() == set(CaseState)
        assert words["steps"].keys() == {"file", *CaseTrigger}
        assert {state for state in CaseState if state not in ("open", "assigned")} <= words["next_steps"].keys()
        assert words["problems"].keys() == {"wrong", "expired", "too_many"}
        assert all(problem.keys() == {"title", "text"} for problem in words["problems"].values())
