from __future__ import annotations

import pytest

from aftersales.domain.money import Money
from aftersales.domain.orders import Variant
from aftersales.domain.texts import Text
from aftersales.domain.variant_choice import choose, size_option


def variant(zh: str, en: str, *, product: str = "p") -> Variant:
    return Variant(
        id=en,
        product_id=product,
        sku=en,
        title=Text("商品", "Item"),
        options=Text(zh, en),
        price=Money(100, "CNY"),
        stock=1,
        image="",
    )


COLOURS = (("珊瑚红", "coral"), ("藏青", "navy"), ("天蓝", "sky blue"), ("黑色", "black"))
SHOES = [
    variant(f"{zh} / {size} 码", f"{en} / EU {size}") for zh, en in COLOURS for size in (38, 39, 39.5, 40, 42)
]
SHIRTS = [
    variant(f"{zh} / {size}", f"{en} / {size}")
    for zh, en in (("白色", "white"), ("灰色", "grey"))
    for size in ("S", "M", "L", "XL")
]
PHONES = [variant(f"{size}G", f"{size}GB") for size in (128, 256, 512)]
PACKS = [variant("小包装", "small pack"), variant("大包装", "large pack")]
LAMPS = [variant("湖绿", "teal"), variant("酒红", "burgundy")]


def chosen(text: str, variants: list[Variant], current: str) -> list[str]:
    own = next(found for found in variants if found.id == current)
    return [found.id for found in choose(text, variants, current=own).variants]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("换大一码", "coral / EU 40"),
        ("鞋子太小了，换大一号的", "coral / EU 40"),
        ("大半码就行", "coral / EU 39.5"),
        ("换小一码", "coral / EU 38"),
        ("one size up please", "coral / EU 40"),
        ("can I get half a size up", "coral / EU 39.5"),
        ("a size smaller", "coral / EU 38"),
        ("I need to go up a size", "coral / EU 40"),
        ("a bigger one", "coral / EU 40"),
        ("换成42码", "coral / EU 42"),
        ("要42的", "coral / EU 42"),
        ("EU 42 please", "coral / EU 42"),
        ("39.5", "coral / EU 39.5"),
        ("same one in black", "black / EU 39"),
        ("换个黑色的", "black / EU 39"),
        ("藏青那个", "navy / EU 39"),
        ("黑色大一码", "black / EU 40"),
        ("the black one in 42", "black / EU 42"),
        ("我买的是珊瑚红，想换成黑色", "black / EU 39"),
        ("换一双新的", "coral / EU 39"),
        ("just the same again", "coral / EU 39"),
        ("我要的是珊瑚红39码的", "coral / EU 39"),
    ],
)
def test_words_choose_a_pair_of_shoes(text: str, wanted: str) -> None:
    assert chosen(text, SHOES, "coral / EU 39") == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("换成XL", "white / XL"),
        ("换成L码", "white / L"),
        ("能换个大一码的吗", "white / L"),
        ("大两码", "white / XL"),
        ("two sizes up", "white / XL"),
        ("can I swap it for a large", "white / L"),
        ("换成大号", "white / L"),
        ("M码太大了,换S", "white / S"),
        ("灰色的有吗，换灰的", "grey / M"),
        ("grey please, size S", "grey / S"),
        ("it's too tight, I'd like an L", "white / L"),
        ("换个大码的", "white / L"),
    ],
)
def test_words_choose_a_shirt(text: str, wanted: str) -> None:
    assert chosen(text, SHIRTS, "white / M") == [wanted]


def test_other_options_than_sizes_and_colours_are_chosen_too() -> None:
    assert chosen("换256G的", PHONES, "128GB") == ["256GB"]
    assert chosen("换大包装", PACKS, "small pack") == ["large pack"]
    assert chosen("the large pack instead", PACKS, "small pack") == ["large pack"]
    assert chosen("红色的", LAMPS, "teal") == ["burgundy"]


def test_a_colour_that_two_have_is_asked_about() -> None:
    assert chosen("蓝色的有吗", SHOES, "coral / EU 39") == ["navy / EU 39", "sky blue / EU 39"]


def test_a_size_beyond_the_largest_is_said_to_be_beyond() -> None:
    choice = choose("再大一码", SHIRTS, current=SHIRTS[3])
    assert (choice.variants, choice.said, choice.beyond) == ((), True, True)


@pytest.mark.parametrize(
    "text", ["我要换货", "can I exchange this", "两件", "订单号是 RD20261107", "I'm not sure"]
)
def test_words_that_name_no_variant_choose_none(text: str) -> None:
    choice = choose(text, SHIRTS, current=SHIRTS[1])
    assert (choice.variants, choice.said) == ((), False)


def test_a_colour_that_is_not_made_in_this_size_leaves_the_sizes_open() -> None:
    few = [variant("白色 / S", "white / S"), variant("白色 / M", "white / M"), variant("黑色 / S", "black / S")]
    assert chosen("黑色的", few, "white / M") == ["black / S"]


def test_the_size_is_found_wherever_it_stands() -> None:
    assert (size_option(SHOES), size_option(PHONES), size_option(LAMPS), size_option([])) == (1, 0, None, None)


TEES = [variant(f"{zh} / {size}", f"{en} / {size}") for zh, en in COLOURS[:3] for size in ("S", "M", "L")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("换成红色的", "coral / M"),
        ("换成珊瑚红L码", "coral / L"),
        ("M改成L", "sky blue / L"),
        ("in navy, not sky blue", "navy / M"),
        ("can I have L instead of M", "sky blue / L"),
        ("change it from M to S", "sky blue / S"),
    ],
)
def test_what_is_not_wanted_any_more_does_not_count(text: str, wanted: str) -> None:
    assert chosen(text, TEES, "sky blue / M") == [wanted]
