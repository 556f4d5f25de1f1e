from __future__ import annotations

import pytest

from actions.changes.words import names_cancelling
from actions.complaints.words import corrects, declares_complaint
from actions.orders.words import asks_for_own_money, asks_where
from actions.social import anger_alone


@pytest.mark.parametrize(
    "text",
    "你们真是垃圾|傻逼客服|什么破店，骗子！|滚|you guys are useless|fuck you|you're all scammers|"
    "useless bot".split("|"),
)
def test_insults_alone_are_anger(text: str) -> None:
    assert anger_alone(text)


@pytest.mark.parametrize(
    "text",
    "质量太垃圾了|这鞋就是垃圾|提手断了，垃圾|it's useless, the zip broke|the lamp is crap|"
    "不喜欢|垃圾袋少发了".split("|"),
)
def test_words_about_the_goods_are_a_reason_however_strong(text: str) -> None:
    assert not anger_alone(text)


@pytest.mark.parametrize(
    "text",
    "我要投诉，四件套跟宣传的不一样|投诉快递员骂人|I want to complain, it's nothing like advertised|"
    "hi, I'd like to make a formal complaint|你好，我想投诉".split("|"),
)
def test_a_complaint_may_be_declared(text: str) -> None:
    assert declares_complaint(text)


@pytest.mark.parametrize(
    "text",
    "投诉处理得怎么样了|我要退货，不然就投诉|我不想投诉|投诉电话多少|I don't want to complain|"
    "return it or I'll complain".split("|"),
)
def test_threats_and_questions_declare_none(text: str) -> None:
    assert not declares_complaint(text)


def test_only_a_correction_changes_the_type_of_a_complaint() -> None:
    assert corrects("不是快递，是客服的问题")
    assert corrects("actually it's about the courier")
    assert not corrects("your customer service agent was rude to me as well")


@pytest.mark.parametrize("text", ["btw where's my keyboard", "对了 我的键盘到哪了", "when will my mug arrive?"])
def test_goods_are_asked_after(text: str) -> None:
    assert asks_where(text)


@pytest.mark.parametrize("text", ["where the seam is, it's open", "在哪里申请", "I don't know where it broke"])
def test_a_place_is_not_a_question_after_goods(text: str) -> None:
    assert not asks_where(text)


@pytest.mark.parametrize(
    "text", ["how long til i get my money", "when do i get my money back", "多久能拿到钱", "钱什么时候退我"]
)
def test_own_money_is_asked_for(text: str) -> None:
    assert asks_for_own_money(text)


@pytest.mark.parametrize(
    "text", ["how long do refunds take", "退款一般多久", "how long is the warranty", "我的快递多久到"]
)
def test_the_rule_and_other_days_are_another_question(text: str) -> None:
    assert not asks_for_own_money(text)


@pytest.mark.parametrize("text", ["太阳镜那单取消", "取消太阳镜那个订单", "cancel the sunglasses order"])
def test_an_order_is_cancelled_by_what_is_in_it(text: str) -> None:
    assert names_cancelling(text)


@pytest.mark.parametrize(
    "text", ["取消退货申请单", "取消投诉单", "cancel the return of my order", "don't cancel my order"]
)
def test_other_things_that_are_cancelled_are_no_orders(text: str) -> None:
    assert not names_cancelling(text)
