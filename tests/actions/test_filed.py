from __future__ import annotations

import pytest

from actions.returns.filed import means_latest, shall_stay, speaks_of_filed


@pytest.mark.parametrize(
    "text",
    [
        "先把刚才那个退货取消",
        "取消 RT2026112270424",
        "之前提交的退货不要了",
        "上一个退货撤了吧",
        "cancel the return I just filed",
        "cancel my previous return first",
        "drop the request I made earlier",
    ],
)
def test_words_point_back_at_what_was_filed(text: str) -> None:
    assert speaks_of_filed(text)


@pytest.mark.parametrize("text", ["算了 不退了", "never mind, don't return it", "我不退了", "cancel this return"])
def test_words_about_what_is_being_told_do_not(text: str) -> None:
    assert not speaks_of_filed(text)


def test_the_latest_of_several_is_told_apart() -> None:
    assert means_latest("取消刚才那个退货")
    assert not means_latest("cancel a return")


@pytest.mark.parametrize(
    "text",
    "还是不撤了吧|算了不撤了|不用撤回了|还是退吧|继续退|别取消|actually no, keep the return|don't cancel it|"
    "let it go through|leave it as it is|I still want to return it".split("|"),
)
def test_a_return_shall_stay_after_all(text: str) -> None:
    assert shall_stay(text)


@pytest.mark.parametrize("text", ["撤吧", "是的", "withdraw it", "cancel it", "yes, I want to keep the shoes"])
def test_it_shall_go(text: str) -> None:
    assert not shall_stay(text)
