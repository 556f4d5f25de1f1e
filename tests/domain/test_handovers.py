"""The queue: who comes next, how long it takes, and which seat a chat goes to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aftersales.domain.handovers import Handover, HandoverReason, expected_wait, ranked_at
from aftersales.domain.seats import GRACE, Seat, next_seat
from aftersales.domain.texts import Language
from tests.fakes import NOON

MINUTES = timedelta(minutes=1)


def waiting(
    *, language: Language = "zh", topic: str = "", vip: bool = False, meant_for: str | None = None
) -> Handover:
    return Handover(
        id="h1",
        conversation_id="c1",
        reason=HandoverReason.REQUESTED,
        language=language,
        topic=topic,
        vip=vip,
        requested_at=NOON,
        ranked_at=NOON,
        told_at=NOON,
        meant_for=meant_for,
    )


def seat(
    name: str,
    *,
    open: bool = True,
    capacity: int = 2,
    languages: frozenset[Language] = frozenset({"zh", "en"}),
    topics: frozenset[str] = frozenset(),
    vip: bool = False,
    unseen: timedelta = timedelta(),
) -> Seat:
    return Seat(
        account_id=name,
        open=open,
        capacity=capacity,
        languages=languages,
        topics=topics,
        vip=vip,
        seen_at=NOON - unseen,
    )


def test_important_and_angry_customers_have_a_head_start() -> None:
    usual = ranked_at(NOON, HandoverReason.REQUESTED, vip=False)
    assert usual == NOON
    assert ranked_at(NOON, HandoverReason.ANGER, vip=False) == NOON - 3 * MINUTES
    assert ranked_at(NOON, HandoverReason.ANGER, vip=True) == NOON - 8 * MINUTES


def test_whoever_has_waited_ten_minutes_is_passed_by_nobody() -> None:
    newest = NOON + 10 * MINUTES
    first = ranked_at(NOON, HandoverReason.REQUESTED, vip=False)
    assert all(ranked_at(newest, reason, vip=True) > first for reason in HandoverReason)


@pytest.mark.parametrize(
    ("ahead", "free", "seats", "minutes"),
    [
        (0, 1, 4, 1),  # a seat is free
        (1, 1, 4, 2),  # the next seat frees after 8 / 4
        (0, 0, 4, 2),
        (3, 0, 4, 8),
        (4, 0, 4, 10),
        (0, 0, 3, 3),  # 8 / 3, rounded up
        (0, 0, 100, 1),
        (2, 0, 0, 1),  # nobody there: never divided by
    ],
)
def test_the_wait_follows_from_the_queue_the_seats_and_the_usual_length(
    ahead: int, free: int, seats: int, minutes: int
) -> None:
    assert expected_wait(ahead=ahead, free=free, seats=seats, handling=8 * MINUTES) == minutes * MINUTES


def test_a_chat_goes_to_the_emptiest_seat_that_can_take_it() -> None:
    seats = [seat("a", capacity=4), seat("b", capacity=2), seat("c", capacity=2)]
    chosen = next_seat(waiting(), seats, loads={"a": 1, "b": 1}, now=NOON)
    assert chosen is not None
    assert chosen.account_id == "c"


@pytest.mark.parametrize(
    "unfit",
    [
        seat("a", open=False),
        seat("a", unseen=GRACE + timedelta(seconds=1)),
        seat("a", languages=frozenset({"en"})),
        seat("a", topics=frozenset({"complaints"})),
        seat("a", capacity=1),
    ],
    ids=["shut", "gone", "another language", "another matter", "full"],
)
def test_a_seat_gets_no_chat_that_it_cannot_take(unfit: Seat) -> None:
    assert next_seat(waiting(topic="returns"), [unfit], loads={"a": 1}, now=NOON) is None


def test_a_chat_that_is_meant_for_somebody_goes_to_nobody_else() -> None:
    meant = waiting(meant_for="b")
    assert next_seat(meant, [seat("a")], loads={}, now=NOON) is None
    chosen = next_seat(meant, [seat("a"), seat("b", languages=frozenset({"en"}))], loads={}, now=NOON)
    assert chosen is not None
    assert chosen.account_id == "b"


def test_important_customers_come_to_those_who_look_after_them_and_else_to_whoever_is_free() -> None:
    busy = seat("a", vip=True)
    chosen = next_seat(waiting(vip=True), [seat("b"), busy], loads={"a": 1}, now=NOON)
    assert chosen is busy
    chosen = next_seat(waiting(vip=True), [seat("b"), busy], loads={"a": 2}, now=NOON)
    assert chosen is not None
    assert chosen.account_id == "b"
