from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.channel_text import clusters, size, split_text
from aftersales.domain.reply_budget import Weight, room
from aftersales.domain.threads import Allowance
from tests.fakes import NOON

CHARS = st.sampled_from(
    ["a", "é", "退", "。", ".", "!", " ", "\n", "👍🏽", "👨\u200d👩\u200d👧", "🇨🇳", "e\u0301", "!\ufe0f", "5️⃣"]
)
TEXTS = st.lists(CHARS, max_size=200).map("".join)
LIMITS = st.integers(min_value=32, max_value=200)  # no character of these is longer


def bare(text: str) -> str:
    return "".join(text.split())


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(min_value=4, max_value=50))
def test_pieces_are_never_longer_than_allowed_and_lose_nothing_but_white_space(text: str, longest: int) -> None:
    pieces = split_text(text, longest=longest)
    assert all(0 < size(piece) <= longest for piece in pieces)
    assert bare("".join(pieces)) == bare(text)


@given(TEXTS, LIMITS)
def test_no_cut_goes_through_what_is_one_character(text: str, longest: int) -> None:
    pieces = split_text(text, longest=longest)
    whole = [cluster for cluster in clusters(text) if cluster.strip()]
    assert [cluster for piece in pieces for cluster in clusters(piece) if cluster.strip()] == whole


def test_an_address_stays_whole_where_a_sentence_or_a_word_ends_before_it() -> None:
    text = "Your parcel is on its way. See https://shop.example.com/parcels/12345678"
    assert split_text(text, longest=60) == [
        "Your parcel is on its way. See",
        "https://shop.example.com/parcels/12345678",
    ]


@given(
    st.integers(min_value=0, max_value=5),
    st.timedeltas(min_value=-timedelta(hours=1), max_value=timedelta(hours=48)),
    st.lists(st.sampled_from([Weight.NEWS, Weight.TURN, Weight.PERSON, Weight.RESULT]), max_size=12),
)
def test_never_more_than_the_allowance_and_after_news_alone_a_result_has_its_message(
    left: int, lasts: timedelta, weights: list[Weight]
) -> None:
    allowance, sent = Allowance(left, NOON + lasts), 0
    for weight in weights:
        if room(allowance, weight=weight, now=NOON):
            allowance, sent = allowance.spent(), sent + 1
    assert sent <= (left if lasts > timedelta(0) else 0)
    quiet = Allowance(left, NOON + lasts)
    while room(quiet, weight=Weight.NEWS, now=NOON):
        quiet = quiet.spent()
    if left and lasts > timedelta(minutes=10):
        assert room(quiet, weight=Weight.RESULT, now=NOON) == 1
