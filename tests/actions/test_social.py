"""Small talk and the like: short, calm, never the same sentence twice in a row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from actions.social import SAYINGS, TOLD, ActionSessionSocial
from aftersales.domain.cases import CaseKind, CaseState, NoteKind
from aftersales.services.case_desk import write_about_case
from aftersales.services.complaints import Visitor, access_case, file_customer_case
from aftersales.services.sessions import open_session
from tests.actions.stage import play
from tests.goods import Goods, open_goods


@pytest.fixture
async def goods(tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods("sqlite", tmp_path) as opened:
        yield opened


async def say(goods: Goods, text: str, intent: str, told: dict[str, int]) -> tuple[str, dict[str, int]]:
    lines, events = await play(goods.ctx, ActionSessionSocial(), text, intent=intent, slots={TOLD: told})
    (line,) = lines
    return line.response, events[0]["value"]


@pytest.mark.parametrize("intent", sorted(SAYINGS.keys() - {"insult"}))
async def test_the_same_sentence_is_never_said_twice_in_a_row(goods: Goods, intent: str) -> None:
    told: dict[str, int] = {}
    said = []
    for _ in range(5):
        response, told = await say(goods, "…", intent, told)
        said.append(response)
    assert all(first != second for first, second in pairwise(said))


async def test_a_turn_that_is_run_again_says_the_same(goods: Goods) -> None:
    told = {"chitchat": 1}
    assert await say(goods, "讲个笑话", "chitchat", told) == await say(goods, "讲个笑话", "chitchat", told)


@pytest.mark.parametrize("text", ["傻逼", "你们都是废物", "滚", "fuck you", "you useless idiots", "this is shit"])
async def test_an_insult_is_met_calmly_with_help(goods: Goods, text: str) -> None:
    response, _ = await say(goods, text, "out_of_scope", {})
    assert response == "utter_session_insult"


@pytest.mark.parametrize("text", ["帮我订张机票", "what's the capital of France", "股票能买吗"])
async def test_another_trade_is_refused_politely(goods: Goods, text: str) -> None:
    response, _ = await say(goods, text, "out_of_scope", {})
    assert response == "utter_session_out_of_scope"


@pytest.mark.parametrize(("text", "intent"), [("谢谢，解决了", "thank"), ("thanks, bye", "goodbye")])
async def test_thanks_for_a_resolution_open_nothing_again(goods: Goods, text: str, intent: str) -> None:
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id="c-lin")
    visitor = Visitor(conversation_id=talk.id, customer_id="c-lin")
    case = await file_customer_case(
        goods.ctx, visitor, kind=CaseKind.COMPLAINT, reason="service", details="没人理我", key="k1"
    )
    await write_about_case(
        goods.ctx, number=case.number, kind=NoteKind.RESOLUTION, text="已处理", key="r", actor="agent:a"
    )
    await play(goods.ctx, ActionSessionSocial(), text, intent=intent, customer_id="c-lin")
    view = await access_case(goods.ctx, visitor, number=case.number)
    assert view.case.state is CaseState.RESOLVED
    assert [note.kind for note in view.notes] == [NoteKind.RESOLUTION]
