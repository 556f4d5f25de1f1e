"""Facts in words and the policy told by itself."""

from __future__ import annotations

from datetime import date

import pytest

from aftersales.domain.money import Money
from aftersales.domain.policy_describe import describe, placeholders, rule_text
from aftersales.domain.policy_words import day_words, filled, joined, money_words
from aftersales.domain.texts import Text
from tests.domain.policy_cases import make_policy


def test_days_are_written_as_each_language_does() -> None:
    assert day_words(date(2026, 11, 24)) == Text("2026年11月24日", "24 November 2026")
    assert day_words(date(2027, 1, 5)) == Text("2027年1月5日", "5 January 2027")


@pytest.mark.parametrize(
    ("money", "zh", "en"),
    [
        (Money(12_900, "CNY"), "129.00元", "CNY 129.00"),
        (Money(500, "JPY"), "500日元", "JPY 500"),
        (Money(1_234, "SEK"), "12.34 SEK", "SEK 12.34"),
    ],
)
def test_amounts_are_written_as_each_language_does(money: Money, zh: str, en: str) -> None:
    assert money_words(money) == Text(zh, en)


def test_sentences_are_joined_without_a_space_in_chinese() -> None:
    assert joined(Text("一。", "One."), Text("二。", "Two.")) == Text("一。二。", "One. Two.")


def test_a_missing_fact_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled(Text("{days}", "{days}"), {})


def test_every_rule_is_described_once_with_its_own_facts() -> None:
    described = describe(make_policy())
    assert len({rule_id for rule_id, _ in described}) == len(described)
    assert ("own", Text("own 15(中)", "own 15")) in described
    assert not any("{" in text.zh + text.en for _, text in described)


def test_a_rule_is_told_by_its_id() -> None:
    assert rule_text(make_policy(), "fee_ten").en == "fee 10%"
    assert rule_text(make_policy(), "fee_fixed") == Text("fee 8.00元(中)", "fee CNY 8.00")
    with pytest.raises(KeyError):
        rule_text(make_policy(), "nothing")


def test_answers_about_the_policy_get_their_facts() -> None:
    known = placeholders(make_policy())
    english = {name: text.en for name, text in known.items()}
    assert (english["window_days"], english["longest_window_days"]) == ("15", "30")
    assert (english["statutory_days"], english["fault_days"], english["refund_days"]) == ("7", "60", "7")
    assert english["shipping_no_reason"] == "you pay"
    assert english["fault_windows"] == "quality delivery"
    assert known["shipping_fault"].zh == "we pay(中)"
