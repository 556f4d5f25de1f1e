"""Exchanges and refunds without a return: what the rules say, and that they say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.money import Money
from aftersales.domain.orders import Order, OrderLine, Variant
from aftersales.domain.policy import Decision, Quote
from aftersales.domain.policy_remedies import evaluate, possible_remedies
from aftersales.domain.policy_remedy_rules import Donation
from aftersales.domain.policy_rules import Policy
from aftersales.domain.policy_when import ALWAYS, When
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Swap, Wish
from aftersales.domain.texts import Text
from tests.domain.policy_cases import SHANGHAI, make_line, make_order, make_policy

TODAY = date(2026, 11, 3)


def swap(price: int = 10_000, *, listed: int | None = 10_000, stock: int = 5, variant: str = "v-other") -> Swap:
    """Today's price of the new unit, and of the one that goes back."""
    return Swap(
        variant=Variant(
            id=variant,
            product_id="p-l1",
            sku=variant,
            title=Text("商品", "Item"),
            options=Text("", ""),
            price=Money(price, "CNY"),
            stock=stock,
            image="",
        ),
        listed=None if listed is None else Money(listed, "CNY"),
    )


def quote(
    order: Order,
    wish: Wish,
    *,
    swaps: dict[str, Swap] | None = None,
    items: Any = (("l1", 1),),
    reason: Reason = Reason.WRONG_SIZE,
    today: date = TODAY,
) -> Quote:
    return evaluate(
        make_policy(),
        wish=wish,
        swaps=swaps or {},
        order=order,
        items=list(items),
        reason=reason,
        today=today,
        zone=SHANGHAI,
    )


def exchange(line: OrderLine, into: Swap | None, *, quantity: int = 1, **changes: Any) -> Decision:
    swaps = {line.id: into} if into else {}
    wish = Wish(remedy=Remedy.EXCHANGE)
    return quote(make_order(line), wish, swaps=swaps, items=[(line.id, quantity)], **changes).decision


def refund_only(line: OrderLine, *, quantity: int = 1, asked: int | None = None, **changes: Any) -> Decision:
    wish = Wish(remedy=Remedy.REFUND_ONLY, asked=Money(asked, "CNY") if asked is not None else None)
    return quote(make_order(line), wish, items=[(line.id, quantity)], **changes).decision


# Exchange


def test_an_even_exchange_costs_and_brings_nothing() -> None:
    decision = exchange(make_line(), swap())
    assert (decision.allowed, decision.rule_id, decision.remedy) == (True, "exchange_window", Remedy.EXCHANGE)
    assert (decision.amount.minor, decision.to_pay, decision.needs_human) == (0, None, False)


def test_a_dearer_one_is_paid_for_and_says_so() -> None:
    decision = exchange(make_line(quantity=2, paid=20_000), swap(12_000), quantity=2)
    assert decision.to_pay == Money(4_000, "CNY")
    (told,) = (check for check in decision.checks if check.id == "difference")
    assert "CNY 240.00 CNY 40.00" in told.text.en
    assert "payment" in {term.id for term in decision.terms}


def test_a_cheaper_one_brings_the_difference_back() -> None:
    decision = exchange(make_line(), swap(8_000))
    assert (decision.amount, decision.to_pay) == (Money(2_000, "CNY"), None)
    assert decision.refund_by == date(2026, 11, 10)


def test_what_was_bought_at_half_price_brings_half_of_the_difference_back() -> None:
    assert exchange(make_line(paid=5_000), swap(8_000)).amount == Money(1_000, "CNY")


def test_a_present_price_below_what_was_paid_makes_no_difference() -> None:
    assert exchange(make_line(paid=10_000), swap(7_000, listed=7_000)).amount.minor == 0


def test_what_is_no_longer_on_sale_counts_with_what_was_paid() -> None:
    assert exchange(make_line(paid=10_000), swap(7_000, listed=None)).amount == Money(3_000, "CNY")


def test_a_high_difference_is_released_by_a_person() -> None:
    decision = exchange(make_line(paid=90_000), swap(10_000, listed=90_000))
    assert decision.needs_human
    assert any(check.id == "limit" and not check.passed for check in decision.checks)


def test_too_few_in_stock_refuse_it_with_the_numbers() -> None:
    decision = exchange(make_line(quantity=2), swap(stock=1), quantity=2)
    assert (decision.allowed, decision.rule_id) == (False, "stock")
    assert "2/1" in decision.rule_text.en


@pytest.mark.parametrize(
    ("line", "reason", "today", "rule"),
    [
        (make_line(category="food"), Reason.DAMAGED, TODAY, "exchange_food"),
        (make_line(tags=frozenset({"hygiene"})), Reason.WRONG_SIZE, TODAY, "no_hygiene"),
        (make_line(), Reason.PRICE, TODAY, "exchange_reasons"),
        (make_line(), Reason.WRONG_SIZE, date(2026, 11, 22), "exchange_window"),
        (make_line(returned=1), Reason.WRONG_SIZE, TODAY, "left"),
    ],
    ids=["category", "hygiene", "price", "late", "back already"],
)
def test_what_is_not_exchanged_names_its_rule(line: OrderLine, reason: Reason, today: date, rule: str) -> None:
    decision = exchange(line, swap(), reason=reason, today=today)
    assert (decision.allowed, decision.rule_id) == (False, rule)
    assert decision.amount.minor == 0
    assert decision.to_pay is None


def test_a_fault_opens_its_own_longer_window_and_hygiene_does_not_matter() -> None:
    line = make_line(tags=frozenset({"hygiene"}))
    decision = exchange(line, swap(), reason=Reason.DEFECTIVE, today=date(2026, 12, 20))
    assert (decision.allowed, decision.rule_id, decision.who_pays_shipping) == (True, "fault_quality", "merchant")


def test_what_never_came_is_sent_again_free_and_above_a_limit_by_a_person() -> None:
    same = swap(variant="v-l1")
    small = exchange(make_line(category="food"), same, reason=Reason.MISSING_ITEM)
    assert (small.allowed, small.needs_human, small.to_pay) == (True, False, None)
    dear = exchange(make_line(paid=50_000), same, reason=Reason.MISSING_ITEM)
    assert (dear.allowed, dear.needs_human) == (True, True)


def test_differences_of_several_lines_are_set_off_against_each_other() -> None:
    order = make_order(make_line("l1"), make_line("l2"))
    swaps = {"l1": swap(13_000), "l2": swap(9_000)}
    got = quote(order, Wish(remedy=Remedy.EXCHANGE), swaps=swaps, items=[("l1", 1), ("l2", 1)])
    assert (got.decision.amount.minor, got.decision.to_pay) == (0, Money(2_000, "CNY"))


# Refund without a return


@pytest.mark.parametrize("refunded", [19_000, 19_999])
def test_a_difference_brings_no_more_than_is_left_of_the_payments_and_a_person_looks(refunded: int) -> None:
    order = make_order(make_line(paid=10_000), make_line("l2", paid=10_000), refunded=refunded)
    swaps = {"l1": swap(6_000), "l2": swap(6_000)}
    for items in ([("l1", 1)], [("l1", 1), ("l2", 1)]):
        decision = quote(order, Wish(remedy=Remedy.EXCHANGE), swaps=swaps, items=items).decision
        assert (decision.allowed, decision.amount.minor) == (True, 20_000 - refunded)
        assert decision.needs_human
        assert any(check.id.endswith("refundable") and not check.passed for check in decision.checks)


def test_two_differences_that_each_would_be_covered_are_held_against_what_is_left_together() -> None:
    order = make_order(make_line(paid=3_000), make_line("l2", paid=3_000), refunded=2_500)
    swaps = {name: swap(100, listed=3_000) for name in ("l1", "l2")}
    items = [("l1", 1), ("l2", 1)]
    decision = quote(order, Wish(remedy=Remedy.EXCHANGE), swaps=swaps, items=items).decision
    assert (decision.amount.minor, decision.needs_human) == (3_500, True)
    assert [check.id for check in decision.checks if not check.passed] == ["refundable"]


def test_missing_units_are_refunded_without_a_return() -> None:
    decision = refund_only(make_line(quantity=3, paid=30_000), quantity=2, reason=Reason.MISSING_ITEM)
    assert (decision.allowed, decision.rule_id, decision.amount.minor) == (True, "missing", 20_000)
    assert decision.refund_by == date(2026, 11, 6)


@pytest.mark.parametrize(("paid", "allowed"), [(6_000, True), (6_001, False)])
def test_small_faulty_goods_are_kept_up_to_the_limit(paid: int, allowed: bool) -> None:
    decision = refund_only(make_line(paid=paid), reason=Reason.DAMAGED)
    assert (decision.allowed, decision.rule_id) == (allowed, "returnless")
    assert "CNY 60.00" in decision.rule_text.en


def test_the_limit_is_held_against_one_unit() -> None:
    assert refund_only(make_line(quantity=5, paid=30_000), quantity=5, reason=Reason.DAMAGED).allowed


def test_a_currency_without_a_limit_has_none_to_give() -> None:
    assert not refund_only(make_line(paid=100, currency="USD"), reason=Reason.DAMAGED).allowed


def test_goods_without_a_fault_are_never_kept() -> None:
    decision = refund_only(make_line(paid=100), reason=Reason.NO_LONGER_NEEDED)
    assert (decision.allowed, decision.rule_id) == (False, "otherwise")


def test_a_part_of_the_price_is_decided_by_a_person_and_never_more_than_paid() -> None:
    some = refund_only(make_line(), asked=3_000, reason=Reason.DAMAGED)
    assert (some.allowed, some.needs_human, some.amount.minor, some.rule_id) == (True, True, 3_000, "part")
    more = refund_only(make_line(), asked=10_001, reason=Reason.DAMAGED)
    assert (more.allowed, more.rule_id) == (False, "part")
    assert "CNY 100.01 CNY 100.00" in more.rule_text.en


def test_a_part_is_spread_over_the_lines() -> None:
    order = make_order(make_line("l1"), make_line("l2"))
    wish = Wish(remedy=Remedy.REFUND_ONLY, asked=Money(12_000, "CNY"))
    got = quote(order, wish, items=[("l1", 1), ("l2", 1)], reason=Reason.DAMAGED)
    assert [line.decision.amount.minor for line in got.lines] == [10_000, 2_000]
    assert got.decision.amount.minor == 12_000


# What is possible


@pytest.mark.parametrize(
    ("line", "reason", "possible"),
    [
        (make_line(), Reason.WRONG_SIZE, ["return", "exchange"]),
        (make_line(), Reason.MISSING_ITEM, ["exchange", "refund_only"]),
        (make_line(paid=5_000), Reason.DAMAGED, ["return", "exchange", "refund_only"]),
        (make_line(category="food"), Reason.DAMAGED, ["return"]),
        (make_line(tags=frozenset({"hygiene"})), Reason.NO_LONGER_NEEDED, []),
    ],
)
def test_the_possible_remedies_are_those_that_the_rules_allow(
    line: OrderLine, reason: Reason, possible: list[str]
) -> None:
    found = possible_remedies(
        make_policy(), order=make_order(line), items=[("l1", 1)], reason=reason, today=TODAY, zone=SHANGHAI
    )
    assert list(found) == possible


def given_away(*, limit: int = 6_000, when: When = ALWAYS) -> Policy:
    policy = make_policy()
    donation = Donation(
        id="donation",
        text=Text("转赠", "give it away"),
        applied=Text("{unit}/{limit}", "{unit} of {limit}"),
        when=when,
        amounts={"CNY": Money(limit, "CNY")},
    )
    refund_only = replace(policy.remedies.refund_only, donations=(donation,))
    return replace(policy, remedies=replace(policy.remedies, refund_only=refund_only))


@pytest.mark.parametrize(
    ("line", "reason", "day", "rule"),
    [
        (make_line(paid=6_000), Reason.WRONG_SIZE, 3, "donation"),
        (make_line(paid=6_001), Reason.WRONG_SIZE, 3, None),
        (make_line(paid=6_000, tags=frozenset({"hygiene"})), Reason.WRONG_SIZE, 3, None),
        (make_line(paid=6_000), Reason.WRONG_SIZE, 20, None),
        (make_line(paid=6_000), Reason.DAMAGED, 3, "returnless"),
        (make_line(paid=6_000), Reason.WRONG_ITEM, 3, "donation"),
        (make_line(paid=6_000, category="food"), Reason.PRICE, 3, "donation"),
    ],
    ids=["small", "dear", "excluded", "late", "faulty", "wrong item", "any category"],
)
def test_small_things_that_could_come_back_may_be_given_away(
    line: OrderLine, reason: Reason, day: int, rule: str | None
) -> None:
    decision = evaluate(
        given_away(),
        wish=Wish(remedy=Remedy.REFUND_ONLY),
        swaps={},
        order=make_order(line),
        items=[(line.id, 1)],
        reason=reason,
        today=date(2026, 11, day),
        zone=SHANGHAI,
    ).decision
    assert (decision.rule_id if decision.allowed else None) == rule
    if rule:
        assert (decision.amount, decision.fee.minor) == (line.paid, 0)


def test_only_the_goods_that_are_named_may_be_given_away() -> None:
    policy = given_away(when=When(categories=frozenset({"food"})))
    matter: dict[str, Any] = {"items": [("l1", 1)], "reason": Reason.PRICE, "today": TODAY, "zone": SHANGHAI}
    kept = possible_remedies(policy, order=make_order(make_line(paid=500, category="food")), **matter)
    assert Remedy.REFUND_ONLY in kept
    assert Remedy.REFUND_ONLY not in possible_remedies(policy, order=make_order(make_line(paid=500)), **matter)


def test_missing_units_cannot_be_sent_back() -> None:
    decision = quote(make_order(), Wish(), reason=Reason.MISSING_ITEM).decision
    assert (decision.allowed, decision.rule_id) == (False, "goods_back")


@given(
    remedy=st.sampled_from(Remedy),
    reason=st.sampled_from(Reason),
    paid=st.integers(0, 90_000),
    refunded=st.sampled_from([0, 700, 100_000]),
    tags=st.frozensets(st.sampled_from(["hygiene", "final_sale"]), max_size=1),
    category=st.sampled_from(["home", "food", "electronics"]),
    quantity=st.integers(-1, 4),
    price=st.integers(0, 90_000),
    stock=st.integers(0, 4),
    asked=st.none() | st.integers(-1, 90_000),
    day=st.integers(1, 30),
)
def test_a_wish_is_allowed_exactly_when_its_required_checks_pass_and_never_brings_more_than_was_paid(
    remedy: Remedy,
    reason: Reason,
    paid: int,
    refunded: int,
    tags: frozenset[str],
    category: str,
    quantity: int,
    price: int,
    stock: int,
    asked: int | None,
    day: int,
) -> None:
    order = make_order(make_line(paid=paid, quantity=3, tags=tags, category=category), refunded=refunded)
    wish = Wish(remedy=remedy, asked=None if asked is None else Money(asked, "CNY"))
    into = {"l1": swap(price, stock=stock)}
    today = date(2026, 11, day)
    got = quote(order, wish, swaps=into, items=[("l1", quantity)], reason=reason, today=today)
    decision = got.decision
    assert decision.allowed == all(check.passed for check in decision.checks if check.required)
    assert decision.rule_id.removeprefix("l1:") in {check.id.removeprefix("l1:") for check in decision.checks}
    assert 0 <= decision.amount.minor <= min(paid, max(0, order.payments[0].refundable.minor))
    assert not (decision.amount and decision.to_pay)
    if not decision.allowed:
        assert replace(decision, amount=Money(0, "CNY")) == decision
        assert decision.to_pay is None
