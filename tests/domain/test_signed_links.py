"""Signed links: made, read, refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.signed_links import (
    LIFETIME,
    NO_LINKS,
    ExpiredLink,
    LinkTo,
    SignedLinks,
    WrongLink,
    customer_of_name,
    name_of_customer,
)
from tests.fakes import NOON

LINKS = SignedLinks(b"a key", "https://desk.example")
NUMBER = "CS2026112112345"


def token(links: SignedLinks = LINKS) -> str:
    return links.link(NUMBER, now=NOON).removeprefix("https://desk.example/c/")


def test_a_link_leads_to_its_case_for_thirty_days() -> None:
    assert LINKS.read(token(), now=NOON) == NUMBER
    assert LINKS.read(token(), now=NOON + LIFETIME) == NUMBER
    with pytest.raises(ExpiredLink):
        LINKS.read(token(), now=NOON + LIFETIME + timedelta(seconds=1))


def test_a_link_of_another_key_is_wrong_even_when_it_has_expired() -> None:
    other = SignedLinks(b"another key", "https://desk.example")
    with pytest.raises(WrongLink):
        LINKS.read(token(other), now=NOON + 2 * LIFETIME)


def test_without_a_key_there_are_no_links() -> None:
    with pytest.raises(ValueError, match="no key"):
        NO_LINKS.link(NUMBER, now=NOON)
    with pytest.raises(WrongLink):
        NO_LINKS.read(token(), now=NOON)


@given(st.integers(0, len(token()) - 1), st.characters(codec="utf-8"))
def test_no_character_of_a_link_can_be_changed(place: int, character: str) -> None:
    right = token()
    wrong = right[:place] + character + right[place + 1 :]
    if wrong != right:
        with pytest.raises(WrongLink):
            LINKS.read(wrong, now=NOON)


@given(st.text(max_size=120))
def test_what_is_no_link_is_wrong(text: str) -> None:
    with pytest.raises(WrongLink):
        LINKS.read(text, now=NOON)


def test_a_link_to_one_thing_never_opens_another() -> None:
    for made in LinkTo:
        right = LINKS.token(NUMBER, now=NOON, to=made)
        assert LINKS.read(right, now=NOON, to=made) == NUMBER
        for other in set(LinkTo) - {made}:
            with pytest.raises(WrongLink):
                LINKS.read(right, now=NOON, to=other)


def test_a_link_to_preferences_holds_for_a_year() -> None:
    right = LINKS.link("x", now=NOON, to=LinkTo.PREFERENCES).rpartition("/")[2]
    assert LINKS.read(right, now=NOON + timedelta(days=366), to=LinkTo.PREFERENCES) == "x"
    with pytest.raises(ExpiredLink):
        LINKS.read(right, now=NOON + timedelta(days=367), to=LinkTo.PREFERENCES)


@given(st.text(max_size=24))
def test_any_customer_fits_into_a_link(customer_id: str) -> None:
    link = LINKS.link(name_of_customer(customer_id) or "_", now=NOON, to=LinkTo.PREFERENCES)
    name = LINKS.read(link.rpartition("/")[2], now=NOON, to=LinkTo.PREFERENCES)
    assert customer_of_name(name if customer_id else "") == customer_id
