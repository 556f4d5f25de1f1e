from __future__ import annotations

import pytest

from aftersales.domain.product_match import counted, match

TITLES = {
    "run": ("轻云缓震跑鞋", "CloudLite running shoes"),
    "jeans": ("直筒牛仔裤", "Straight-cut jeans"),
    "briefs": ("莫代尔内裤三条装", "Modal briefs, pack of three"),
    "tote": ("帆布托特包", "Canvas tote"),
    "hoodie": ("抓绒连帽卫衣", "Fleece hoodie"),
    "cap": ("棒球帽", "Baseball cap"),
    "linen": ("水洗棉四件套", "Washed cotton bed linen"),
    "case": ("液态硅胶手机壳", "Liquid silicone phone case"),
    "novel": ("《河流尽头的车站》", "The Station at the River's End (novel)"),
    "glasses": ("偏光太阳镜", "Polarised sunglasses"),
}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("那双鞋", "run"),
        ("return my sneakers", "run"),
        ("the trainers don't fit", "run"),
        ("裤子太长了", "jeans"),
        ("the trousers", "jeans"),
        ("那个包不想要了", "tote"),
        ("my bag", "tote"),
        ("帽子", "cap"),
        ("the jumper", "hoodie"),
        ("床单掉色", "linen"),
        ("the duvet set", "linen"),
        ("手机套", "case"),
        ("phone cover", "case"),
        ("那本书", "novel"),
        ("墨镜", "glasses"),
        ("my shades", "glasses"),
    ],
)
def test_a_general_noun_stands_for_the_goods_of_its_kind(said: str, meant: str) -> None:
    assert match(said, TITLES) == (meant,)


def test_a_title_that_is_named_counts_more_than_its_kind() -> None:
    two = {**TITLES, "boots": ("防水登山靴", "Waterproof hiking boots")}
    assert match("那双鞋", two) == ("run", "boots")
    assert match("跑鞋", two) == ("run",)
    assert match("the hiking boots", two) == ("boots",)


def test_goods_of_a_kind_are_counted() -> None:
    assert counted("2 pairs, I mean two sneakers", TITLES["run"]) == 2


@pytest.mark.parametrize("said", ["包裹还没到", "can you book a pickup", "说明书丢了", "你们包邮吗"])
def test_words_that_only_look_like_a_kind_are_none(said: str) -> None:
    assert match(said, TITLES) == ()


@pytest.mark.parametrize("said", ["买了两双鞋只收到一双", "I ordered two sneakers and got one", "买2双跑鞋"])
def test_what_was_bought_is_no_count_of_what_goes_back(said: str) -> None:
    assert counted(said, TITLES["run"]) is None
