"""Everything that is told outside a turn has a subject for its mail, and no subject tells more than it may."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from aftersales.domain.mail_subjects import NOT_MAILED, SUBJECTS, subject_of
from aftersales.domain.texts import LANGUAGES, Language
from aftersales.services.arrivals import ANSWERED, WAITING
from runtime.texts import RESPONSES, load_responses
from tests.project_data import ROOT, literals

SERVICES = ROOT / "aftersales" / "services"
TELLS = re.compile(r"\b(?:tell|tell_later|tell_of_refund)\(")
WORDS = load_responses(RESPONSES)


def told() -> set[str]:
    """The responses that are named where something is told outside a turn."""
    tellers = [path for path in SERVICES.glob("*.py") if TELLS.search(path.read_text(encoding="utf8"))]
    found = {text for path in tellers for _, text in literals(path) if text.startswith("utter_")}
    return {name for name in found if not name.startswith("utter_handoff_")} | {ANSWERED, WAITING}


def text_of(response: str, language: Language) -> str:
    return str(WORDS[response][language][0]["text"])


def test_everything_that_is_told_has_a_subject_or_stays_in_the_talk() -> None:
    assert told() - SUBJECTS.keys() - NOT_MAILED == set()
    assert SUBJECTS.keys() - told() == {"utter_mail_code"}
    assert told() >= NOT_MAILED


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("subject", sorted(set(SUBJECTS.values())))
def test_a_subject_is_short_and_holds_a_number_at_most(subject: str, language: Language) -> None:
    text = text_of(subject, language)
    assert {name for _, name, _, _ in Formatter().parse(text) if name} <= {"number", "order"}
    filled = text.format(number="RT2026112100001", order="RD2026111800001")
    assert len(filled) <= (40 if language == "zh" else 78)


def test_a_response_that_is_not_told_has_none() -> None:
    with pytest.raises(KeyError):
        subject_of("utter_returns_done")
