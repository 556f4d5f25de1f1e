"""Messages with cards as plain text: all that the cards show, and nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aftersales.domain.conversations import Message
from aftersales.domain.texts import Language
from runtime.channel_words import ChannelWords
from runtime.texts import RESPONSES, ResponseTexts

NUMBER = "RT2026112100001"
SHIRT = "· 纯棉 T 恤（天蓝 / M） ×1  ¥79.00"


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def line(**changes: Any) -> dict[str, Any]:
    shirt = {"title": "纯棉 T 恤", "options": "天蓝 / M", "quantity": 1, "amount": yuan("79.00")}
    return shirt | changes


def verdict(**changes: Any) -> dict[str, Any]:
    told = {
        "type": "verdict",
        "allowed": True,
        "rule_text": "七天内可以退。",
        "amount": yuan("79.00"),
        "to_pay": None,
        "fee": yuan("0.00"),
        "lines": [line()],
    }
    return told | changes


def filed(next_step: str | None = "把商品寄回") -> dict[str, Any]:
    return {"type": "return", "number": NUMBER, "lines": [line()], "next_step_text": next_step}


def read(text: str, *cards: dict[str, Any], language: Language = "zh") -> str:
    words = ChannelWords(ResponseTexts(RESPONSES), zone=ZoneInfo("Asia/Shanghai"))
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return words.read(Message(conversation_id="c", seq=1, author="bot", text=text, at=at, cards=cards), language)


def test_an_order_is_told_with_its_day_and_what_is_in_it() -> None:
    order = {
        "type": "order",
        "number": "RD1",
        "placed_at": "2026-11-15T20:00:00+00:00",
        "total": yuan("636.00"),
        "lines": [line(amount=None)],
    }
    assert read("哪一件？", order) == "哪一件？\n\n订单 RD1（2026-11-16，¥636.00）\n· 纯棉 T 恤（天蓝 / M） ×1"


def test_what_is_paid_back_for_which_goods_is_told_once() -> None:
    told = "可以退。纯棉 T 恤（天蓝 / M）×1：退款 ¥79.00，要提交吗？"
    assert read(told, verdict()) == told
    assert read("可以退，要提交吗？", verdict()) == f"可以退，要提交吗？\n\n{SHIRT}\n可退金额：¥79.00"


def test_each_goods_own_amount_is_told_where_the_words_have_the_sum_alone() -> None:
    cards = verdict(amount=yuan("478.00"), lines=[line(), line(title="跑鞋", amount=yuan("399.00"))])
    told = "可以退。纯棉 T 恤×1、跑鞋×1：退款 ¥478.00，要提交吗？"
    assert read(told, cards) == f"{told}\n\n{SHIRT}\n· 跑鞋（天蓝 / M） ×1  ¥399.00"


def test_the_rule_of_a_refusal_is_told_once() -> None:
    refused = verdict(allowed=False, rule_text="定制商品不能退。")
    assert read("很抱歉，不能退。定制商品不能退。", refused) == "很抱歉，不能退。定制商品不能退。"
    assert read("很抱歉，不能退。", refused) == "很抱歉，不能退。\n\n依据的规则：定制商品不能退。"


def test_a_return_that_the_words_name_is_neither_named_nor_explained_again() -> None:
    told = f"退货已提交，退货单号 {NUMBER}。单号写在包裹里。"
    assert read(told, filed()) == f"{told}\n\n{SHIRT}"


def test_how_a_return_stands_is_told_once() -> None:
    assert read("等您把商品寄回。", filed("等您把商品寄回。")) == f"等您把商品寄回。\n\n单号 {NUMBER}\n{SHIRT}"
    assert read("您的退货：", filed()) == f"您的退货：\n\n单号 {NUMBER}\n{SHIRT}\n把商品寄回"


def test_a_card_of_an_unknown_type_is_left_out() -> None:
    assert read("好的。", {"type": "map"}) == "好的。"
