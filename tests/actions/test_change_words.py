from __future__ import annotations

import pytest

from actions.changes.words import asks_status, kind_heard, units_left
from aftersales.services.phones import masked, take_phone
from tests.actions.orders import said


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("改一下收货地址", "address"),
        ("收件人写错了", "address"),
        ("I've moved house since ordering", "address"),
        ("please ship it to my office", "address"),
        ("数量改2件", "quantity"),
        ("少要一件", "quantity"),
        ("make it two instead of three", "quantity"),
        ("换成蓝色的", "variant"),
        ("改大一码", "variant"),
        ("amend the colour please", "variant"),
        ("晚两天派送", "delivery"),
        ("改发驿站", "delivery"),
        ("改成顺丰", "delivery"),
        ("can we reschedule", "delivery"),
        ("send it to a locker", "delivery"),
        ("换个付款方式", "payment"),
        ("I want to pay with another card", "payment"),
        ("围巾去掉", "cancel"),
        ("take the gift wrap off my order", "cancel"),
        ("我想改一下订单", None),
        ("change my order", None),
    ],
)
def test_what_is_to_be_changed_is_heard(text: str, kind: str | None) -> None:
    assert kind_heard(said(text, "modify_order")) == kind


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("改成两件", 2),
        ("少要一件", 2),
        ("再加一件", 4),
        ("make it 2 instead of 3", 2),
        ("I only need one", 1),
        ("one less", 2),
        ("改一下", None),
    ],
)
def test_how_many_shall_be_left_is_heard(text: str, left: int | None) -> None:
    assert units_left(text, now=3) == left


@pytest.mark.parametrize("text", ["取消了吗", "改好了没有", "did you cancel it?", "is my order cancelled now?"])
def test_a_question_whether_it_is_done_is_told_from_a_wish(text: str) -> None:
    assert asks_status(said(text))


@pytest.mark.parametrize(
    "text", ["能取消吗", "可以改吗", "is it possible to cancel my order?", "can you change it"]
)
def test_a_question_whether_it_can_be_done_is_a_wish(text: str) -> None:
    assert not asks_status(said(text))


@pytest.mark.parametrize(
    ("text", "country", "phone"),
    [
        ("世纪大道100号,李雷,13800000000", "CN", "+8613800000000"),
        ("12 Park Row, Bristol BS1 5LJ, 07700 900456", "GB", "+447700900456"),
        ("call me on +1 202-555-0143", "GB", "+12025550143"),
        ("77 Lake Road Denver CO 80202-1234", "US", None),
        ("BS1 5LJ", "GB", None),
    ],
)
def test_a_phone_number_is_taken_out_of_the_words(text: str, country: str, phone: str | None) -> None:
    found, rest = take_phone(text, country=country)
    assert found == phone
    assert (rest == text) == (phone is None)


def test_the_middle_of_a_phone_number_is_masked() -> None:
    assert masked("+8613800001234") == "+86138****1234"
    assert "7700900" not in masked("+447700900456")
