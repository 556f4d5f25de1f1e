from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.said import put_in_answer_to
from tests.actions.orders import said


def tracker(*events: dict[str, Any]) -> Tracker:
    return Tracker("c.1", {}, {}, list(events), False, None, {}, None)


def user(number: int) -> dict[str, Any]:
    return {"event": "user", "metadata": {"message_id": f"c:{number}"}}


def slot(value: Any) -> dict[str, Any]:
    return {"event": "slot", "name": "returns_quoted", "value": value}


def test_the_message_in_whose_turn_a_slot_was_given_its_value_is_known() -> None:
    talk = tracker(slot({"minor": 1}), user(1), slot({"minor": 2}), slot(None), user(4))
    assert put_in_answer_to(talk, "returns_quoted") == "c:1"


def test_a_value_from_long_ago_has_no_message() -> None:
    assert put_in_answer_to(tracker(slot({"minor": 1}), user(1), user(4)), "returns_quoted") is None
    assert put_in_answer_to(tracker(user(1)), "returns_quoted") is None


def test_a_corrected_number_takes_the_place_of_the_mistyped_one() -> None:
    opening = said("return order RD1", "return_item", order_number="RD1")
    assert opening.naming("order_number", "RD2").first("order_number") == "RD2"
    assert said("return it", "return_item").naming("order_number", "RD2").first("order_number") is None
