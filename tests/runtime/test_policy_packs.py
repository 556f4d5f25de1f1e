"""The ready policies: each is whole, keeps the law that it names, and answers what customers ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aftersales.domain.faq import QUESTION_INTENTS
from aftersales.domain.money import Money
from aftersales.domain.policy import Decision
from aftersales.domain.policy_describe import describe
from aftersales.domain.policy_evaluate import evaluate_return
from aftersales.domain.policy_exchange import evaluate_exchange
from aftersales.domain.policy_law import UNION
from aftersales.domain.policy_rules import Policy
from aftersales.domain.reasons import Reason
from runtime.cli_policy import app
from runtime.faq_file import FAQ, load_faq
from runtime.policy_file import load_policy
from runtime.policy_packs import pack, pack_names, shipped_policies
from runtime.texts import RESPONSES, ResponseTexts
from tests.domain.policy_cases import SHANGHAI, decide, make_line, make_order

DELIVERED = date(2026, 11, 1)
CN, EU_UK, PLAIN = (load_policy(pack(name)) for name in ("cn", "eu-uk", "plain"))


def after(days: int) -> date:
    return DELIVERED + timedelta(days=days)


def whole(policy: Policy, *, country: str, reason: Reason, days: int) -> Decision:
    """All of an order with a delivery charge of 8.00 comes back."""
    return evaluate_return(
        policy,
        order=make_order(country=country, shipping=800),
        items=[("l1", 1)],
        reason=reason,
        today=after(days),
        zone=SHANGHAI,
    ).decision


def exchange(policy: Policy, *, country: str, days: int) -> Decision:
    return evaluate_exchange(
        policy,
        order=make_order(country=country),
        items=[("l1", 1)],
        reason=Reason.DEFECTIVE,
        today=after(days),
        zone=SHANGHAI,
        swaps={},
    ).decision


@pytest.mark.parametrize("path", shipped_policies(), ids=lambda path: path.stem)
def test_a_shipped_policy_is_whole_in_both_languages_and_answers_every_kind_of_question(path: Path) -> None:
    policy = load_policy(path)
    assert not any("{" in text.zh + text.en for _, text in describe(policy))
    faq = load_faq(FAQ, policy=policy, responses=ResponseTexts(RESPONSES).names)
    assert {intent for intent in QUESTION_INTENTS if faq.general(intent)} == QUESTION_INTENTS
    for entry in faq.entries:
        assert faq.sources(entry)
        answer = faq.answer(entry)
        assert answer.zh
        assert answer.en == " ".join(answer.en.split())


def test_there_are_three_packs() -> None:
    assert pack_names() == ["cn", "eu-uk", "plain"]


@pytest.mark.parametrize(
    ("policy", "country", "days", "rule"),
    [
        (CN, "CN", 7, "seven_days_no_reason"),
        (CN, "CN", 8, None),
        (EU_UK, "FR", 14, "withdrawal_right"),
        (EU_UK, "FR", 15, None),
        (EU_UK, "NO", 14, "withdrawal_right"),
        (EU_UK, "GB", 14, "withdrawal_right_uk"),
        (EU_UK, "GB", 15, None),
        (EU_UK, "US", 14, "own_window"),
        (PLAIN, "CN", 30, "own_window"),
        (PLAIN, "FR", 31, None),
    ],
)
def test_until_when_goods_without_fault_come_back(
    policy: Policy, country: str, days: int, rule: str | None
) -> None:
    decision = decide(make_order(country=country), policy=policy, today=after(days))
    assert (decision.rule_id if decision.allowed else None) == rule


@pytest.mark.parametrize(
    ("policy", "country", "returns", "exchanges"),
    [
        (CN, "CN", 7, 15),
        (EU_UK, "FR", 730, 730),
        (EU_UK, "ES", 1095, 1095),
        (EU_UK, "IE", 2190, 2190),
        (EU_UK, "GB", 30, 2190),
    ],
    ids=[
        "three guarantees",
        "legal guarantee",
        "a longer one",
        "as long as can be claimed",
        "short-term right to reject",
    ],
)
def test_until_when_faulty_goods_come_back_or_are_replaced(
    policy: Policy, country: str, returns: int, exchanges: int
) -> None:
    order = make_order(country=country)
    for days, allowed in ((returns, True), (returns + 1, False)):
        assert decide(order, policy=policy, reason=Reason.DEFECTIVE, today=after(days)).allowed is allowed
    for days, allowed in ((exchanges, True), (exchanges + 1, False)):
        assert exchange(policy, country=country, days=days).allowed is allowed


@pytest.mark.parametrize(
    ("policy", "country", "reason", "postage"),
    [
        (EU_UK, "FR", Reason.PRICE, True),
        (EU_UK, "GB", Reason.PRICE, True),
        (EU_UK, "US", Reason.PRICE, False),
        (EU_UK, "US", Reason.DAMAGED, True),
        (CN, "CN", Reason.PRICE, False),
        (CN, "CN", Reason.DAMAGED, True),
    ],
)
def test_the_delivery_charge_comes_back_by_the_withdrawal_and_for_a_fault(
    policy: Policy, country: str, reason: Reason, postage: bool
) -> None:
    assert whole(policy, country=country, reason=reason, days=3).amount == Money(
        10_800 if postage else 10_000, "CNY"
    )


def tagged(tag: str) -> Any:
    return make_line(tags=frozenset({tag}))


@pytest.mark.parametrize("tag", ["made_to_order", "perishable", "hygiene", "newspaper", "digital", "final_sale"])
def test_what_the_law_of_china_excludes_does_not_come_back_without_a_fault(tag: str) -> None:
    assert not decide(make_order(tagged(tag)), policy=CN).allowed
    assert decide(make_order(tagged(tag)), policy=CN, reason=Reason.DEFECTIVE).allowed


@pytest.mark.parametrize("tag", [*sorted(UNION.excludable), "final_sale"])
def test_the_law_of_the_union_excludes_no_clearance_goods(tag: str) -> None:
    order = make_order(tagged(tag), country="DE")
    assert decide(order, policy=EU_UK).allowed is (tag == "final_sale")


def test_a_shop_in_china_may_give_an_order_to_france_the_right_of_the_union() -> None:
    both = replace(
        CN,
        statutory=(*CN.statutory, *EU_UK.statutory),
        fault_windows=(*EU_UK.fault_windows[:3], *CN.fault_windows),
    )
    for country, days in (("CN", 7), ("FR", 14)):
        order = make_order(country=country)
        assert decide(order, policy=both, today=after(days)).allowed
        assert not decide(order, policy=both, today=after(days + 1)).allowed


def test_the_command_writes_a_pack_once(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    run = CliRunner().invoke
    assert run(app, ["new", str(path), "--pack", "eu-uk"]).exit_code == 0
    assert run(app, ["check", str(path)]).output == "ok eu-uk-2\n"
    path.write_text("mine", encoding="utf8")
    again = run(app, ["new", str(path), "--pack", "cn"])
    assert (again.exit_code, path.read_text(encoding="utf8")) == (1, "mine")
    assert "File exists" in again.output


def test_the_command_names_the_packs_that_there_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["new", str(tmp_path / "policy.yml"), "--pack", "mars"])
    assert done.exit_code == 2
    assert not (tmp_path / "policy.yml").exists()
