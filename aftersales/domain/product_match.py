"""Matching words of a customer to the titles of what he bought ("那双跑鞋", "the blue jacket")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aftersales.domain.product_kinds import kinds_of

_HAN = re.compile(r"[\u3400-\u9fff]")
_RUN = re.compile(r"[\u3400-\u9fffa-z0-9]+")
_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+|\s+(?=[\u3400-\u9fff])")  # "T 恤" is "T恤"
_LATIN = re.compile(r"[a-z][a-z0-9]+")

_NUMBERS = {
    word: n
    for n, words in enumerate(("", "one 一", "two both 两 二", "three 三", "four 四", "five 五", "six 六"))
    for word in words.split()
}
# What was bought is no count of what is meant.
_COUNTED = re.compile(
    r"(?<!买)(?<![买订拍]了)(?<!bought )(?<!ordered )(?<!purchased )"
    r"(?P<number>(?<![\d.])\d{1,2}(?![\d.])|\b(?:one|two|both|three|four|five|six)\b|[一两二三四五六])"
    r"(?:\s*[件条双个只盒]|\s+of(?:\s+(?:the|these|those))?)?\s*(?P<goods>[\w'-]+(?:\s[\w'-]+)?)"
)
_BOUGHT = re.compile(
    r"(?:买了?|[订拍]了)\s*(?P<zh>[一两二三四五六]|\d{1,2})"
    r"|\b(?:bought|ordered|purchased) (?P<en>\d{1,2}|one|two|three|four|five|six)\b"
)

_OWN = re.compile(
    r"我[的这那]|我.{0,4}买|[这那][双件个条款只台顶副]"
    r"|\b(?:my|mine|this|that|these|those|i bought|i got|i ordered)\b"
)

# Words that stand in titles and in talk alike and tell nothing about which article is meant.
_EMPTY_LATIN = frozenset(
    "the and for with this that from your you one item order return refund want back size pack set new my it is "
    "was to of in on not too but don need please can pair bought buy got send like these those".split()
)
_EMPTY_HAN = (
    "我的",
    "你们",
    "退货",
    "退款",
    "订单",
    "这个",
    "那个",
    "一个",
    "一件",
    "东西",
    "商品",
    "质量",
    "可以",
    "不要",
)


def _han_pairs(text: str) -> set[str]:
    joined = _GAP.sub("", text.lower())
    pairs = {run[i : i + 2] for run in _RUN.findall(joined) for i in range(len(run) - 1)}
    return {pair for pair in pairs if _HAN.search(pair)} - set(_EMPTY_HAN)


def _stem(word: str) -> str:
    for ending in ("ies", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def _latin_stems(text: str) -> set[str]:
    return {_stem(word) for word in _LATIN.findall(text.lower()) if word not in _EMPTY_LATIN}


def _features(text: str) -> set[str]:
    return kinds_of(text) | _han_pairs(text) | {word for word in _latin_stems(text) if len(word) >= 3}


def speaks_of_own_goods(said: str) -> bool:
    """Whether the words point at something that the customer has, rather than at goods in general."""
    return bool(_OWN.search(said.lower()))


def bought(said: str) -> set[int]:
    """The numbers of goods that the words say were bought, which is not how many are meant now."""
    numbers = (found["zh"] or found["en"] for found in _BOUGHT.finditer(said.lower()))
    return {int(number) if number.isdecimal() else _NUMBERS[number] for number in numbers}


def counted(said: str, titles: Sequence[str]) -> int | None:
    """How many of the goods with these titles the words count ("2 t-shirts", "两件T恤"); None if not said."""
    wanted = set().union(*(_features(title) for title in titles))
    for found in _COUNTED.finditer(said.lower()):
        if _features(found["goods"]) & wanted:
            number = found["number"]
            return int(number) if number.isdecimal() else _NUMBERS[number]
    return None


def match(said: str, titles: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The keys of `titles` that the words fit best: one when it is clear, several when they tie, or none.

    `titles` maps a key to everything that names it (title and options in both languages). A Chinese article is
    met by two characters in a row, an English one by a word, plural or not; what fewer titles share weighs more.
    """
    wanted = _features(said)
    held = {key: set().union(*(_features(text) for text in texts)) for key, texts in titles.items()}
    scores: dict[str, float] = {}
    for key, features in held.items():
        common = wanted & features
        scores[key] = sum(1.0 / sum(feature in other for other in held.values()) for feature in common)
    best = max(scores.values(), default=0.0)
    return tuple(key for key, score in scores.items() if best > 0 and score >= best * 0.999)
