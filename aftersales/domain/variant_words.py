"""Sizes and colours in the words of customers and of catalogues, in both languages."""

from __future__ import annotations

import re

# How the sizes of one kind follow each other; words that mean the same stand together.
_LETTERS = (
    ("xxxs", "3xs"),
    ("xxs", "2xs"),
    ("xs", "extra small"),
    ("s", "small", "小号"),
    ("m", "medium", "中号", "均码"),
    ("l", "large", "大号"),
    ("xl", "extra large", "加大号", "特大号"),
    ("xxl", "2xl"),
    ("xxxl", "3xl"),
    ("xxxxl", "4xl"),
    ("xxxxxl", "5xl"),
)
_BEDS = (("single", "twin"), ("double", "full"), ("queen",), ("king",), ("super king",))
_PACKS = (
    ("小包装", "小份", "small pack", "小瓶", "小罐", "小盒"),
    ("中包装", "medium pack"),
    ("大包装", "大份", "large pack", "大瓶", "大罐", "大盒"),
)
_SCALES = {"letters": _LETTERS, "beds": _BEDS, "packs": _PACKS}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LETTER = re.compile(r"(?<![a-z0-9'’-])(\d?x{0,5}[sl]|m)(?![a-z0-9'’-])")

# What is called by one plain name in talk: stems in Chinese, words in English.
_COLOURS = (
    ("黑", "black"),
    ("白", "white", "off-white", "cream", "ivory"),
    ("灰", "grey", "gray"),
    ("蓝", "藏青", "blue", "navy", "teal"),
    ("绿", "green", "teal", "olive"),
    ("黄", "yellow", "mustard"),
    ("橙", "橘", "orange"),
    ("红", "red", "burgundy", "coral", "crimson"),
    ("粉", "pink"),
    ("紫", "purple", "violet"),
    ("棕", "驼", "咖", "褐", "brown", "camel", "tan"),
)

Size = tuple[str, float]


def size_of(value: str) -> Size | None:
    """The scale and the place on it of an option value ("42 码", "EU 42", "XL", "1.8 米床", "king"), or None."""
    plain = value.strip().lower()
    for scale, steps in _SCALES.items():
        for place, words in enumerate(steps):
            if plain in words:
                return scale, float(place)
    numbers = _NUMBER.findall(plain)
    return ("number", float(numbers[0])) if len(numbers) == 1 else None


def sizes_said(text: str) -> set[Size]:
    """The sizes that a message names: letters, plain numbers, and words such as "a medium" or 大号."""
    low = text.lower()
    found = {("number", float(number)) for number in re.findall(r"(?<![\d.])\d+(?:\.\d+)?(?![\d.])", low)}
    for letter in _LETTER.findall(low):
        found |= {size for size in [size_of(letter)] if size}
    for scale, steps in _SCALES.items():
        for place, words in enumerate(steps):
            if any(_names(low, word) for word in words if len(word) > 3 or not word.isascii()):
                found.add((scale, float(place)))
    return found


def names_value(text: str, value: str) -> int:
    """How plainly a message names an option value: 2 in its own words, 1 by its colour's plain name, 0 not."""
    low, plain = text.lower(), value.strip().lower()
    bare = plain.removesuffix("色") if len(plain) > 1 else plain
    if plain and _names(low, plain):
        return 2
    if len(bare) > 1 and not bare.isascii() and bare in low:
        return 2
    for family in _COLOURS:
        if any(word in plain for word in family) and any(_names(low, word) for word in family):
            return 1
    return 0


def _names(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None
