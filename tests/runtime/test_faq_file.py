"""The questions and answers: the shipped ones, and what is refused in which file and line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aftersales.domain.faq import Faq
from aftersales.domain.texts import Language, Text
from runtime.cli_faq import app
from runtime.faq_file import FAQ, FaqFileError, load_faq
from runtime.policy_file import load_policy
from runtime.texts import RESPONSES, ResponseTexts
from tests.project_data import ROOT

POLICY = ROOT / "returns_policy.yml"
Change = Callable[[str, str, str], Path]


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """Changes words of one file in a copy of the folder; the path of that file."""
    folder = tmp_path / "faq"
    shutil.copytree(FAQ, folder)

    def _change(name: str, old: str, new: str) -> Path:
        path = folder / name
        words = path.read_text(encoding="utf8")
        assert old in words
        path.write_text(words.replace(old, new, 1), encoding="utf8")
        return path

    return _change


def load(folder: Path, *, policy: Path = POLICY) -> Faq:
    return load_faq(folder, policy=load_policy(policy), responses=ResponseTexts(RESPONSES).names)


def refusal(path: Path) -> str:
    """What is said of the folder of this file, every line of which names a file and a line."""
    with pytest.raises(FaqFileError) as caught:
        load(path.parent)
    said = str(caught.value)
    assert all(line.startswith(f"{path.parent}/") for line in said.splitlines())
    return said


def line_of(path: Path, words: str) -> int:
    text = path.read_text(encoding="utf8")
    return text[: text.index(words)].count("\n") + 1


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        (
            "refunds.yml",
            "rule: [refund_time, payments]",
            "rule: [refund_tyme]",
            "no rule or statement 'refund_tyme'",
        ),
        (
            "refunds.yml",
            "{refund_days} 天内把钱",
            "{refund_weeks} 天内把钱",
            "the languages use different placeholders",
        ),
        ("refunds.yml", "{refund_days} 天内把钱", "7 天内把钱", "the languages use different placeholders"),
        ("returns.yml", "按自然日数", "按七天数", "'七天' is a figure"),
        ("returns.yml", "the last day still counts", "thirty days still count", "'thirty days' is a figure"),
        ("returns.yml", "No receipt needed", "No receipt, 10% off", "'1' is a figure"),
        ("payment.yml", "    buttons: [report_payment_problem]", "    buttons: [pay]", "there is no button 'pay'"),
        ("payment.yml", "    intent: ask_payment", "    intent: pay", "'pay' is no intent that asks a question"),
        ("payment.yml", "  - id: paypal", "  - id: payment_means", "the id stands twice"),
        ("payment.yml", "    general: true\n", "", "no entry is general for ask_payment"),
        (
            "payment.yml",
            "    rule: payments\n",
            "    general: true\n    rule: payments\n",
            "'general' stands twice",
        ),
        ("payment.yml", "- 支持PayPal吗", "- 怎么付款", "'怎么付款' is asked by another entry"),
        ("invoice.yml", "- How do I get an invoice?", "- I need an invoice", "'I need an invoice' stands twice"),
        ("shop.yml", "dispatch_days: 2", "dispatch_days: two", "expected a whole number of days"),
        ("shop.yml", "days: [2, 4]", "days: [4, 2]", "expected the fewest and the most"),
        ("shop.yml", "  - id: express", "  - id: service", "the id stands twice"),
        ("shop.yml", "  refund_time: {zh", "  refund_thyme: {zh", "the returns policy has no rule 'refund_thyme'"),
        ("shop.yml", "fee: {CNY: 10.00}", "fee: {CNY: 10.001}", "more decimals than the currency"),
    ],
)
def test_a_problem_is_named_with_file_and_line(change: Change, name: str, old: str, new: str, reason: str) -> None:
    assert reason in refusal(change(name, old, new))


def test_a_figure_that_is_written_out_is_named_at_the_answer_where_it_stands(change: Change) -> None:
    path = change("returns.yml", "不需要小票，有订单号就行", "不需要小票，十五天内都行")
    line = line_of(path, "十五天内都行")
    assert f"{path}:{line}: receipt_needed: '十五天' is a figure" in refusal(path)


def test_an_unknown_placeholder_in_both_languages_is_named(change: Change) -> None:
    path = change("warranty.yml", "{warranty_repair_days} 天内修好寄回", "{repair} 天内修好寄回")
    path.write_text(
        path.read_text(encoding="utf8").replace("within {warranty_repair_days} days of", "{repair}"), "utf8"
    )
    assert "repair_time: nothing is known as {repair}" in refusal(path)


def test_a_missing_language_and_a_missing_answer_are_named(change: Change) -> None:
    path = change(
        "product.yml", "      en:\n        - Is this any good?", "      fr:\n        - Is this any good?"
    )
    assert "unknown key 'fr'" in refusal(path)
    assert "'en' is missing" in refusal(path)


def test_all_problems_of_all_files_are_named_at_once(change: Change) -> None:
    change("payment.yml", "    rule: payments\n", "    rule: nothing\n")
    said = refusal(change("invoice.yml", "    rule: invoice\n", "    rule: nothing\n"))
    assert len(said.splitlines()) == 2


def test_answers_follow_a_changed_rule_and_a_changed_fact(change: Change, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text(POLICY.read_text(encoding="utf8").replace("    days: 15\n", "    days: 21\n", 1), "utf8")
    faq = load(change("shop.yml", "days: [2, 4]", "days: [3, 6]").parent, policy=policy)
    window, delivery = faq.get("return_window"), faq.get("delivery_time")
    assert window is not None
    assert delivery is not None
    assert "21 天内可以退" in faq.answer(window).zh
    assert "You have 21 days" in faq.answer(window).en
    assert "国内 3–6 天到" in faq.answer(delivery).zh


def test_sources_name_rules_and_statements_with_their_own_versions(change: Change) -> None:
    faq = load(change("shop.yml", 'version: "2026-11-22"', 'version: "shop-2"').parent)
    entry = faq.get("refund_time")
    assert entry is not None
    rules, stated = faq.sources(entry)
    assert (rules.names, stated.names) == (
        (Text("退款时限", "refund time"),),
        (Text("支付说明", "payment information"),),
    )
    assert stated.version == "shop-2"
    assert rules.version == load_policy(POLICY).version


def test_an_entry_with_conditions_is_found_only_where_they_hold(change: Change) -> None:
    path = change(
        "payment.yml", "  - id: paypal\n", "  - id: paypal\n    when: {languages: [en], signed_in: no}\n"
    )
    faq = load(path.parent)

    def found(language: Language, *, signed_in: bool) -> str:
        asked = "Do you take PayPal?"
        return faq.find(asked, intent="ask_payment", language=language, signed_in=signed_in).entry.id

    assert found("en", signed_in=False) == "paypal"
    assert found("en", signed_in=True) != "paypal"
    assert found("zh", signed_in=False) != "paypal"


def test_the_command_says_ok_or_every_problem(change: Change) -> None:
    assert CliRunner().invoke(app, ["check"]).stdout.startswith("ok ")
    path = change("refunds.yml", "rule: [refund_time, payments]", "rule: nothing")
    failed = CliRunner().invoke(app, ["check", "--folder", str(path.parent)])
    assert failed.exit_code == 1
    assert f"{path}:" in failed.output


def test_the_command_shows_what_a_question_finds() -> None:
    said = CliRunner().invoke(
        app, ["ask", "Can I pay with WeChat?", "--intent", "ask_payment", "--language", "en"]
    )
    assert " payment_means: We take" in said.stdout
