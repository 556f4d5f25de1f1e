"""The policy file: the shipped one, and what is refused at which line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aftersales.domain.money import Money
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.policy_describe import describe
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.tender import TenderMode
from runtime.cli_policy import app
from runtime.policy_file import PolicyFileError, load_policy
from tests.domain.policy_cases import decide, make_line, make_order, purchase

SHIPPED = Path(__file__).resolve().parents[2] / "returns_policy.yml"
WORDS = SHIPPED.read_text(encoding="utf8")

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(content: str) -> Path:
        path = tmp_path / "policy.yml"
        path.write_text(content, encoding="utf8")
        return path

    return _write


def refusal(path: Path) -> list[str]:
    """`line: reason` of each problem."""
    with pytest.raises(PolicyFileError) as caught:
        load_policy(path)
    assert caught.value.path == path
    assert str(caught.value).splitlines() == [f"{path}:{p.line}: {p.reason}" for p in caught.value.problems]
    return [f"{problem.line}: {problem.reason}" for problem in caught.value.problems]


def line_of(words: str) -> int:
    """The line (from 1) of the shipped file in which these words first stand."""
    return WORDS[: WORDS.index(words)].count("\n") + 1


def test_the_shipped_policy_is_read_whole() -> None:
    policy = load_policy(SHIPPED)
    assert policy.version == "2026-11-24"
    assert policy.own_window(purchase(category="shoes")).days == 30
    assert policy.automatic_limit.of("CNY") == Money(100_000, "CNY")
    assert policy.automatic_limit.of("JPY") == Money(20_000, "JPY")
    fee = policy.fee(purchase(category="electronics"))
    assert fee is not None
    assert fee.percent == Decimal(10)
    assert all(policy.fault_window(reason, purchase()) for reason in MERCHANT_FAULT)
    assert policy.refunds.tender is TenderMode.PROPORTIONAL
    assert policy.refunds.tender_order[0] is PaymentMethod.CARD
    assert policy.refunds.compensation.most["CNY"] == Money(20_000, "CNY")
    assert policy.refunds.price_protection.days == 15
    excluded = frozenset().union(*(rule.when.tags for rule in policy.exclusions))
    assert excluded >= {"made_to_order", "perishable", "digital", "newspaper"}


def test_every_shipped_text_fills_in_for_an_order() -> None:
    policy = load_policy(SHIPPED)
    assert not any("{" in text.zh + text.en for _, text in describe(policy))
    for reason in Reason:
        for category in ("shoes", "electronics", "home"):
            for day in (3, 10):
                line = make_line(category=category, tags=frozenset({"gift"}))
                decision = decide(make_order(line), policy=policy, reason=reason, today=date(2026, 11, day))
                assert decision.allowed == (reason is not Reason.MISSING_ITEM)
                told = [check.text for check in decision.checks] + [term.text for term in decision.terms]
                assert not any("{" in text.zh + text.en for text in told)


def test_the_shipped_policy_gives_seven_days_from_the_day_after_delivery() -> None:
    policy = load_policy(SHIPPED)
    order = make_order(delivered_at=datetime(2026, 11, 16, 15, 30, tzinfo=UTC))  # 23:30 of the 16th in Shanghai
    decision = decide(order, policy=policy, today=date(2026, 11, 23))
    assert decision.rule_id == "seven_days_no_reason"
    assert "2026年11月23日" in decision.rule_text.zh
    assert decide(order, policy=policy, today=date(2026, 11, 24)).rule_id == "own_window"


CANCELLED = "A cancelled order cannot be returned or exchanged."
CHANGES = [
    ("unknown key", "    days: 15", "    dayz: 15", "windows.default: unknown key 'dayz'", 0),
    ("negative days", "    days: 15", "    days: -15", "-15 days is not possible", 0),
    ("zero days", "    days: 15", "    days: 0", "0 days is not possible", 0),
    ("days in words", "    days: 15", "    days: fifteen", "expected a whole number of days", 0),
    ("days with a fraction", "    days: 15", "    days: 1.5", "expected a whole number of days", 0),
    ("days true", "    days: 15", "    days: true", "expected a whole number of days", 0),
    ("repeated id", "id: goods_intact", "id: refund_time", "given to another rule", None),
    ("odd id", "id: goods_intact", "id: Goods intact", "is not written as expected", 0),
    ("fee above all", "percent: 10", "percent: 101", "101 is not possible (0 to 100)", 0),
    ("negative fee", "percent: 10", "percent: -1", "-1 is not possible", 0),
    ("fee twice", "percent: 10", "fixed: {CNY: 5}\n    percent: 10", "either 'percent' or 'fixed'", None),
    ("unknown reason", "[wrong_item, missing_item, late]", "[wrong_item, missing_item, late, bored]",
     "'bored' is not a known reason", 0),
    ("customer's reason as fault", "[wrong_item, missing_item, late]", "[wrong_item, missing_item, late, price]",
     "'price' is not a reason of the merchant's fault", 0),
    ("reason without window", "[wrong_item, missing_item, late]", "[wrong_item, late]",
     "names the reason 'missing_item'", None),
    ("missing language", f"      en: {CANCELLED}\n", "", "'en' is missing", None),
    ("empty text", f"en: {CANCELLED}", "en: ''", "expected a text", 0),
    ("text as number", f"en: {CANCELLED}", "en: 7", "expected a text", 0),
    ("unknown placeholder", f"en: {CANCELLED}", "en: After {weeks}.",
     "unknown placeholder {weeks}", None),
    ("unlike placeholders", "zh: 本次收取 {fee}。", "zh: 有手续费。", "different placeholders", None),
    ("open brace", "zh: 本次收取 {fee}。", "zh: 本次收取 {fee。", "a brace is not closed", 0),
    ("reaching into objects", "zh: 本次收取 {fee}。", "zh: 本次收取 {fee.__class__}。", "plain name in braces", 0),
    ("wide format", "zh: 本次收取 {fee}。", "zh: 本次收取 {fee:>99999999}。", "plain name in braces", 0),
    ("unknown currency", "    CNY: 1000.00", "    yuan: 1000.00", "'yuan' is not a currency", 0),
    ("too many decimals", "    JPY: 20000", "    JPY: 20000.50", "more decimals than the currency", 0),
    ("amount in words", "    CNY: 1000.00", "    CNY: much", "expected a number", 0),
    ("country in full", "countries: [CN]", "countries: [China]", "'China' is not written as expected", 0),
    ("payer unknown", "    payer: customer", "    payer: nobody", "'nobody' is not written as expected", 0),
    ("customer pays for faults", "    payer: merchant", "    payer: customer", "the merchant pays", None),
    ("not true or false", "      statutory: true", "      statutory: maybe", "expected true or false", 0),
    ("tag twice", "tags: [perishable]", "tags: [made_to_order]",
     "never counts: 'excluded_made_to_order' stands before it", None),
    ("fewer days than the law", "  days: 7\n", "  days: 6\n", "fewer than the law gives in CN", None),
    ("fault shorter than own", "      days: 90", "      days: 9",
     "fewer than the longest window without a fault", None),
    ("list in place of keys", "countries: [CN]", "countries: CN", "expected a list", 0),
    ("key twice", "countries: [CN]", "countries: [CN]\n    countries: [CN]", "stands twice", 1),
    ("no such tender", "  tender: proportional", "  tender: fair", "refunds.tender: 'fair' is not written", 0),
    ("a means left out", "[card, wallet, bank, ", "[card, bank, ", "tender_order: expected each once", None),
    ("a means twice", "[card, wallet, ", "[card, card, wallet, ", "tender_order: expected each once", None),
    ("coupons as cash", "  coupons: returned", "  coupons: cash", "refunds.coupons: 'cash' is not written", 0),
    ("automatic above most", "      CNY: 50.00", "      CNY: 500.00", "CNY is above what may be given", None),
    ("more than the order", "    share: 50", "    share: 101", "refunds.compensation.share: 101 is not", 0),
    ("kept of what is as new", "conditions: [used]", "conditions: [as_new]", "'as_new' is none of", 0),
    ("kept twice over", "    percent: 30\n", "    percent: 130\n", "130 is not possible (0 to 100)", 0),
    ("missing section", "condition:\n", "conditions:\n", "'condition' is missing", None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "reason", "offset"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_fault_is_refused_with_its_line(
    write: Write, old: str, new: str, reason: str, offset: int | None
) -> None:
    assert old in WORDS
    found = [problem for problem in refusal(write(WORDS.replace(old, new, 1))) if reason in problem]
    assert found, "not refused for the reason expected"
    if offset is not None:
        assert found[0].startswith(f"{line_of(old) + offset}: ")


def test_all_problems_are_told_at_once_in_the_order_of_the_file(write: Write) -> None:
    content = WORDS.replace("days: 15", "days: -1", 1).replace("percent: 10", "percent: 300")
    found = refusal(write(content + "\nextra: 1\n"))
    assert [problem.split(":")[0] for problem in found] == sorted((p.split(":")[0] for p in found), key=int)
    assert len(found) == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "1: is empty"),
        ("# only a comment\n", "1: is empty"),
        ("- a\n- b\n", "1: policy: expected keys and values"),
        ("a: 1\nb: [1\n", "3: is not YAML"),
        ("a: 1\n--- \nb: 2\n", "2: is not YAML"),
        ("a:\n" + "- " * 400_000, "2: is nested more than 50 deep"),
        ("a:\n  " + "[" * 900_000, "2: is nested more than 50 deep"),
    ],
    ids=["empty", "a comment", "a list", "broken", "two documents", "deep", "deep in brackets"],
)
def test_what_is_no_policy_at_all_is_refused(write: Write, content: str, reason: str) -> None:
    assert refusal(write(content))[0].startswith(reason)


def test_a_missing_file_and_wrong_bytes_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yml")[0].startswith("1: cannot be read")
    (tmp_path / "gbk.yml").write_bytes(b"version: 1\n# " + "退货".encode("gbk"))
    assert refusal(tmp_path / "gbk.yml") == ["2: is not UTF-8"]


def test_the_command_says_ok_with_the_version() -> None:
    result = CliRunner().invoke(app, ["check", str(SHIPPED)])
    assert (result.exit_code, result.output) == (0, "ok 2026-11-24\n")


def test_the_command_lists_the_problems_and_fails(write: Write) -> None:
    path = write(WORDS.replace("days: 15", "days: -1"))
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 1
    assert f"{path}:{line_of('days: 15')}: windows.default.days: -1 days is not possible" in result.output
