from __future__ import annotations

import pytest

from actions import consent
from actions.consent import as_consent
from tests.actions.orders import said

RETURN = {consent.FILE: True, consent.RETURN: True, consent.REFUND: False}
EXCHANGE = {consent.FILE: True, consent.EXCHANGE: True}


@pytest.mark.parametrize(
    "text",
    "file it|yes thats right|Yes, that’s right!|go ahead|ok file it then|just submit it please|yep, all good|"
    "行 就这样|"
    "可以，提交吧|好的退|退吧|好的，退款吧|嗯嗯 就这么办|没问题，办吧|yes please return it|ok refund me".split(
        "|"
    ),
)
def test_agreement_and_the_deed_alone_are_a_yes(text: str) -> None:
    assert as_consent(said(text, "nlu_fallback"), RETURN).intent == "affirm"


@pytest.mark.parametrize("text", ["好的换", "换吧", "ok swap it", "yes, exchange it please"])
def test_the_name_of_the_deed_agrees_to_that_deed_only(text: str) -> None:
    assert as_consent(said(text, "nlu_fallback"), EXCHANGE).intent == "affirm"
    assert as_consent(said(text, "affirm"), RETURN).intent == "exchange_item"


def test_a_yes_to_a_return_is_none_to_an_exchange() -> None:
    assert as_consent(said("好的退", "affirm"), EXCHANGE).intent == "return_item"
    assert as_consent(said("ok, refund it", "affirm"), EXCHANGE).intent == "request_refund"


@pytest.mark.parametrize(
    "text",
    "对了|好了|行了|不行|好不好|可以吗|is that right?|yes but two of them|refund it|退款|yes, cancel it|"
    "don't file it|"
    "not right|好的，再看看|okra|hmm|".split("|"),
)
def test_whatever_says_more_or_less_is_left_as_it_was(text: str) -> None:
    assert as_consent(said(text, "nlu_fallback"), RETURN).intent == "nlu_fallback"
