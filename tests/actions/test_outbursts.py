"""Strong words bring a person at once where somebody is at the desk; mild ones get one calm answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actions.base import ServiceAction
from actions.faq import ActionFaqAnswer
from actions.matter import ValidateMatterForm
from actions.orders.status import ActionOrdersStatus
from actions.session import ActionSessionClarify
from actions.social import ActionSessionSocial
from tests.actions.stage import play
from tests.desks import agent
from tests.goods import Goods, open_goods


@pytest.fixture
async def goods(tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods("sqlite", tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("action", "intent"),
    [
        (ActionSessionSocial(), "out_of_scope"),
        (ActionSessionClarify(), "nlu_fallback"),
        (ActionFaqAnswer(), "ask_refund_policy"),
        (ActionOrdersStatus(), "check_refund_status"),
    ],
    ids=["small talk", "not understood", "a question", "how things stand"],
)
@pytest.mark.parametrize(
    "text", ["你们这帮王八蛋，再不退款就打12315", "I'll file a chargeback, you lying bastards"]
)
async def test_strong_words_bring_a_person_at_once(
    goods: Goods, action: ServiceAction, intent: str, text: str
) -> None:
    await agent(goods, "wei")
    lines, _ = await play(goods.ctx, action, text, intent=intent)
    assert [line.wish for line in lines] == ["anger"]


async def test_a_mild_insult_is_answered_calmly_once(goods: Goods) -> None:
    await agent(goods, "wei")
    lines, _ = await play(goods.ctx, ActionSessionSocial(), "你们真是垃圾", intent="out_of_scope")
    assert [(line.response, line.wish) for line in lines] == [("utter_session_insult", "")]


async def test_where_nobody_is_at_the_desk_the_assistant_answers(goods: Goods) -> None:
    lines, _ = await play(goods.ctx, ActionSessionSocial(), "fuck you", intent="out_of_scope")
    assert [(line.response, line.wish) for line in lines] == [("utter_session_insult", "")]


async def test_in_the_middle_of_a_matter_the_question_stays_open_and_nothing_is_done(goods: Goods) -> None:
    await agent(goods, "wei")
    slots = {"session_topic": "returns", "requested_slot": "returns_reason"}
    lines, events = await play(
        goods.ctx,
        ValidateMatterForm(),
        "傻逼客服",
        intent="out_of_scope",
        customer_id="c-lin",
        slots=slots,
        busy=True,
    )
    assert "anger" in [line.wish for line in lines]
    assert {"event": "slot", "timestamp": None, "name": "requested_slot", "value": "returns_reason"} in events
