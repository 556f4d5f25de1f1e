"""What is done with a message, by how sure it is, what it risks, and what was just asked."""

from __future__ import annotations

import pytest

from bot.decision import Limits, Talk, decide, read_limits
from tests.project_data import domain

LIMITS = read_limits()
SURE, HALF = 0.97, 0.55


def limits() -> Limits:
    return LIMITS


def test_a_sure_request_of_our_trade_is_acted_on() -> None:
    decision = decide(
        "我要退货", [("return_item", SURE)], in_trade=0.99, entities=(), talk=Talk(), limits=limits()
    )
    assert decision.kind == "act"


def test_a_sure_request_of_another_trade_is_asked_about() -> None:
    decision = decide(
        "cancel my credit card", [("cancel_order", SURE)], in_trade=0.2, entities=(), talk=Talk(), limits=limits()
    )
    assert decision.kind == "clarify"


def test_the_likeliest_meanings_of_our_trade_are_offered() -> None:
    ranking = [("out_of_scope", 0.3), ("return_item", 0.3), ("exchange_item", 0.25), ("deny", 0.1)]
    decision = decide("hmm", ranking, in_trade=0.9, entities=(), talk=Talk(), limits=limits())
    assert decision.kind == "clarify"
    assert decision.among == ("return_item", "exchange_item")


def test_the_second_message_in_a_row_that_is_not_understood_goes_to_a_person() -> None:
    decision = decide(
        "???", [("return_item", 0.2)], in_trade=0.9, entities=(), talk=Talk(misses=1), limits=limits()
    )
    assert decision.kind == "human"


def test_nothing_understood_at_all_is_asked_about() -> None:
    assert decide("?", [], in_trade=0.0, entities=(), talk=Talk(), limits=limits()).kind == "clarify"


def test_what_costs_more_needs_to_be_surer() -> None:
    assert limits().least("greet") < limits().least("ask_return_policy")
    assert limits().least("ask_return_policy") < limits().least("return_item") < limits().least("cancel_order")


@pytest.mark.parametrize(
    ("step", "text", "entities", "ranking", "intent"),
    [
        ("returns_quantity", "两件", {"quantity"}, [("report_missing_item", HALF), ("inform", 0.3)], "inform"),
        (
            "returns_quantity",
            "two of them",
            {"quantity"},
            [("report_missing_item", HALF), ("inform", 0.3)],
            "inform",
        ),
        ("returns_quantity", "全部", set(), [("ask_product", HALF), ("inform", 0.3)], "inform"),
        ("returns_quantity", "all of them", set(), [("ask_product", HALF), ("inform", 0.3)], "inform"),
        ("returns_reason", "太小了", {"reason"}, [("exchange_item", 0.7), ("inform", 0.2)], "inform"),
        ("returns_reason", "it's too small", {"reason"}, [("exchange_item", 0.7), ("inform", 0.2)], "inform"),
        ("returns_items", "蓝色的那个", set(), [("ask_product", 0.5), ("inform", 0.4)], "inform"),
        ("returns_items", "the blue one", set(), [("ask_product", 0.5), ("inform", 0.4)], "inform"),
        ("returns_order", "第二个", {"ordinal"}, [("ask_product", 0.8)], "inform"),
        ("returns_confirmed", "是的", set(), [("thank", HALF), ("affirm", 0.4)], "affirm"),
        ("returns_confirmed", "go on then", set(), [("goodbye", HALF), ("affirm", 0.4)], "affirm"),
        ("returns_confirmed", "先别", set(), [("stop", HALF), ("deny", 0.4)], "deny"),
    ],
)
def test_an_answer_to_what_was_asked_is_taken_as_one(
    step: str, text: str, entities: set[str], ranking: list[tuple[str, float]], intent: str
) -> None:
    talk = Talk(asked=step)
    decision = decide(text, ranking, in_trade=0.9, entities=entities, talk=talk, limits=limits())
    assert (decision.kind, decision.ranking[0][0]) == ("act", intent)


@pytest.mark.parametrize(
    ("step", "text", "entities", "intent"),
    [
        ("returns_quantity", "我要投诉你们", set(), "file_complaint"),
        ("returns_quantity", "I want to talk to an agent", set(), "talk_to_human"),
        ("returns_reason", "这单帮我取消了吧,尾号0012", {"order_number"}, "cancel_order"),
        ("returns_items", "where is my refund for #1001", {"order_number"}, "check_refund_status"),
        ("returns_confirmed", "退款多久到账", set(), "ask_refund_policy"),
        ("returns_confirmed", "how long does the refund take", set(), "ask_refund_policy"),
    ],
)
def test_a_clear_other_request_still_interrupts(step: str, text: str, entities: set[str], intent: str) -> None:
    talk = Talk(asked=step)
    ranking = [(intent, SURE), ("inform", 0.02)]
    decision = decide(text, ranking, in_trade=0.99, entities=entities, talk=talk, limits=limits())
    assert (decision.kind, decision.ranking[0][0]) == ("act", intent)


def test_the_file_names_intents_that_there_are() -> None:
    named = {*LIMITS.risk, *LIMITS.untraded} | {name for kind in LIMITS.asked.values() for name in kind} - {"fits"}
    assert named <= set(domain()["intents"])
    assert set(LIMITS.steps.values()) <= set(LIMITS.asked)
