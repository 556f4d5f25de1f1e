"""Which language to answer in. Pure; standard library only.

A message decides for itself where it can: Chinese characters or English words, by the dominant script when it has
both. Numbers, product codes, names and the few words that everybody uses leave the remembered language as it is.
"""

# ruff: noqa: E501 - a pattern reads best on one line

import re
from typing import Literal

from bot.text import HAN, LATIN_WORD, fold

Language = Literal["zh", "en"]

DEFAULT: Language = "zh"
HAN_PER_WORD = 1.5
FEWEST_ENGLISH_GLUE = 2
FEWEST_ENGLISH_WORDS = 4

_CODES = re.compile(r"https?://\S+|[\w.+-]*@[\w.-]+|[\w.+#/-]*\d[\w.+#/-]*", re.ASCII)
_SHARED = {
    "ok",
    "okay",
    "k",
    "hi",
    "hello",
    "hey",
    "bye",
    "xs",
    "s",
    "m",
    "l",
    "xl",
    "xxl",
    "app",
    "vip",
    "sf",
    "rd",
    "ems",
    "usb",
    "qq",
}
_ENGLISH_GLUE = {
    "i", "a", "the", "my", "to", "is", "are", "was", "it", "this", "that", "do", "does", "did", "you", "your", "can", "could",
    "please", "pls", "for", "of", "in", "on", "and", "or", "not", "with", "from", "have", "has", "how", "when", "where", "what",
    "why", "me", "we", "be", "will", "would", "if", "no", "got",
}  # fmt: skip
_CHINESE_GLUE = re.compile("[的了吗嗎我吧没沒能不请請呢啊是在给給把啦嘛么麼]")
_SENTENCE_STARTS = {
    "yes", "no", "thanks", "thank", "sorry", "please", "return", "refund", "exchange", "cancel", "help", "what", "where", "why",
    "when", "how", "who", "stop", "nope", "yeah", "yep", "sure", "correct", "wrong", "damaged", "broken", "nothing", "both", "all",
}  # fmt: skip

_ENGLISH = r"英文|英语|英語|洋文|鸟语|字母|abc|\benglish\b|\beng\b|\ben\b"
_CHINESE = r"中文|汉语|漢語|汉字|普通话|普通話|国语|國語|中国话|简体|繁体|繁體|粤语|(?<=转)中|\bchinese\b|\bmandarin\b|\bcantonese\b|\bputonghua\b|\bzh\b|\bchino\b|\bsimplified\b|\btraditional\b"
_MENTION = re.compile(rf"(?P<en>{_ENGLISH})|(?P<zh>{_CHINESE})")
_THIRD = re.compile(
    r"日语|日文|韩语|韩文|俄语|法语|西班牙|德语|越南语|泰语|\b(?:spanish|español|french|german|hindi|vietnamese|japanese|korean|arabic)\b"
)
_AVERSE_BEFORE = re.compile(
    r"(?:看不懂|不懂|不会|听不懂|别用|别说|别跟|别|不要|变成?|全是|都是|发的|还用|蹦出来|飙|成了?|打了个"
    r"|don'?t (?:read|speak|know|understand)|can'?t (?:read|understand)|\bnot|no hablo|why.{0,20}(?:in|writing)|didn'?t ask for|out of|turn off|everything'?s|typed one|hit the|\bno|\bmy)\W{0,3}(?:\S{0,4}\s?)?$"
)
_AVERSE_AFTER = re.compile(r"^\W{0,2}(?:不太?好|不行|看不懂|慢|字?认不全|我?看不|is (?:bad|poor)|bad|mean)")
_WISHED_BEFORE = re.compile(
    r"(?:[切换改调转整设](?:换|置)?[成为到回]?|说|讲|用|回到|接着用|以|选|要|请|\b(?:in|to|speak|use|only))\W{0,2}$"
)


def read_language(text: str, remembered: Language | None = None) -> Language:
    """Language of `text`; what it leaves open is the remembered language, or Chinese."""
    plain = _CODES.sub(" ", text)
    han = len(HAN.findall(plain))
    words = LATIN_WORD.findall(plain)
    if han:
        return "en" if len(words) > han / HAN_PER_WORD and _is_english_frame(words, plain) else "zh"
    telling = [word for word in words if fold(word) not in _SHARED]
    if not telling:
        return remembered or ("en" if words and not _are_codes(words) else DEFAULT)
    if remembered and _are_names(telling):
        return remembered
    return "en"


def _is_english_frame(words: list[str], text: str) -> bool:
    """Whether the small words that hold the sentence together are English ("I want to 退货 this")."""
    english, chinese = sum(word.lower() in _ENGLISH_GLUE for word in words), len(_CHINESE_GLUE.findall(text))
    return english > chinese and (english >= FEWEST_ENGLISH_GLUE or len(words) >= FEWEST_ENGLISH_WORDS)


def _are_codes(words: list[str]) -> bool:
    return all(word.isupper() or len(word) == 1 for word in words)


def _are_names(words: list[str]) -> bool:
    """Capitalised words alone, as a customer gives a name, a brand or a product."""
    capitalised = all(not word.islower() for word in words)
    shouted = all(word.isupper() for word in words) and len(words) > 1
    return capitalised and not shouted and len(words) <= 3 and fold(words[0]) not in _SENTENCE_STARTS


def asked_language(text: str, remembered: Language | None = None) -> Language:
    """Language that a request to change it asks for: the one wished, or the other one than the one complained of."""
    folded = fold(text)
    score = {"zh": 0.0, "en": 0.0}
    for mention in _MENTION.finditer(folded):
        named, other = ("en", "zh") if mention["en"] else ("zh", "en")
        before = folded[: mention.start()]
        averse = _AVERSE_BEFORE.search(before) or _AVERSE_AFTER.search(folded[mention.end() :])
        wished = _WISHED_BEFORE.search(before)
        if averse and not (wished and not _AVERSE_BEFORE.search(before[: wished.start()] if wished else before)):
            score[other] += 1
        else:
            score[named] += 1.5 if wished else 1
    if score["zh"] != score["en"]:
        return "zh" if score["zh"] > score["en"] else "en"
    written = read_language(text, remembered)
    if _THIRD.search(folded) or remembered is None or written != remembered:
        return written
    return "en" if remembered == "zh" else "zh"
