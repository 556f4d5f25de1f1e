"""Questions are answered from the shop's entries, for one's own goods by their own rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actions.faq import ActionFaqAnswer
from tests.actions.stage import Line, play
from tests.goods import Goods, open_goods


@pytest.fixture
async def goods(tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods("sqlite", tmp_path) as opened:
        yield opened


async def ask(goods: Goods, text: str, intent: str = "ask_return_policy", **more: object) -> list[Line]:
    lines, _ = await play(goods.ctx, ActionFaqAnswer(), text, intent=intent, **more)  # type: ignore[arg-type]
    return lines


async def test_a_question_gets_the_answer_its_source_and_what_to_do_next(goods: Goods) -> None:
    (line,) = await ask(goods, "吊牌剪了还能退吗")
    assert line.response == "utter_faq_answer"
    assert "吊牌" in line.parameters["answer"]
    assert line.parameters["source"].startswith("utter_faq_source/zh")
    assert line.payloads == ["/return_item", "/talk_to_human"]


async def test_figures_come_from_the_policy_in_force(goods: Goods) -> None:
    (line,) = await ask(goods, "How long do I have to return something?", language="en")
    assert f"You have {goods.ctx.policy.default_window.days} days" in line.parameters["answer"]


async def test_a_vague_question_gets_the_general_answer_and_three_neighbours(goods: Goods) -> None:
    answer, neighbours = await ask(goods, "送这个行不行呢", "ask_delivery")
    assert answer.response == "utter_faq_answer"
    assert neighbours.response == "utter_faq_neighbours"
    assert 1 <= len(neighbours.payloads) <= 3
    assert all(payload.startswith('/ask_delivery{"choice":"faq:') for payload in neighbours.payloads)


async def test_a_tapped_neighbour_is_answered(goods: Goods) -> None:
    payload = '/ask_delivery{"choice":"faq:customs"}'
    (line,) = await ask(goods, payload, "ask_delivery", entities={"choice": "faq:customs"}, language="en")
    assert "Import duties" in line.parameters["answer"]


async def test_a_button_without_words_gets_the_general_answer(goods: Goods) -> None:
    (line,) = await ask(goods, "/ask_invoice", "ask_invoice")
    assert "可以开" in line.parameters["answer"]


async def test_in_the_middle_of_a_matter_an_answer_has_no_buttons(goods: Goods) -> None:
    (line,) = await ask(goods, "吊牌剪了还能退吗", busy=True)
    assert line.payloads == []


async def test_ones_own_goods_are_answered_by_their_own_rules_and_a_return_is_offered(goods: Goods) -> None:
    order = (await goods.ctx.shop.list_orders("c-lin"))[0]
    title = order.lines[0].title.zh
    lines = await ask(goods, f"我那双{title}拆封了还能退吗", customer_id="c-lin")
    assert [line.response for line in lines] == ["utter_faq_answer", "utter_faq_own_allowed"]
    assert lines[1].parameters["order"] == order.number
    assert lines[1].payloads == [f'/return_item{{"order_number":"{order.number}"}}']


async def test_a_guest_who_speaks_of_own_goods_gets_the_general_rule_alone(goods: Goods) -> None:
    order = (await goods.ctx.shop.list_orders("c-lin"))[0]
    (line,) = await ask(goods, f"我那双{order.lines[0].title.zh}拆封了还能退吗")
    assert line.response == "utter_faq_answer"


async def test_goods_in_general_are_not_taken_for_ones_own(goods: Goods) -> None:
    order = (await goods.ctx.shop.list_orders("c-lin"))[0]
    lines = await ask(goods, f"{order.lines[0].title.zh}拆封了能退吗", customer_id="c-lin")
    assert {line.response for line in lines} <= {"utter_faq_answer", "utter_faq_neighbours"}
