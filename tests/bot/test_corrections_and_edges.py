"""Dates, amounts, counts and corrections as customers put them, beyond the plain forms."""

from __future__ import annotations

from datetime import date

import pytest

from bot.entities import find_entities

TODAY = date(2026, 11, 21)  # a Saturday


@pytest.mark.parametrize(
    ("text", "entity", "values"),
    [
        ("上个月底买的", "date", ["2026-10-31"]),
        ("月底前能到吗", "date", ["2026-11-30"]),
        ("10月底买的", "date", ["2026-10-31"]),
        ("月初下的单", "date", ["2026-11-01"]),
        ("两个星期前买的", "date", ["2026-11-07"]),
        ("半个月前下单", "date", ["2026-11-06"]),
        ("一个月前买的", "date", ["2026-10-21"]),
        ("a fortnight ago", "date", ["2026-11-07"]),
        ("a couple of days ago I ordered", "date", ["2026-11-19"]),
        ("2 months ago", "date", ["2026-09-21"]),
        ("3 days back", "date", ["2026-11-18"]),
        ("two Fridays ago", "date", ["2026-11-13"]),
        ("last month on the 20th", "date", ["2026-10-20"]),
        ("it was on the 3rd, sorry, the 5th", "date", ["2026-11-05"]),
        ("1千2买的", "amount", ["1200.00"]),
        ("花了两千多", "amount", ["2000.00"]),
        ("花了200,哦不,是300", "amount", ["300.00"]),
        ("a pair of socks", "quantity", [1]),
        ("return a pair", "quantity", [1]),
        ("一打", "quantity", [12]),
        ("I got 2 of 3 items", "quantity", [2, 3]),
        ("3 out of 5 plates", "quantity", [3, 5]),
        ("退两件,不对,三件", "quantity", [3]),
        ("订单号1001和1002", "order_number", ["1001", "1002"]),
        ("order 1001, sorry I mean 1002", "order_number", ["1002"]),
    ],
)
def test_values_are_found(text: str, entity: str, values: list[str | int]) -> None:
    assert [one.value for one in find_entities(text, TODAY, []) if one.entity == entity] == values


@pytest.mark.parametrize("text", ["双十一的活动", "下个月的", "七天无理由", "a pair of the days", "等了两千年"])
def test_what_is_no_amount_stays_none(text: str) -> None:
    assert [one for one in find_entities(text, TODAY, []) if one.entity == "amount"] == []
