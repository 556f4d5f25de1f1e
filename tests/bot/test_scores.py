"""Scores, floors and the choice of limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.floors import below_floor, read_floors
from benchmarks.scores import mistakes, score, score_entities
from benchmarks.thresholds import Point, choose, limits_at, write_limits

Row = dict[str, Any]


def pair(gold: str, guess: str, confidence: float = 1.0, decision: str = "act", **more: Any) -> tuple[Row, Row]:
    return {"intent": gold, **more}, {"intent": guess, "confidence": confidence, "decision": decision}


def test_a_further_right_intent_is_right() -> None:
    assert score([pair("return_item", "exchange_item", also=["exchange_item"])])["acc"] == 1


def test_other_trades_are_one_class() -> None:
    assert score([pair("chitchat", "out_of_scope")])["acc"] == 1


def test_only_acting_on_a_request_of_ours_is_false_for_other_trades() -> None:
    pairs = [
        pair("out_of_scope", "cancel_order"),
        pair("out_of_scope", "cancel_order", decision="clarify"),
        pair("out_of_scope", "thank"),
        pair("chitchat", "out_of_scope"),
    ]
    assert score(pairs)["false"] == 0.25


def test_cover_and_right_count_what_is_acted_on() -> None:
    pairs = [
        pair("return_item", "return_item"),
        pair("return_item", "exchange_item"),
        pair("return_item", "return_item", decision="human"),
        pair("return_item", "out_of_scope"),
    ]
    scores = score(pairs)
    assert (scores["cover"], scores["right"]) == (0.5, 0.5)


def test_calibration_error_is_the_gap_between_confidence_and_hits() -> None:
    assert score([pair("thank", "thank", 0.75), pair("thank", "deny", 0.75)])["ece"] == pytest.approx(0.25)


def test_the_surest_mistake_comes_first() -> None:
    pairs = [pair("thank", "deny", 0.4), pair("thank", "deny", 0.9), pair("thank", "thank", 1.0)]
    assert [guess["confidence"] for _, guess in mistakes(pairs)] == [0.9, 0.4]


def test_entities_must_all_be_right_in_the_order_of_the_text() -> None:
    found = {"entities": [{"entity": "quantity", "value": 2}, {"entity": "reason", "value": "late"}]}
    exact, counts = score_entities([({"entities": {"quantity": [2]}}, found)], {"quantity"})
    assert (exact, counts["quantity"]) == (1.0, (1, 1, 1))


def test_what_is_below_a_floor_is_named() -> None:
    floors = {"least": {"written_zh": {"acc": 0.9}}, "most": {"hwu64": {"false": 0.02}}}
    assert below_floor({"written_zh": {"acc": 0.9}, "hwu64": {"false": 0.02}}, floors) == []
    assert len(below_floor({"written_zh": {"acc": 0.89}, "hwu64": {"false": 0.03}}, floors)) == 2
    assert read_floors().keys() == {"least", "most"}


def test_the_boldest_point_with_room_is_chosen() -> None:
    points = [Point(limits_at(0.5), {}, 1.2, timid=False), Point(limits_at(0.6), {}, 0.9, timid=False)]
    assert choose([*points, Point(limits_at(0.7), {}, 0.5, timid=False)]).act == limits_at(0.6)


def test_a_point_that_keeps_the_floors_goes_before_one_that_hardly_acts() -> None:
    points = [Point(limits_at(0.5), {}, 1.2, timid=False), Point(limits_at(0.9), {}, 0.5, timid=True)]
    assert choose(points).act == limits_at(0.5)


def test_new_limits_replace_the_old_ones_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "decision.yml"
    file.write_text("# why\nact: {free: 0.1}\noffer: 0.2\n", encoding="utf8")
    write_limits({"free": 0.5, "usual": 0.7}, file)
    assert file.read_text(encoding="utf8") == "# why\nact: {free: 0.5, usual: 0.7}\noffer: 0.2\n"
