"""Quiet hours, by the shop's clock."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from aftersales.domain.preferences import Preferences, quiet_until

SHANGHAI = ZoneInfo("Asia/Shanghai")


def until(local: str, begin: time = time(22), end: time = time(8)) -> str | None:
    preferences = Preferences(customer_id="c", quiet_from=begin, quiet_to=end)
    at = datetime.fromisoformat(f"2026-11-{local}").replace(tzinfo=SHANGHAI).astimezone(UTC)
    found = quiet_until(preferences, at, SHANGHAI)
    return found.isoformat()[8:16] if found else None


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("21T21:59", None),
        ("21T22:00", "22T08:00"),
        ("21T23:59", "22T08:00"),
        ("22T00:00", "22T08:00"),
        ("22T07:59", "22T08:00"),
        ("22T08:00", None),
    ],
)
def test_quiet_hours_may_go_over_midnight(at: str, end: str | None) -> None:
    assert until(at) == end


@pytest.mark.parametrize(("at", "end"), [("21T12:59", None), ("21T13:00", "21T14:30"), ("21T14:30", None)])
def test_quiet_hours_may_lie_within_a_day(at: str, end: str | None) -> None:
    assert until(at, time(13), time(14, 30)) == end


def test_two_equal_times_mean_none() -> None:
    assert until("21T22:00", time(22), time(22)) is None
