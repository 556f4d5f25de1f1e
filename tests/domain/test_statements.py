"""Statements: every amount counts in one place, whatever the refunds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.errors import Invalid
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.orders import Customer, Order, Payment
from aftersales.domain.refunds import RESERVING, SETTLED, Refund, RefundState
from aftersales.domain.statements import Line, make_line, make_statement, period, totals_by_currency
from tests.contract.test_unit_of_work_money import make_refund, make_return
from tests.fakes import NOON

SHANGHAI = ZoneInfo("Asia/Shanghai")
S = RefundState
PAYMENTS = ("p0", "p1")
CURRENCY = {"p0": "CNY", "p1": "JPY"}


def make_order(captured: Sequence[int], told: Sequence[int]) -> Order:
    customer = Customer(id="c1", name="林", email="lin@example.com", phone=None, language="zh")
    payments = tuple(
        Payment(
            id=name, provider="card", captured=Money(paid, CURRENCY[name]), refunded=Money(back, CURRENCY[name])
        )
        for name, paid, back in zip(PAYMENTS, captured, told, strict=True)
    )
    return Order(
        id="o1",
        number="RD1",
        customer=customer,
        placed_at=NOON,
        cancelled_at=None,
        country="CN",
        total=payments[0].captured,
        shipping_paid=Money.zero("CNY"),
        lines=(),
        fulfilments=(),
        payments=payments,
    )


def make_one(place: int, payment: str, minor: int, state: RefundState, attempts: int) -> Refund:
    amount = Money(minor, CURRENCY[payment])
    return make_refund(f"f{place}", payment_id=payment, amount=amount, state=state, attempts=attempts)


def lines_of(refunds: Sequence[Refund]) -> list[Line]:
    return [make_line(refund, payment=None, item=None, journal=()) for refund in refunds]


AMOUNTS = st.integers(0, 10**12)
PAIRS = st.tuples(AMOUNTS, AMOUNTS)
REFUNDS = st.lists(
    st.tuples(st.sampled_from(PAYMENTS), st.integers(1, 10**12), st.sampled_from(RefundState), st.integers(0, 2)),
    max_size=12,
).map(lambda told: [make_one(place, *one) for place, one in enumerate(told)])


@given(PAIRS, PAIRS, REFUNDS)
def test_paid_is_refunded_and_reserved_and_forfeited_and_free(
    captured: tuple[int, int], told: tuple[int, int], refunds: list[Refund]
) -> None:
    statement = make_statement(make_order(captured, told), lines_of(refunds))
    for part, paid, back in zip(statement.payments, captured, told, strict=True):
        sums = part.totals
        assert sums.paid.minor == paid
        assert sums.paid == sums.refunded + sums.reserved + sums.forfeited + sums.free
        counted = [r.amount.minor for r in refunds if r.payment_id == part.payment_id and r.state in RESERVING]
        assert paid - sums.free.minor == sum(counted) + part.unbooked.minor  # nothing twice, nothing left out
        assert sums.refunded.minor >= part.unbooked.minor >= 0
        assert sums.refunded.minor + sums.reserved.minor >= back  # what the shop has paid back is never free
    whole = totals_by_currency([statement, statement])
    for part in statement.payments:
        assert whole[part.totals.paid.currency] == part.totals + part.totals


@given(PAIRS, PAIRS, REFUNDS, st.randoms(use_true_random=False))
def test_the_order_of_the_refunds_does_not_matter(
    captured: tuple[int, int], told: tuple[int, int], refunds: list[Refund], dice: object
) -> None:
    order = make_order(captured, told)
    shuffled = dice.sample(refunds, len(refunds))  # type: ignore[attr-defined]
    one, other = (make_statement(order, lines_of(given)).payments for given in (refunds, shuffled))
    assert one == other


def test_what_the_shop_paid_back_and_has_not_been_booked_yet_counts_as_refunded() -> None:
    order = make_order((1000, 0), (350, 0))
    statement = make_statement(order, lines_of([make_one(0, "p0", 300, S.SUCCEEDED, 1)]))
    part = statement.payments[0]
    assert (part.unbooked.minor, part.totals.refunded.minor, part.totals.free.minor) == (50, 350, 650)


def test_a_refund_of_a_payment_that_the_shop_has_forgotten_is_not_lost() -> None:
    refund = replace(make_one(0, "p0", 300, S.SUCCEEDED, 1), payment_id="gone")
    gone = make_statement(make_order((1000, 0), (0, 0)), lines_of([refund])).payments[-1]
    assert (gone.payment_id, gone.payment, gone.totals.free) == ("gone", None, Money(-300, "CNY"))


def entry(trigger: str, to: str, actor: str, *, before: str | None = "x") -> Entry:
    return Entry(
        subject="refund",
        subject_id="f1",
        actor=actor,
        channel="desk",
        trigger=trigger,
        from_state=before,
        to_state=to,
        at=NOON,
    )


def test_a_line_names_who_made_agreed_to_and_settled_a_refund() -> None:
    journal = [
        entry("create", "created", "customer:c1", before=None),
        entry("hold", "awaiting_approval", "system"),
        entry("consent", "awaiting_approval", "agent:wei"),
        entry("approve", "created", "agent:li"),
        entry("submit", "submitted", "system"),
        entry("settle", "succeeded", "system"),
    ]
    line = make_line(make_refund(state=S.SUCCEEDED), payment=None, item=make_return(), journal=journal)
    assert (line.rule_id, line.reason) == ("own_window", "wrong_size")
    assert line.created.actor == "customer:c1"
    assert [deed.actor for deed in line.approved] == ["agent:wei", "agent:li"]
    assert line.settled is not None
    assert line.settled.actor == "system"


@pytest.mark.parametrize("state", sorted(set(RefundState) - SETTLED))
def test_what_is_not_settled_has_no_such_time(state: RefundState) -> None:
    journal = [entry("x", state.value, "system")]
    assert make_line(make_refund(state=state), payment=None, item=None, journal=journal).settled is None


def test_a_period_is_whole_days_of_the_shops_zone() -> None:
    scope = period(date(2026, 1, 1), date(2026, 1, 31), zone=SHANGHAI)
    assert scope.since == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert scope.before == datetime(2026, 1, 31, 16, tzinfo=UTC)


def test_a_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    day = date(2026, 3, 29)
    scope = period(day, day, zone=ZoneInfo("Europe/Berlin"))
    assert scope.since is not None
    assert scope.before is not None
    assert (scope.before - scope.since).total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 2), date(2026, 1, 1)),
        (date(2025, 1, 1), date(2026, 1, 2)),
        (date.min, date.min),
        (date.max, date.max),
    ],
)
def test_a_period_that_cannot_be_is_refused(first: date, last: date) -> None:
    with pytest.raises(Invalid):
        period(first, last, zone=SHANGHAI)


def test_a_leap_year_is_a_period() -> None:
    period(date(2024, 1, 1), date(2024, 12, 31), zone=SHANGHAI)
