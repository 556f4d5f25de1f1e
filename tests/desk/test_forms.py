"""Amounts that a person types at the desk: read to the minor unit or refused, never guessed."""

from __future__ import annotations

import pytest

from aftersales.domain.errors import Invalid
from aftersales.domain.money import Money
from desk.forms import read_amount

# What is another amount elsewhere or in another script, and what is no sum to pay.
OTHERS = ("1,000", "1,00", "1.000,00", "1 000", "1_000", "1e2", " 12", "12 ", "12\n", "１２", "٣", "¥12", "12 CNY")
NO_SUMS = ("", "x", "NaN", "Infinity", "-1", "+1", "0", "0.00", ".5", "5.", "12.345", "9" * 13)


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("12", "CNY", 1200),
        ("12.3", "CNY", 1230),
        ("0.01", "CNY", 1),
        ("1000.00", "CNY", 100_000),
        ("1000", "JPY", 1000),
        ("0.005", "KWD", 5),
        ("9" * 12, "CNY", 10**14 - 100),
    ],
)
def test_an_amount_is_digits_with_a_point(typed: str, currency: str, minor: int) -> None:
    assert read_amount(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize("typed", OTHERS + NO_SUMS)
def test_an_amount_that_may_mean_another_or_none_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_amount(typed, "CNY")
    assert refused.value.field == "amount"


@pytest.mark.parametrize(("typed", "currency"), [("100.5", "JPY"), ("100.0", "JPY"), ("0.0005", "KWD")])
def test_an_amount_has_no_more_decimals_than_its_currency(typed: str, currency: str) -> None:
    with pytest.raises(Invalid):
        read_amount(typed, currency)
