"""Which questions about price protection are claims for goods that were bought."""

from __future__ import annotations

import pytest

from actions.orders.price_words import INTENT, claims
from actions.said import Said


def said(text: str, *, intent: str = INTENT, number: str = "", choice: tuple[str, str] | None = None) -> Said:
    entities = {"order_number": (number,)} if number else {}
    return Said(text=text, intent=intent, ranking=(), entities=entities, choice=choice, photo=None)


@pytest.mark.parametrize(
    "text",
    [
        "我买的降价了，退差价",
        "我上周刚买的外套今天就便宜了，差价退我",
        "it got cheaper after I bought it, refund the difference",
        "I’ve just ordered this and the price has dropped",
        "my order costs less today, I want the difference",
    ],
)
def test_who_tells_of_a_purchase_claims(text: str) -> None:
    assert claims(said(text))


@pytest.mark.parametrize(
    "text",
    [
        "有没有价保",
        "价保多少天",
        "如果我买了之后降价怎么办",
        "我想买这件，降价了能补吗",
        "do you have price protection?",
        "if I bought it today and it drops tomorrow, what then?",
        "what happens when I have paid and it drops",
    ],
)
def test_who_asks_how_it_works_does_not(text: str) -> None:
    assert not claims(said(text))


def test_an_order_number_makes_it_a_claim() -> None:
    assert claims(said("差价 RD2026111800001", number="RD2026111800001"))


def test_the_button_claims_and_other_buttons_do_not() -> None:
    assert claims(said("/ask_price_protection", choice=("price", "check")))
    assert not claims(said("/ask_price_protection", choice=("faq", "price_period")))


def test_other_intents_never_claim() -> None:
    assert not claims(said("我买的衣服要退", intent="return_item"))
