"""What the classifier sees of a text: concepts and sounds beside its characters and words."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from bot.concepts import concept_terms
from bot.sounds import sound_terms
from tests.project_data import ROOT

LEXICON: dict[str, dict[str, str]] = yaml.safe_load(
    (ROOT / "data/lexicon/concepts.yml").read_text(encoding="utf8")
)
PINYIN: dict[str, Any] = yaml.safe_load((ROOT / "data/lexicon/pinyin.yml").read_text(encoding="utf8"))


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("the kettle leaked", "broken"),
        ("水壶漏水", "broken"),
        ("it's leaking", "broken"),
        ("i don’t want it", "send_back"),
        ("我不想要了", "send_back"),
        ("two batteries", "goods"),
        ("连衣裙", "goods"),
    ],
)
def test_word_of_either_language_has_its_concept_whatever_its_ending(text: str, concept: str) -> None:
    assert concept in concept_terms(text)


def test_longest_word_counts() -> None:
    found = concept_terms("不退了")
    assert "keep" in found
    assert "send_back" not in found


def test_goods_give_way_to_their_concept_in_what_stands_round_them() -> None:
    assert "把 #goods" in concept_terms("把吉他退了")
    assert "把 #goods" in concept_terms("把台灯退了")


def test_concepts_are_paired_in_their_order() -> None:
    assert "goods>broken" in concept_terms("the mug cracked")
    assert "broken>goods" in concept_terms("cracked mug")


def test_text_without_words_of_the_lexicon_has_no_concept() -> None:
    assert concept_terms("") == ["^ $"]


def test_wrong_character_of_the_right_sound_is_heard_as_the_right_one() -> None:
    assert sound_terms("腿货") == sound_terms("退货")
    assert sound_terms("hello") == []


def test_lexicon_has_words_of_both_languages_for_each_concept() -> None:
    for name, words in LEXICON.items():
        assert set(words) == {"zh", "en"}, name
        assert re.search(r"[\u4e00-\u9fff]", words["zh"]), name
        assert all(word.strip() for word in words["en"].split(",")), name


def test_each_character_sounds_in_one_way() -> None:
    characters = "".join(PINYIN.values())
    assert len(characters) == len(set(characters)) > 6700
    assert all(isinstance(syllable, str) for syllable in PINYIN)
