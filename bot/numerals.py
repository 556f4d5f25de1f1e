"""Numbers as customers write them: digits, Chinese numerals, English number words, digits spelt out.

Pure; standard library only. All texts are expected folded (`bot.text.fold`).
"""

import re
from decimal import Decimal

ZH_DIGITS = {
    c: i
    for i, cs in enumerate(("零〇", "一幺壹", "二两兩俩", "三仨", "四", "五", "六", "七", "八", "九"))
    for c in cs
}
ZH_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000, "萬": 10000}
EN_DIGITS = {
    "zero": 0, "oh": 0, "o": 0, "one": 1, "two": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
EN_NUMBERS = {word: value for word, value in EN_DIGITS.items() if len(word) > 2 and value} | {
    "a": 1, "an": 1, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
}  # fmt: skip

DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:[.,]\d{1,2})?)(?![\d])"
ZH_NUMBER = r"[零〇一二两兩三四五六七八九十百千万萬]+"
ZH_DIGIT = r"[零〇一幺壹二两兩三四五六七八九]"
_WORDS = "|".join(sorted((word for word in EN_NUMBERS if word not in ("a", "an")), key=len, reverse=True))
EN_NUMBER = rf"\b(?:(?:an?\s)?(?:{_WORDS})\b(?:(?:\s(?:and\s)?|-)(?:{_WORDS})\b)*)"
_SPOKEN = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|o)"
EN_SPOKEN = rf"\b(?:(?:(?:double|triple)\s)?{_SPOKEN})(?:[\s,-]+(?:(?:double|triple)\s)?{_SPOKEN})*\b"


def read_number(text: str) -> Decimal | None:
    """Value of "1,299.5", "35,50", "两百五" (250), "1.5万", "a hundred and five"; None if unreadable."""
    text = text.strip()
    if re.fullmatch(r"\d[\d.,]*", text):
        return _read_digits(text)
    if scaled := re.fullmatch(r"(\d[\d.,]*)\s?([百千万萬k])", text):
        value = _read_digits(scaled[1])
        return None if value is None else value * ZH_UNITS.get(scaled[2], 1000)
    if shorthand := re.fullmatch(r"(\d)([百千万])(\d)", text):
        unit = ZH_UNITS[shorthand[2]]
        return Decimal(int(shorthand[1]) * unit + int(shorthand[3]) * unit // 10)
    if re.fullmatch(ZH_NUMBER, text):
        return _read_chinese(text)
    return _read_english(text)


def _read_digits(text: str) -> Decimal | None:
    if re.fullmatch(r"\d+,\d{1,2}", text):
        text = text.replace(",", ".")
    text = text.replace(",", "")
    return Decimal(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _read_chinese(text: str) -> Decimal | None:
    total, section, digit, unit, had_zero = 0, 0, -1, 0, False
    for character in text:
        if character in ZH_DIGITS:
            if digit > 0:
                return None
            digit = ZH_DIGITS[character]
            had_zero = digit == 0
            continue
        unit = ZH_UNITS[character]
        if unit == 10000:
            total, section = (total + section + max(digit, 0)) * unit, 0
        else:
            section += (1 if digit < 0 else digit) * unit
        digit, had_zero = -1, False
    if digit > 0:
        shorthand = unit > 10 and not had_zero and _directly_after_unit(text)
        section += digit * (unit // 10 if shorthand else 1)
    return Decimal(total + section)


def _directly_after_unit(text: str) -> bool:
    return len(text) > 1 and text[-2] in ZH_UNITS


def _read_english(text: str) -> Decimal | None:
    words = [word for word in re.split(r"[\s-]+", text) if word and word != "and"]
    if not words or any(word not in EN_NUMBERS for word in words):
        return None
    total = section = 0
    for word in words:
        value = EN_NUMBERS[word]
        if value == 1000:
            total, section = total + max(section, 1) * value, 0
        elif value == 100:
            section = max(section, 1) * value
        else:
            section += value
    return Decimal(total + section)


def read_spoken_digits(text: str) -> str:
    """Digits spelt out one by one: "double oh seven" "007", "幺三八" "138"; other characters are dropped."""
    digits, times = "", 1
    for piece in re.findall(r"[a-z]+|.", text):
        if piece in ("double", "triple"):
            times = 2 if piece == "double" else 3
        elif piece in EN_DIGITS or piece in ZH_DIGITS or piece.isdigit():
            digits += str(EN_DIGITS.get(piece, ZH_DIGITS.get(piece, piece))) * times
            times = 1
    return digits
