"""Questions written apart from the examples find the entry that answers them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.faq import QUESTION_INTENTS, Entry, Faq
from aftersales.domain.texts import LANGUAGES
from runtime.faq_file import FAQ, load_faq
from runtime.policy_file import load_policy
from runtime.texts import shipped_texts
from tests.project_data import ROOT

QUESTIONS = Path(__file__).with_name("questions.jsonl")
# Shares of the questions whose entry comes first, and among the first three, rounded down from what was measured.
FLOORS = {"zh": (0.90, 0.97), "en": (0.82, 0.95)}


@cache
def shipped() -> Faq:
    policy = load_policy(ROOT / "returns_policy.yml")
    return load_faq(FAQ, policy=policy, responses=shipped_texts().names)


@cache
def asked() -> list[dict[str, Any]]:
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf8").splitlines()]


def ranked(question: dict[str, Any]) -> list[str]:
    found = shipped().ranked(
        question["text"], intent=question["intent"], language=question["language"], signed_in=True
    )
    return [entry.id for entry, _ in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_find_their_entry(language: str) -> None:
    questions = [question for question in asked() if question["language"] == language]
    places = [(question["entry"], ranked(question)) for question in questions]
    first = sum(entry in found[:1] for entry, found in places) / len(places)
    among = sum(entry in found[:3] for entry, found in places) / len(places)
    print(f"{language}: {len(places)} questions, first {first:.3f}, among three {among:.3f}")
    assert first >= FLOORS[language][0]
    assert among >= FLOORS[language][1]


def test_the_questions_are_not_examples_and_name_entries_under_their_intent() -> None:
    examples = {
        text.casefold() for entry in shipped().entries for texts in entry.questions.values() for text in texts
    }
    assert len(asked()) >= 150
    for question in asked():
        entry = shipped().get(question["entry"])
        assert entry is not None, question
        assert question["intent"] in entry.intents
        assert question["text"].casefold() not in examples


@pytest.mark.parametrize("entry", shipped().entries, ids=lambda entry: entry.id)
def test_an_example_finds_its_own_entry(entry: Entry) -> None:
    for language in LANGUAGES:
        for intent in entry.intents:
            found = shipped().find(entry.title(language), intent=intent, language=language, signed_in=True)
            assert found.entry is entry


@pytest.mark.parametrize("intent", sorted(QUESTION_INTENTS))
def test_a_question_like_no_other_gets_the_general_answer_and_neighbours_at_most_three(intent: str) -> None:
    found = shipped().find("xyzzy", intent=intent, language="en", signed_in=False)
    assert found.entry.general
    assert found.neighbours == ()
    vague = shipped().find("这个呢？怎么算", intent=intent, language="zh", signed_in=False)
    assert len(vague.neighbours) <= 3
    assert vague.entry not in vague.neighbours


def test_every_answer_is_filled_and_cites_its_rules_in_both_languages() -> None:
    for entry in shipped().entries:
        answer = shipped().answer(entry)
        assert "{" not in answer.zh + answer.en
        assert shipped().sources(entry)


def test_there_are_ninety_entries_and_more_in_every_kind_of_question() -> None:
    entries = shipped().entries
    assert len(entries) >= 90
    assert all(sum(intent in entry.intents for entry in entries) >= 5 for intent in QUESTION_INTENTS)
