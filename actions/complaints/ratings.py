"""What customers' words say about how content they are: a rating, praise, a suggestion. Pure."""

# ruff: noqa: E501 - a pattern reads best on one line

from __future__ import annotations

import re


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_HAN = re.compile(r"[\u3400-\u9fff]")
_STARS = re.compile(r"[★⭐🌟]")
_OUT_OF = re.compile(r"(?<![\d.])([0-9]|10)(?:\.\d)?\s*(?:/|out of|分之|\s*of\s)\s*(5|10)(?!\d)", re.IGNORECASE)
_COUNTED = re.compile(r"(?<![\d.])([1-5])\s*(?:颗|个)?\s*(?:分(?![钟之])|星|stars?\b|points?\b)|([一二两三四五])\s*(?:颗|个)?\s*(?:分(?!钟|之|享|析|手|开)|星)|\b(one|two|three|four|five)[\s-](?:stars?|points?)\b|(?:打|给|评)\s*([1-5])(?!\d)", re.IGNORECASE)  # fmt: skip
_NUMERALS = {word: n for n, words in enumerate(("", "一 one", "二 两 two", "三 three", "四 four", "五 five")) for word in words.split()}  # fmt: skip
_RATING_WORDS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (1, _words(r"非常不满意|很不满意|极差|差评|太差了|垃圾|零分|(?<!\d)0分(?!钟)|terrible|awful|horrible|very (?:bad|dissatisfied|unhappy|poor)|worst|zero stars|useless")),
    (5, _words(r"非常满意|特别满意|很满意|十分满意|超级?满意|满分|五星好评|好评|太棒了|excellent|very (?:satisfied|happy|good)|perfect|amazing|outstanding|fantastic|brilliant")),
    (2, _words(r"不满意|不太满意|不怎么样|不太好|(?:not|wasn'?t) (?:very |so |that )?(?:satisfied|happy|good|great)|dissatisfied|unsatisfied|unhappy|\bbad\b|\bpoor\b")),
    (3, _words(r"一般般?|还行|还可以|凑合|马马虎虎|中规中矩|\bok(?:ay)?\b|average|so-so|mediocre|not bad|fair\b")),
    (4, _words(r"比较满意|挺好|满意|不错|挺棒|\bgood\b|satisfied|\bhappy with\b|pretty good|\bnice\b")),
)  # fmt: skip
_SUGGESTS = _words(
    r"建议|希望你们|要是能|如果能|最好能|能不能(?:增加|加|做)|应该(?:增加|加|做)|提个|意见|suggest|it would be (?:great|nice|good|helpful)|i wish|you should|you could|please add|would love|improve"
)
_PRAISES = _words(
    r"表扬|夸|点赞|赞一?[个下]|感谢.{0,12}(?:客服|小哥|师傅|店)|很棒|太好了|贴心|周到|耐心|praise|compliment|kudos|well done|great (?:job|service|work)|love (?:your|the|this)|helpful|shout ?out"
)


def rating_told(text: str, *, asked: bool) -> int | None:
    """1 to 5 by stars, numbers or words; a bare number only where a rating was asked for."""
    stars = len(_STARS.findall(text))
    if 1 <= stars <= 5:
        return stars
    if found := _OUT_OF.search(text):
        mark, most = int(found[1]), int(found[2])
        return min(5, max(1, mark if most == 5 else (mark + 1) // 2))
    if found := _COUNTED.search(text):
        word = next(group for group in found.groups() if group)
        return _NUMERALS.get(word.lower()) or int(word)
    if asked and (bare := re.fullmatch(r"\W*(?:([1-5])|([一二两三四五])|(one|two|three|four|five))\W*", text.strip(), re.IGNORECASE)):  # fmt: skip
        word = next(group for group in bare.groups() if group)
        return _NUMERALS.get(word.lower()) or int(word)
    return next((rating for rating, words in _RATING_WORDS if words.search(text)), None)


def suggests(text: str) -> bool:
    return bool(_SUGGESTS.search(text))


def praises(text: str) -> bool:
    return bool(_PRAISES.search(text))


_FEEDBACK_OPENING = _words(
    r"我要|我想|我来|想|要|给|你们|客服|服务|评价|评分|打分|打个分|评个分|反馈|留言|提|个|一个|一下|写|建议|意见|好评|差评|的|吧|表扬"
    r"|\b(?:i|i'd|want|would|like|need|to|leave|give|write|some|a|an|the|my|you|your|feedback|review|rating|rate|suggestion|comment|comments|about|please|service|can|how|do|have|here|is|for|make|share)\b"
)  # fmt: skip


def says_why(text: str) -> bool:
    """Whether feedback says more than that there is some, or how much."""
    rest = _FEEDBACK_OPENING.sub(" ", _COUNTED.sub(" ", _OUT_OF.sub(" ", _STARS.sub(" ", text))))
    return len(_HAN.findall(rest)) >= 3 or len(re.findall(r"[A-Za-z']{2,}", rest)) >= 2
