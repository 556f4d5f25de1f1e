"""Policies and orders of every kind for the property tests: lawful ones, as the checker lets them pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st

from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy_remedy_rules import Donation
from aftersales.domain.policy_rules import Exclusion, Fee, Policy
from aftersales.domain.policy_when import ALWAYS, Day, PriceRange, Season, When
from aftersales.domain.policy_windows import HolidayWindow, SpecialWindow, StatutoryRight
from aftersales.domain.texts import Text
from tests.domain.policy_cases import make_line, make_order, make_policy

T = TypeVar("T")

CATEGORIES = ["home", "shoes", "electronics", "furniture", "food"]
TAGS = ["hygiene", "final_sale", "made_to_order", "gift"]
WINTER = Season(first=Day(month=11, day=1), last=Day(month=12, day=24))
LONGEST_OWN = 40
DELIVERED = date(2026, 11, 10)  # the first day on which a parcel arrives

WORDS = Text("规则", "rule")
NAMED = Text("{delivered_day} {last_day}", "{delivered_day} {last_day}")


def words(*names: str) -> frozenset[str]:
    return frozenset(names)


def yuan(lowest: int | None, highest: int | None) -> dict[str, PriceRange]:
    ends = [None if minor is None else Money(minor, "CNY") for minor in (lowest, highest)]
    return {"CNY": PriceRange(lowest=ends[0], highest=ends[1])}


# Chosen from lists rather than built: a policy has many parts, and building each from smaller ones takes far
# longer than judging by it.
CONDITIONS = [
    ALWAYS,
    *(When(categories=words(name)) for name in CATEGORIES),
    *(When(tags=words(name)) for name in TAGS),
    *(When(countries=words(name)) for name in ("CN", "DE", "US")),
    When(categories=words("home", "shoes"), countries=words("CN")),
    When(channels=words("wechat")),
    When(segments=words("vip")),
    When(prices=yuan(5_000, None)),
    When(prices=yuan(None, 20_000), categories=words("home", "electronics")),
    When(bought=WINTER),
    When(bought=WINTER, tags=words("gift")),
]
TRAITS = [words(), words(), words("hygiene"), words("final_sale"), words("gift"), words("gift", "made_to_order")]
TOLD = Text("收 {fee}", "kept: {fee}")
RATES: list[tuple[Decimal | None, dict[str, Money]]] = [
    *((Decimal(percent), {}) for percent in ("0.01", "10", "33.33", "99.99", "100")),
    *((None, {"CNY": Money(minor, "CNY")}) for minor in (1, 999, 20_000)),
]


def conditions() -> st.SearchStrategy[When]:
    return st.sampled_from(CONDITIONS)


def exclusions() -> st.SearchStrategy[Exclusion]:
    found = [
        Exclusion(id="shut", text=WORDS, when=when, statutory=statutory)
        for when in CONDITIONS
        for statutory in (True, False)
    ]
    return st.sampled_from(found)


def fees() -> st.SearchStrategy[Fee]:
    found = [
        Fee(id="fee", text=WORDS, applied=TOLD, when=when, percent=percent, fixed=fixed)
        for when in CONDITIONS
        for percent, fixed in RATES
    ]
    return st.sampled_from(found)


def at_most_one(of: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.one_of(st.just(()), of.map(lambda one: (one,)))


@st.composite
def policies(draw: st.DrawFn, *, holidays: bool = True) -> Policy:
    """No window without a fault is longer than one with it, as the checker demands."""
    policy = make_policy()
    days = st.integers(1, LONGEST_OWN)
    rights = draw(st.sampled_from([(), ("CN",), ("CN", "DE")]))
    lawful, postage = draw(st.integers(7, 14)), draw(st.booleans())
    specials = draw(at_most_one(st.tuples(days, conditions())))
    seasons = draw(at_most_one(conditions())) if holidays else ()
    fault, exchange = draw(st.integers(LONGEST_OWN, 90)), draw(st.integers(90, 120))
    limit = replace(policy.automatic_limit, applied=Text("{amount}/{limit}", "{amount} of {limit}"))
    return replace(
        policy,
        statutory=tuple(_right(country, days=lawful, postage=postage) for country in rights),
        default_window=replace(policy.default_window, days=draw(days)),
        special_windows=tuple(
            SpecialWindow(id=f"special_{n}", text=WORDS, applied=NAMED, days=d, when=when)
            for n, (d, when) in enumerate(specials)
        ),
        holiday_windows=tuple(_holiday(when) for when in seasons),
        fault_windows=tuple(
            replace(window, days=fault, exchange_days=exchange) for window in policy.fault_windows
        ),
        exclusions=(*policy.exclusions, *draw(at_most_one(exclusions()))),
        fees=draw(at_most_one(fees())),
        automatic_limit=limit,
        remedies=_with_donations(policy, draw(at_most_one(conditions()))),
    )


def _right(country: str, *, days: int, postage: bool) -> StatutoryRight:
    return StatutoryRight(
        id=f"law_{country.lower()}",
        text=WORDS,
        applied=NAMED,
        days=days,
        countries=frozenset({country}),
        outbound_shipping=postage,
    )


def _holiday(when: When) -> HolidayWindow:
    until = Day(month=1, day=31)
    return HolidayWindow(id="winter", text=WORDS, applied=NAMED, when=replace(when, bought=WINTER), until=until)


def _with_donations(policy: Policy, found: tuple[When, ...]) -> Any:
    given = tuple(
        Donation(id="donation", text=WORDS, when=when, amounts={"CNY": Money(8_000, "CNY")}) for when in found
    )
    refund_only = replace(policy.remedies.refund_only, donations=given)
    return replace(policy.remedies, refund_only=refund_only)


LINES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "category": st.sampled_from(CATEGORIES),
        "tags": st.sampled_from(TRAITS),
        "quantity": st.integers(1, 5),
        "returned": st.sampled_from([0, 0, 1, 2]),
        "paid": st.integers(0, 90_000),
    }
)
TODAY = st.integers(0, 130).map(lambda days: DELIVERED + timedelta(days=days))


@st.composite
def orders(draw: st.DrawFn, *, lines: int = 1, delivered: bool = True) -> Order:
    """Of one or more lines l1, l2 …, bought in the season or before it."""
    when = draw(st.integers(0, 5)) if delivered else None
    order = make_order(
        *(make_line(f"l{n}", **draw(LINES)) for n in range(1, lines + 1)),
        country=draw(st.sampled_from(["CN", "DE", "US"])),
        delivered_at=None if when is None else datetime(2026, 11, 10 + when, 4, tzinfo=UTC),
        refunded=draw(st.sampled_from([0, 0, 700, 100_000])),
        shipping=draw(st.sampled_from([0, 800])),
    )
    return replace(
        order,
        placed_at=draw(st.sampled_from([datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)])),
        channel=draw(st.sampled_from(["", "web", "wechat"])),
        customer=replace(order.customer, segments=draw(st.sampled_from([words(), words("vip")]))),
    )
