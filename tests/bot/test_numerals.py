from decimal import Decimal

import pytest

from bot.numerals import read_number, read_spoken_digits


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,299.00", "1299.00"),
        ("35,50", "35.50"),
        ("1.5万", "15000"),
        ("1.2k", "1200"),
        ("两百五", "250"),
        ("两百零五", "205"),
        ("一万二", "12000"),
        ("三千零八十", "3080"),
        ("十二", "12"),
        ("twenty-one", "21"),
        ("a hundred and five", "105"),
        ("two thousand three hundred", "2300"),
    ],
)
def test_a_number_is_read_as_it_is_said(written: str, value: str) -> None:
    assert read_number(written) == Decimal(value)


@pytest.mark.parametrize("written", ["", "abc", "一二三", "1.2.3.4"])
def test_what_is_no_number_is_none(written: str) -> None:
    assert read_number(written) is None


def test_digits_spelt_out_keep_their_zeros_and_repeats() -> None:
    assert read_spoken_digits("double oh seven") == "007"
    assert read_spoken_digits("幺三八零") == "1380"
