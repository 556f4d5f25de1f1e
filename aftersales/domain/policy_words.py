"""Facts in words: days and amounts as each language writes them, put into the texts of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from aftersales.domain.money import Money
from aftersales.domain.texts import Text

# strftime("%B") would follow the process's locale.
_MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
_CURRENCIES_ZH = {"CNY": "元", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "HKD": "港元", "JPY": "日元"}


def same(value: object) -> Text:
    """A fact that is written alike in every language."""
    return Text(str(value), str(value))


def day_words(day: date) -> Text:
    """2026年11月24日 / 24 November 2026."""
    return Text(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {_MONTHS[day.month - 1]} {day.year}")


def day_of_year_words(month: int, day: int) -> Text:
    """1月31日 / 31 January."""
    return Text(f"{month}月{day}日", f"{day} {_MONTHS[month - 1]}")


def money_words(money: Money) -> Text:
    """129.00元 / CNY 129.00; in Chinese a currency without a common name is written 129.00 SEK."""
    amount = money.decimal()
    name = _CURRENCIES_ZH.get(money.currency)
    return Text(f"{amount}{name}" if name else f"{amount} {money.currency}", f"{money.currency} {amount}")


def listed(texts: list[Text]) -> Text:
    """Several short facts in one: 甲、乙 / a, b."""
    return Text("、".join(text.zh for text in texts), ", ".join(text.en for text in texts))


def joined(first: Text, second: Text) -> Text:
    """One sentence after the other; Chinese sets no space between."""
    return Text(first.zh + second.zh, f"{first.en} {second.en}")


def filled(text: Text, facts: Mapping[str, Text]) -> Text:
    """The text with its placeholders filled. Raises KeyError when a fact is missing."""
    return Text(
        text.zh.format(**{name: fact.zh for name, fact in facts.items()}),
        text.en.format(**{name: fact.en for name, fact in facts.items()}),
    )
