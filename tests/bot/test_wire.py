"""What the front may send the bot, and how it is read."""

from __future__ import annotations

from typing import Any

import pytest

from bot.wire import BadTurnError, Payload, Turn, payload_of, read_turn, spoken_text, to_reply

BODY = {
    "session": "c1.1",
    "message_id": "m:1",
    "kind": "text",
    "text": "我要退货",
    "language": "zh",
    "language_fixed": False,
}


def turn(kind: str, text: str) -> Turn:
    return read_turn({**BODY, "kind": kind, "text": text})


def test_a_body_is_read_as_it_was_sent() -> None:
    assert read_turn(BODY) == Turn(**BODY)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {**BODY, "more": 1},
        {name: value for name, value in BODY.items() if name != "kind"},
        {**BODY, "session": ""},
        {**BODY, "session": 1},
        {**BODY, "session": "a b"},
        {**BODY, "session": "s" * 201},
        {**BODY, "message_id": "м"},
        {**BODY, "kind": "command"},
        {**BODY, "text": None},
        {**BODY, "text": "x" * 8001},
        {**BODY, "kind": "attachment", "text": "../secret"},
        {**BODY, "language": "fr"},
        {**BODY, "language_fixed": 1},
    ],
)
def test_any_other_body_is_refused(body: Any) -> None:
    with pytest.raises(BadTurnError):
        read_turn(body)


def test_a_refusal_does_not_repeat_what_the_customer_wrote() -> None:
    with pytest.raises(BadTurnError) as refusal:
        read_turn({**BODY, "kind": "attachment", "text": "my secret"})
    assert "my secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("我要退货", "我要退货"),
        ("/restart", "restart"),
        ("／restart", "restart"),
        (" / ／/ restart", "restart"),
        ("and/or", "and/or"),
        ("/", "?"),
        ("", "?"),
        ('/affirm{"a": 1}', 'affirm{"a": 1}'),
    ],
)
def test_a_text_is_never_a_command(written: str, spoken: str) -> None:
    assert spoken_text(written) == spoken
    assert payload_of(turn("text", written)) is None


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        ("/affirm", Payload("affirm")),
        ('/inform{"order_number": "A1"}', Payload("inform", (("order_number", "A1"),))),
        ('/inform{"item": [1, 2]}', Payload("inform", (("item", 1), ("item", 2)))),
        ("yes", None),
        ("/inform{broken", None),
        ('/inform{"a": }', None),
        ("/two words", None),
    ],
)
def test_a_choice_is_the_intent_that_it_was_offered_for(value: str, payload: Payload | None) -> None:
    assert payload_of(turn("choice", value)) == payload


def test_an_attachment_is_a_photo_that_was_given() -> None:
    payload = payload_of(turn("attachment", "att_1"))
    assert payload == Payload("inform", (("photo", "att_1"),))
    assert payload.text == '/inform{"photo": "att_1"}'


def test_what_a_payload_says_is_written_as_it_is_read() -> None:
    payload = Payload("inform", (("item", 1), ("item", 2), ("note", "好")))
    assert payload_of(turn("choice", payload.text)) == payload
    assert payload.parse_data["intent"] == {"name": "inform", "confidence": 1.0}
    assert payload.parse_data["entities"][2] == {"entity": "note", "value": "好"}


def test_buttons_become_choices_and_custom_cards_cards() -> None:
    said = {
        "text": "Which one?",
        "buttons": [{"title": "A1", "payload": "/inform"}],
        "custom": {"cards": [{"type": "order"}]},
    }
    assert to_reply(said) == {
        "text": "Which one?",
        "choices": [{"title": "A1", "value": "/inform"}],
        "cards": [{"type": "order"}],
    }


@pytest.mark.parametrize("said", [{"text": None, "custom": {"matter_done": True}}, {"text": ""}, {}])
def test_what_shows_nothing_is_no_reply(said: dict[str, Any]) -> None:
    assert to_reply(said) is None
