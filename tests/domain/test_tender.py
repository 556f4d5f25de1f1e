"""How a refund is shared over the payments of an order, whatever they are."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersales.domain.money import Money
from aftersales.domain.payment_methods import PaymentMethod, method_of, refunds_itself
from aftersales.domain.tender import Source, TenderMode, split_rest, split_tender

M = PaymentMethod
ORDER = tuple(PaymentMethod)
QUICK = settings(max_examples=200, deadline=None, derandomize=True)
PAYMENTS = st.lists(st.tuples(st.sampled_from(PaymentMethod), st.integers(0, 10**12)), min_size=1, max_size=6)
CURRENCIES = st.sampled_from(["CNY", "JPY", "KWD"])


def sources(payments: list[tuple[PaymentMethod, int]], currency: str = "CNY") -> list[Source]:
    return [
        Source(id=f"p{place}", method=method, free=Money(minor, currency), place=place)
        for place, (method, minor) in enumerate(payments)
    ]


def split(amount: int, held: list[Source], mode: TenderMode, currency: str = "CNY") -> dict[str, int]:
    parts = split_tender(Money(amount, currency), held, mode=mode, order=ORDER)
    assert len(dict(parts)) == len(parts)
    return {payment_id: part.minor for payment_id, part in parts}


@QUICK
@given(PAYMENTS, st.integers(0, 10**13), st.sampled_from(TenderMode), CURRENCIES)
def test_the_parts_add_up_and_none_is_above_what_is_free(
    payments: list[tuple[PaymentMethod, int]], amount: int, mode: TenderMode, currency: str
) -> None:
    held = sources(payments, currency)
    parts = split(amount, held, mode, currency)
    free = {source.id: source.free.minor for source in held}
    assert sum(parts.values()) == min(amount, sum(free.values()))
    assert all(0 < part <= free[payment_id] for payment_id, part in parts.items())


@QUICK
@given(PAYMENTS, st.integers(0, 10**12), st.sampled_from(TenderMode), st.randoms(use_true_random=False))
def test_it_does_not_matter_in_which_order_the_payments_come(
    payments: list[tuple[PaymentMethod, int]], amount: int, mode: TenderMode, dice: random.Random
) -> None:
    held = sources(payments)
    shuffled = dice.sample(held, len(held))
    wanted = Money(amount, "CNY")
    ways = [split_tender(wanted, given, mode=mode, order=ORDER) for given in (held, shuffled)]
    assert ways[0] == ways[1]


@QUICK
@given(PAYMENTS, st.lists(st.integers(1, 10**11), max_size=20), st.sampled_from(TenderMode))
def test_partial_refunds_one_after_the_other_end_at_what_was_paid(
    payments: list[tuple[PaymentMethod, int]], amounts: list[int], mode: TenderMode
) -> None:
    paid = {source.id: source.free.minor for source in sources(payments)}
    left, methods = dict(paid), [method for method, _ in payments]
    for amount in (*amounts, sum(paid.values())):
        now = sources(list(zip(methods, left.values(), strict=True)))
        for payment_id, part in split(amount, now, mode).items():
            left[payment_id] -= part
        assert all(minor >= 0 for minor in left.values())
    assert set(left.values()) <= {0}


@QUICK
@given(PAYMENTS, st.integers(0, 10**12))
def test_in_proportion_no_kind_is_a_minor_unit_off_its_exact_share(
    payments: list[tuple[PaymentMethod, int]], amount: int
) -> None:
    held = sources(payments)
    whole = sum(source.free.minor for source in held)
    wanted, parts = min(amount, whole), split(amount, held, TenderMode.PROPORTIONAL)
    for kind in {source.method for source in held}:
        own = [source for source in held if source.method is kind]
        got = sum(parts.get(source.id, 0) for source in own)
        assert abs(got * whole - wanted * sum(source.free.minor for source in own)) < max(whole, 1)


@QUICK
@given(PAYMENTS, st.integers(0, 10**13), st.sampled_from(TenderMode), st.data())
def test_a_part_that_failed_comes_again_from_its_own_payment(
    payments: list[tuple[PaymentMethod, int]], amount: int, mode: TenderMode, data: st.DataObject
) -> None:
    held = sources(payments)
    first = split(amount, held, mode)
    failed = data.draw(st.sets(st.sampled_from(sorted(first)))) if first else set()
    covered = {name: Money(part, "CNY") for name, part in first.items() if name not in failed}
    left = [replace(one, free=one.free - covered.get(one.id, Money.zero("CNY"))) for one in held]
    wanted = Money(sum(first.values()), "CNY")
    again = dict(split_rest(wanted, left, covered=covered, mode=mode, order=ORDER))
    assert {name: part.minor for name, part in again.items()} == {name: first[name] for name in failed}


@QUICK
@given(PAYMENTS, st.integers(0, 10**13), st.sampled_from(TenderMode), st.data())
def test_the_rest_adds_up_whatever_has_become_of_the_payments(
    payments: list[tuple[PaymentMethod, int]], amount: int, mode: TenderMode, data: st.DataObject
) -> None:
    held = sources(payments)
    covered = {one.id: Money(data.draw(st.integers(0, 10**11)), "CNY") for one in held}
    missing = max(amount - sum(part.minor for part in covered.values()), 0)
    rest = dict(split_rest(Money(amount, "CNY"), held, covered=covered, mode=mode, order=ORDER))
    free = {one.id: one.free.minor for one in held}
    assert sum(part.minor for part in rest.values()) == min(missing, sum(free.values()))
    assert all(0 < part.minor <= free[name] for name, part in rest.items())


def test_money_goes_back_before_points_and_coupons() -> None:
    held = sources([(M.COUPON, 1000), (M.POINTS, 2000), (M.CARD, 7000)])
    assert split(8000, held, TenderMode.IN_ORDER) == {"p2": 7000, "p1": 1000}
    assert split(8000, held, TenderMode.PROPORTIONAL) == {"p2": 5600, "p1": 1600, "p0": 800}


@pytest.mark.parametrize("mode", TenderMode)
def test_two_charges_of_one_kind_are_taken_one_after_the_other(mode: TenderMode) -> None:
    held = sources([(M.WALLET, 5000), (M.WALLET, 5000)])
    assert split(5000, held, mode) == {"p0": 5000}


def test_currencies_without_and_with_three_decimals_are_exact() -> None:
    assert split(100, sources([(M.CARD, 67), (M.POINTS, 133)], "JPY"), TenderMode.PROPORTIONAL, "JPY") == {
        "p0": 34,  # 33.5 and 66.5: the one that comes first in the order gets the yen
        "p1": 66,
    }
    dinars = sources([(M.CARD, 1), (M.COUPON, 9999)], "KWD")
    assert split(1001, dinars, TenderMode.PROPORTIONAL, "KWD") == {"p1": 1001}


def test_nothing_is_taken_of_nothing() -> None:
    assert split(100, sources([(M.CARD, 0)]), TenderMode.PROPORTIONAL) == {}
    assert split(0, sources([(M.CARD, 100)]), TenderMode.IN_ORDER) == {}


def test_a_provider_tells_the_kind_where_its_name_says_so() -> None:
    told = {name: method_of(name) for name in ("wechat_pay", "card", "gift_card", "COD", "acme")}
    assert list(told.values()) == [M.WALLET, M.CARD, M.GIFT_CARD, M.CASH_ON_DELIVERY, M.OTHER]
    assert [method for method in M if not refunds_itself(method)] == [M.CASH_ON_DELIVERY]
