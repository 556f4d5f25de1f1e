"""Conditions in the policy file, and what the law does not let a policy do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aftersales.domain.money import Money
from aftersales.domain.policy_when import Day
from runtime.policy_file import PolicyFileError, load_policy
from tests.domain.policy_cases import purchase
from tests.goods import POLICY

WORDS = POLICY.read_text(encoding="utf8")
FEE = "when: {categories: [electronics]}"
TEXT = "text: {zh: 甲, en: a}"
HOLIDAY = f"""  holidays:
    - id: winter
      when: {{bought: {{from: 11-01, to: 12-24}}}}
      until: 01-31
      {TEXT}
"""
FAULTS = "  # 商家责任：期限更长"
UNION = f"""  - id: withdrawal
    countries: [FR, DE]
    days: 14
    outbound_shipping: true
    {TEXT}
"""
LONG_ENOUGH = f"""    - id: fault_union
      when: {{countries: [FR, DE]}}
      reasons: [damaged, defective, not_as_described, wrong_item]
      days: 90
      exchange_days: 730
      {TEXT}
"""
TAKEN_OUT_IN_CHINA = "when: {tags: [final_sale], countries: [CN]}"


def with_union(words: str = WORDS, *, right: str = UNION, faults: str = LONG_ENOUGH) -> str:
    """The shipped policy with the right of two countries of the European Union, lawful unless told otherwise."""
    words = words.replace("\nwindows:\n", f"\n{right}\nwindows:\n", 1)
    words = words.replace("when: {tags: [final_sale]}", TAKEN_OUT_IN_CHINA)
    return words.replace("    - id: fault_window_quality", f"{faults}    - id: fault_window_quality", 1)


Problems = Callable[[str], list[str]]


@pytest.fixture
def problems(tmp_path: Path) -> Problems:
    def _problems(words: str) -> list[str]:
        path = tmp_path / "policy.yml"
        path.write_text(words, encoding="utf8")
        try:
            load_policy(path)
        except PolicyFileError as error:
            return [problem.reason for problem in error.problems]
        return []

    return _problems


def test_all_conditions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    when = (
        "when: {categories: [electronics], tags: [sale], channels: [web], countries: [CN], segments: [vip], "
        "price: {CNY: {from: 10, to: 99.50}, JPY: {to: 500}}, bought: {from: 11-01, to: 12-24}}"
    )
    path.write_text(WORDS.replace(FEE, when), encoding="utf8")
    (fee,) = load_policy(path).fees
    assert fee.when.prices["CNY"].highest == Money(9_950, "CNY")
    assert fee.when.prices["JPY"].lowest is None
    assert fee.when.bought is not None
    assert fee.when.bought.last == Day(month=12, day=24)
    assert [*fee.when.channels, *fee.when.countries, *fee.when.segments] == ["web", "CN", "vip"]


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("when: {colours: [red]}", "unknown key 'colours'"),
        ("when: {}", "no condition"),
        ("when: {categories: []}", "the list is empty"),
        ("when: {countries: [China]}", "'China' is not written as expected"),
        ("when: {price: {CNY: {}}}", "neither 'from' nor 'to'"),
        ("when: {price: {CNY: {from: 5, to: 4}}}", "ends below where it begins"),
        ("when: {price: {JPY: {from: 5.5}}}", "more decimals than the currency"),
        ("when: {price: {yuan: {from: 5}}}", "'yuan' is not a currency"),
        ("when: {bought: {from: 11-01}}", "'to' is missing"),
        ("when: {bought: {from: 11-01, to: 2026-12-24}}", "either both days have a year or none"),
        ("when: {bought: {from: 2026-12-24, to: 2026-11-01}}", "ends before it begins"),
        ("when: {bought: {from: 02-29, to: 03-01}}", "there is no day 02-29 in every year"),
        ("when: {bought: {from: 1 November, to: 03-01}}", "is not written as expected"),
    ],
)
def test_a_wrong_condition_is_refused(problems: Problems, when: str, reason: str) -> None:
    assert any(reason in problem for problem in problems(WORDS.replace(FEE, when)))


def test_a_rule_that_never_counts_is_refused(problems: Problems) -> None:
    again = (
        f"  - id: fee_phones\n    percent: 5\n    when: {{categories: [electronics], tags: [phone]}}\n    {TEXT}\n"
    )
    (problem,) = problems(WORDS.replace("\n# 商品状态要求", f"\n{again}\n# 商品状态要求"))
    assert problem == "fee_phones: never counts: 'fee_electronics' stands before it and fits wherever it does"


def test_holidays_are_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(WORDS.replace(FAULTS, f"{HOLIDAY}{FAULTS}"), encoding="utf8")
    (window,) = load_policy(path).holiday_windows
    assert window.until == Day(month=1, day=31)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("when: {bought: {from: 11-01, to: 12-24}}", "when: {tags: [gift]}", "'bought' is missing"),
        ("until: 01-31", "until: 2027-01-31", "needs a year exactly where 'bought' has one"),
        ("until: 01-31", "days: 5", "'until' is missing"),
    ],
)
def test_holidays_that_make_no_sense_are_refused(problems: Problems, old: str, new: str, reason: str) -> None:
    words = WORDS.replace(FAULTS, f"{HOLIDAY.replace(old, new)}{FAULTS}")
    assert any(reason in problem for problem in problems(words))


def test_one_policy_may_serve_two_laws(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(with_union(), encoding="utf8")
    policy = load_policy(path)
    rights = {country: policy.statutory_right(country) for country in ("CN", "FR", "US")}
    assert {country: right.days if right else 0 for country, right in rights.items()} == {
        "CN": 7,
        "FR": 14,
        "US": 0,
    }
    assert all(rule.when.fits(purchase(tags=rule.when.tags)) for rule in policy.exclusions)


@pytest.mark.parametrize(
    ("old", "new", "rule", "reason"),
    [
        ("    days: 14", "    days: 13", "withdrawal", "are fewer than the law gives in DE, FR (14; Directives"),
        ("    outbound_shipping: true\n", "", "withdrawal", "the law in DE, FR pays the delivery charge back too"),
        ("exchange_days: 730", "exchange_days: 729", "fault_union", "90 and 729 days are fewer"),
        ("when: {countries: [FR, DE]}", "when: {countries: [FR]}", "fault_window_quality",
         "the law gives in DE (14 to"),
        (TAKEN_OUT_IN_CHINA, "when: {tags: [final_sale]}", "excluded_final_sale",
         "final_sale: the law in DE, FR knows no such exclusion"),
        ("when: {tags: [hygiene]}", "when: {categories: [socks]}", "excluded_hygiene",
         "an exclusion without tags: the law in CN knows no such exclusion"),
        ("late, price, other]", "late, other]", "return_goods_back",
         "a statutory right needs no reason: 'price' is missing"),
        ("  days: 7\n  text:\n    zh: 收到退回", "  days: 8\n  text:\n    zh: 收到退回", "refund_time",
         "8 days are more than the law allows in CN (7"),
        ("countries: [FR, DE]\n    days", "countries: [FR, DE, CN]\n    days", "withdrawal",
         "CN: named by a right before"),
    ],
    ids=[
        *("days", "postage", "two years", "a country left out", "exclusion", "without tags", "reason", "refund"),
        "twice",
    ],
)  # fmt: skip
def test_a_shop_rule_that_takes_a_statutory_right_away_is_refused(
    problems: Problems, old: str, new: str, rule: str, reason: str
) -> None:
    words = with_union()
    assert old in words
    found = [problem for problem in problems(words.replace(old, new, 1)) if reason in problem]
    assert found
    assert found[0].startswith(f"{rule}: ")


def test_a_shop_without_statutory_rights_is_its_own_master(problems: Problems) -> None:
    begin, end = WORDS.index("\nstatutory:"), WORDS.index("\nwindows:")
    words = WORDS[:begin] + WORDS[end:]
    words = words.replace("late, price, other]", "late, other]").replace(
        "when: {tags: [hygiene]}", "when: {price: {CNY: {to: 5}}}"
    )
    assert problems(words) == ["return_goods_back: no remedy is offered for the reason 'price'"]
