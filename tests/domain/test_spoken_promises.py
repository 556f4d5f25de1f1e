"""What agents promise in typed words: found with its time and amount, and nothing where nothing is promised."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aftersales.domain.promises import PromiseKind
from aftersales.domain.spoken_promises import Spoken, find_promises

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=ZONE)  # a Wednesday
KINDS = {PromiseKind.CASE_ANSWER: "answer", PromiseKind.REFUND_BY: "refund", PromiseKind.SHIP_BY: "ship"}
LINES = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "spoken_promises.tsv").read_text(encoding="utf8").splitlines()
    if not line.startswith("#")
]


def works(day: date) -> bool:
    return day.weekday() < 5


def found_in(text: str, *, now: datetime = NOW) -> list[str]:
    return [written(spoken) for spoken in find_promises(text, now=now, works=works)]


def written(spoken: Spoken) -> str:
    parts = [KINDS[spoken.kind], "-"]
    if spoken.due_at is not None:
        is_day = spoken.due_at.astimezone(ZONE).time() == time()
        day = spoken.due_at.astimezone(ZONE) - timedelta(microseconds=1)
        parts[1] = f"{day:%Y-%m-%d}" if is_day else f"{spoken.due_at:%Y-%m-%d %H:%M}"
    if spoken.amount is not None:
        parts.append(f"{spoken.amount.currency} {spoken.amount.minor / 100:,.2f}")
    return " ".join(parts)


def test_the_list_is_half_promises_and_half_none_in_both_languages() -> None:
    kinds = [(expected != "-", text.isascii()) for expected, text in LINES]
    assert len(LINES) >= 120
    assert min(kinds.count(kind) for kind in set(kinds)) >= 25


@pytest.mark.parametrize(("expected", "text"), LINES, ids=[text for _, text in LINES])
def test_a_line_of_the_list_promises_what_it_says(expected: str, text: str) -> None:
    assert found_in(text) == ([] if expected == "-" else [expected])
