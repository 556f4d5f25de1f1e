"""Conditions of rules: what fits, what covers what, days of the year, and which rule comes to count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from aftersales.domain.money import Money
from aftersales.domain.policy_rules import Policy
from aftersales.domain.policy_when import ALWAYS, Day, PriceRange, Season, When
from aftersales.domain.policy_windows import HolidayWindow, SpecialWindow
from aftersales.domain.reasons import Reason
from aftersales.domain.texts import Text
from tests.domain.policy_cases import DELIVERED, decide, make_line, make_order, make_policy, purchase


def words(*names: str) -> frozenset[str]:
    return frozenset(names)


def yuan(lowest: int | None = None, highest: int | None = None) -> dict[str, PriceRange]:
    ends = [Money(minor, "CNY") if minor is not None else None for minor in (lowest, highest)]
    return {"CNY": PriceRange(lowest=ends[0], highest=ends[1])}


WINTER = Season(first=Day(month=11, day=1), last=Day(month=12, day=24))
NEW_YEAR = Season(first=Day(month=12, day=20), last=Day(month=1, day=5))
ONCE = Season(first=Day(year=2026, month=11, day=1), last=Day(year=2027, month=1, day=5))


@pytest.mark.parametrize(
    ("when", "facts", "fits"),
    [
        (ALWAYS, {}, True),
        (When(categories=words("home", "toys")), {}, True),
        (When(categories=words("toys")), {}, False),
        (When(tags=words("sale", "clearance")), {"tags": words("sale", "gift")}, True),
        (When(tags=words("sale")), {}, False),
        (When(channels=words("wechat")), {"channel": "wechat"}, True),
        (When(channels=words("wechat")), {}, False),
        (When(countries=words("FR")), {"country": "FR"}, True),
        (When(segments=words("vip")), {"segments": words("vip")}, True),
        (When(segments=words("vip")), {}, False),
        (When(categories=words("home"), countries=words("FR")), {}, False),
        (When(prices=yuan(10_000, 10_000)), {}, True),
        (When(prices=yuan(10_001)), {}, False),
        (When(prices=yuan(None, 9_999)), {}, False),
        (When(prices=yuan(0)), {"unit": Money(10_000, "EUR")}, False),
        (When(bought=WINTER), {"bought": date(2026, 12, 24)}, True),
        (When(bought=WINTER), {"bought": date(2026, 12, 25)}, False),
        (When(bought=NEW_YEAR), {"bought": date(2027, 1, 5)}, True),
        (When(bought=NEW_YEAR), {"bought": date(2026, 12, 20)}, True),
        (When(bought=NEW_YEAR), {"bought": date(2026, 7, 1)}, False),
        (When(bought=ONCE), {"bought": date(2027, 1, 5)}, True),
        (When(bought=ONCE), {"bought": date(2027, 11, 5)}, False),
    ],
)
def test_all_that_is_named_must_hold(when: When, facts: dict[str, Any], fits: bool) -> None:
    assert when.fits(purchase(**facts)) is fits


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        (ALWAYS, When(categories=words("a")), True),
        (When(categories=words("a")), ALWAYS, False),
        (When(categories=words("a", "b")), When(categories=words("a")), True),
        (When(categories=words("a")), When(categories=words("a", "b")), False),
        (When(categories=words("a")), When(categories=words("a"), countries=words("FR")), True),
        (When(prices=yuan(1)), When(prices=yuan(1)), True),
        (When(prices=yuan(1)), ALWAYS, False),
        (When(bought=WINTER), When(bought=WINTER, tags=words("x")), True),
        (When(bought=WINTER), When(bought=NEW_YEAR), False),
    ],
)
def test_one_condition_covers_another(wide: When, narrow: When, covers: bool) -> None:
    assert wide.covers(narrow) is covers


def test_a_day_of_every_year_is_the_next_one_and_may_be_today() -> None:
    end = Day(month=1, day=31)
    assert end.from_day(date(2026, 11, 20)) == date(2027, 1, 31)
    assert end.from_day(date(2027, 1, 31)) == date(2027, 1, 31)
    assert Day(year=2026, month=2, day=3).from_day(date(2027, 1, 1)) == date(2026, 2, 3)


def holiday(policy: Policy) -> Policy:
    """Bought in winter: until 31 January."""
    window = HolidayWindow(
        id="winter", text=Text("{until}前", "by {until}"), when=When(bought=WINTER), until=Day(month=1, day=31)
    )
    return replace(policy, holiday_windows=(window,))


def bought_in_winter(**line: Any) -> Any:
    return replace(make_order(make_line(**line)), placed_at=datetime(2026, 11, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("today", "allowed"), [(date(2027, 1, 31), True), (date(2027, 2, 1), False)], ids=["the last day", "after"]
)
@pytest.mark.parametrize("reason", [Reason.PRICE, Reason.LATE])
def test_what_was_bought_for_the_holidays_may_come_back_until_their_end(
    today: date, allowed: bool, reason: Reason
) -> None:
    decision = decide(bought_in_winter(), policy=holiday(make_policy()), today=today, reason=reason)
    assert decision.allowed is allowed
    assert decision.last_day == date(2027, 1, 31)
    if allowed:
        assert (decision.rule_id, decision.rule_text.en) == ("winter", "by 31 January")


def test_the_holidays_never_shorten_a_window() -> None:
    late = datetime(2027, 1, 20, tzinfo=UTC)
    order = replace(make_order(delivered_at=late), placed_at=datetime(2026, 12, 20, tzinfo=UTC))
    assert decide(order, policy=holiday(make_policy()), today=date(2027, 2, 4)).rule_id == "own"


def test_out_of_season_the_holidays_do_not_count() -> None:
    assert "winter" not in {check.id for check in decide(make_order(), policy=holiday(make_policy())).checks}


def test_the_first_window_that_fits_counts_even_where_it_is_shorter() -> None:
    def special(name: str, days: int, when: When) -> SpecialWindow:
        return SpecialWindow(id=name, text=Text(name, name), days=days, when=when)

    windows = (
        special("vip", 40, When(segments=words("vip"))),
        special("dear", 3, When(prices=yuan(50_000))),
        special("wechat", 20, When(channels=words("wechat"))),
    )
    policy = replace(make_policy(), special_windows=windows)
    order = make_order(make_line(paid=60_000), country="US")
    assert decide(order, policy=policy).rule_id == "dear"
    vip = replace(order, customer=replace(order.customer, segments=words("vip")))
    assert decide(vip, policy=policy).rule_id == "vip"
    assert decide(replace(make_order(country="US"), channel="wechat"), policy=policy).rule_id == "wechat"
    assert decide(make_order(country="US"), policy=policy).rule_id == "own"


def test_a_shop_rule_never_shortens_the_statutory_right() -> None:
    short = SpecialWindow(id="short", text=Text("", ""), days=1, when=ALWAYS)
    policy = replace(make_policy(), special_windows=(short,))
    assert decide(make_order(), policy=policy, today=date(2026, 11, 8)).rule_id == "statutory"


def test_the_price_is_that_of_one_unit() -> None:
    fee = replace(make_policy().fees[0], when=When(prices=yuan(5_001)))
    policy = replace(make_policy(), fees=(fee,))
    line = make_line(quantity=4, paid=20_000)
    assert not decide(make_order(line), policy=policy, quantity=4, today=date(2026, 11, 9)).fee
    dear = make_line(quantity=2, paid=20_000)
    assert decide(make_order(dear), policy=policy, quantity=2, today=date(2026, 11, 9)).fee.minor == 2_000


def test_the_day_of_purchase_is_that_of_the_shops_zone() -> None:
    eve = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)  # midnight of 1 November in Shanghai
    order = replace(make_order(delivered_at=DELIVERED), placed_at=eve)
    assert decide(order, policy=holiday(make_policy()), today=date(2027, 1, 31)).allowed
    order = replace(order, placed_at=datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC))
    assert not decide(order, policy=holiday(make_policy()), today=date(2027, 1, 31)).allowed
