import pytest

from bot.language import asked_language, read_language


@pytest.mark.parametrize(
    "text",
    ["我要退货", "这件coat不太fit，想return", "iPhone 15 Pro Max退货", "track order到哪了", "邮箱a@example.com"],
)
def test_a_chinese_sentence_is_chinese_with_english_words_in_it(text: str) -> None:
    assert read_language(text, "en") == "zh"


@pytest.mark.parametrize(
    "text",
    [
        "where is my order",
        "I want to 退货 this one",
        "Thanks",
        "WHERE IS MY REFUND",
        "关于 refund: do I get it all",
    ],
)
def test_an_english_sentence_is_english_with_chinese_words_in_it(text: str) -> None:
    assert read_language(text, "zh") == "en"


@pytest.mark.parametrize(
    "text", ["RD2026110700123", "XL", "ok", "👍", "1001", "a@example.com", "iPhone 15 Pro", "Rashid Khan", "", "?"]
)
def test_what_belongs_to_no_language_keeps_the_remembered_one(text: str) -> None:
    assert read_language(text, "zh") == "zh"
    assert read_language(text, "en") == "en"


@pytest.mark.parametrize("text", ["RD2026110700123", "XL", "👍", ""])
def test_without_a_memory_the_default_is_chinese(text: str) -> None:
    assert read_language(text) == "zh"


def test_a_greeting_without_a_memory_is_english() -> None:
    assert read_language("hello") == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("说英文", "en"),
        ("English please", "en"),
        ("speak chinese", "zh"),
        ("中文", "zh"),
        ("能说中文吗", "zh"),
        ("别说英文了", "zh"),
        ("看不懂英文", "zh"),
        ("I don't read Chinese", "en"),
        ("English please 我中文不太好", "en"),
        ("把界面调成英文", "en"),
    ],
)
def test_a_request_names_the_language_that_is_wished(text: str, language: str) -> None:
    assert asked_language(text, "zh") == language
    assert asked_language(text, "en") == language


def test_a_request_that_names_none_leaves_the_present_one() -> None:
    assert asked_language("换个语言", "zh") == "en"
    assert asked_language("switch language", "en") == "zh"
