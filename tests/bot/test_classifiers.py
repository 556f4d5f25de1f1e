"""How classifiers are measured against each other; what they are is not measured here."""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchmarks.classifiers.examples import HELD_OUT, Example, split
from benchmarks.classifiers.measure import limit_at, measure, measure_held_out
from benchmarks.classifiers.report import heading, line

Row = dict[str, Any]


class ByRote:
    """Knows what it has learnt, and takes the rest for returns, less sure."""

    def __init__(self, texts: list[str], labels: list[str]) -> None:
        self._known = dict(zip(texts, labels, strict=True))

    def read(self, text: str) -> tuple[str, float]:
        return (self._known[text], 0.9) if text in self._known else ("return_item", 0.2)

    def size(self) -> int:
        return 3_000_000


def gold(text: str, intent: str) -> Row:
    return {"text": text, "intent": intent}


def guess(intent: str, confidence: float) -> Row:
    return {"intent": intent, "confidence": confidence}


EXAMPLES = [
    Example("我要退货", "return_item", "zh"),
    Example("取消订单", "cancel_order", "zh"),
    Example("send it back", "return_item", "en"),
    Example("cancel it", "cancel_order", "en"),
    Example("讲个笑话", "chitchat", "zh"),
]
SETS = {
    "written_zh": [
        gold("我要退货", "return_item"),
        gold("取消订单", "cancel_order"),
        gold("讲个笑话", "chitchat"),
    ],
    "written_en": [gold("send it back", "return_item"), gold("cancel it", "cancel_order")],
    "hint3": [gold("open an account", "out_of_scope"), gold("cancel it", "out_of_scope")],
}


def test_the_limit_lets_the_wanted_share_of_our_requests_through() -> None:
    ours = [(gold("", "return_item"), guess("return_item", number / 10)) for number in range(1, 11)]
    others = [(gold("", "chitchat"), guess("return_item", 1.0))] * 5
    assert limit_at(ours + others, 0.8) == 0.3


def test_where_too_few_are_taken_for_ours_the_limit_is_the_lowest_confidence() -> None:
    pairs = [
        (gold("", "return_item"), guess("return_item", 0.6)),
        (gold("", "return_item"), guess("out_of_scope", 0.9)),
    ]
    assert limit_at(pairs, 0.8) == 0.6


def test_requests_of_our_trade_alone_are_held_out_and_the_same_ones_each_time() -> None:
    many = [Example(f"退货 {number}", "return_item", "zh") for number in range(3000)]
    small_talk = [Example(f"你好吗 {number}", "chitchat", "zh") for number in range(30)]
    kept, held = split(many + small_talk)
    assert len(held) == pytest.approx(HELD_OUT * len(many), rel=0.1)
    assert not set(held) & set(small_talk)
    assert set(kept) | set(held) == {*many, *small_talk}
    assert split(many + small_talk) == (kept, held)


def test_held_out_examples_are_asked_for_by_language() -> None:
    kept = [EXAMPLES[0], EXAMPLES[2], EXAMPLES[3], EXAMPLES[4]]
    assert measure_held_out(ByRote, kept, [EXAMPLES[1]]) == {"zh": 0.0, "en": pytest.approx(math.nan, nan_ok=True)}
    assert measure_held_out(ByRote, kept, EXAMPLES[:3]) == {"zh": 0.5, "en": 1.0}


def test_what_is_less_sure_than_the_limit_is_not_acted_on() -> None:
    result = measure(ByRote, EXAMPLES, SETS)
    assert (result.right["written_zh"], result.right["hint3"]) == (1, 0)
    assert result.false["hint3"] == 0.5


def test_a_row_has_a_cell_for_each_column_and_a_dash_for_a_set_that_was_not_there() -> None:
    names, dashes = heading(31101)
    row = line("by rote", measure(ByRote, EXAMPLES, SETS))
    assert "from 31,101 examples" in names
    assert names.count("|") == dashes.count("|") == row.count("|")
    assert row.startswith("| by rote | 1.000 | 1.000 | – |")
    assert row.endswith("| 3 |")
