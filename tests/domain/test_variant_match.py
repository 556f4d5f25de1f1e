from __future__ import annotations

import pytest

from aftersales.domain.money import Money
from aftersales.domain.orders import Variant
from aftersales.domain.texts import Text
from aftersales.domain.variant_match import match_variants


def made(colour: tuple[str, str, str], size: str) -> Variant:
    key, zh, en = colour
    return Variant(
        id=f"{key}-{size}",
        product_id="p",
        sku=f"{key}-{size}",
        title=Text("", ""),
        options=Text(f"{zh} / {size}", f"{en} / {size}"),
        price=Money(7900, "CNY"),
        stock=1,
        image="",
    )


COLOURS = (("blue", "天蓝", "sky blue"), ("coral", "珊瑚红", "coral"), ("navy", "藏青", "navy"))
TEES = [made(colour, size) for colour in COLOURS for size in ("S", "M", "L")]
SHOES = [made(colour, size) for colour in COLOURS for size in ("38 码", "40 码", "42 码")]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("换成红色的", "coral-M"),
        ("换成珊瑚红L码", "coral-L"),
        ("M改成L", "blue-L"),
        ("大一码", "blue-L"),
        ("换小一号的", "blue-S"),
        ("in navy, not sky blue", "navy-M"),
        ("can I have L instead of M", "blue-L"),
        ("change it from M to S", "blue-S"),
        ("one size up please", "blue-L"),
        ("coral, size S", "coral-S"),
    ],
)
def test_words_find_the_variant(said: str, found: str) -> None:
    assert match_variants(said, TEES, current="blue-M") == (found,)


def test_sizes_with_a_unit_are_found_without_it() -> None:
    assert match_variants("那双38的,帮我调成40", SHOES, current="navy-38 码") == ("navy-40 码",)


@pytest.mark.parametrize("said", ["换个颜色", "change the colour", "地址改一下", "blue M", "XXL"])
def test_words_that_name_no_other_variant_find_none(said: str) -> None:
    assert match_variants(said, TEES, current="blue-M") == ()


def test_there_is_no_size_beyond_the_last() -> None:
    assert match_variants("大一码", TEES, current="blue-L") == ()
    assert match_variants("大一码", [], current="blue-L") == ()


def test_what_fits_several_is_told_as_several() -> None:
    assert match_variants("coral or navy", TEES, current="blue-M") == ("coral-M", "navy-M")
