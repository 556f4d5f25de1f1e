"""A yes in words, where one is asked for: agreement and the name of the deed, and nothing beside. Pure.

The names of deeds matter both ways: "swap it" agrees to an exchange, and is no yes to a refund.
"""

# ruff: noqa: E501 - a pattern reads best on one line

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from actions.said import Said

FILE, RETURN, EXCHANGE, REFUND = "file", "return", "exchange", "refund"
WITHDRAW, CANCEL, CHANGE = "withdraw", "cancel", "change"
_YES, _BESIDE = "yes", "beside"

_WORDS = {
    kind: re.compile(rf"(?:{zh})|\b(?:{en})\b")
    for kind, zh, en in (
        (
            _YES,
            r"好的?(?!了)|好[吧呀啊嘞哒滴]|行[吧啊呀的]?(?!了)|可以[的了啊呀]?|对[的啊呀]|对(?!了)|是[的啊呀]|嗯+|没问题|没错|没毛病|同意|确认|确定|当然|就这样吧?|就这么[办定]吧?|办[吧了]|照办|来吧|弄吧",
            r"yes|yeah|yep|yup|ya|yea|aye|sure|okay|okey|ok|k|alright|fine|exactly|perfect|great|looks (?:good|right|fine|correct)|sounds good|(?:that'?s |it'?s |all )?(?:right|correct|fine|good|ok|okay)|go ahead|go for it|go on|proceed|do it|do that|confirm(?:ed)?|agreed?|i agree|absolutely|definitely|of course|please do|by all means",
        ),
        (
            _BESIDE,
            r"那就|那|就|请|帮我|给我|麻烦[你您]?了?|谢谢[你您]?|直接|[吧呀啊哈呢哦噢]",
            r"please|pls|plz|thanks|thank you|thx|ty|then|just|now|so|and|that|this|it|them|you can|let'?s|for me|the (?:return|exchange|refund|request|complaint|swap)",
        ),
        (FILE, r"提交[吧了]?|报上去|登记吧?", r"submit|file|send (?:it |this )?(?:in|off|through)"),
        (RETURN, r"退货退款|退[货了掉]?", r"return|send (?:it|them) back"),
        (EXCHANGE, r"换[货了掉]?", r"exchange|swap"),
        (REFUND, r"退[款钱]", r"refund(?: me)?"),
        (WITHDRAW, r"撤[回销了掉]?", r"withdraw"),
        (CANCEL, r"取消[了掉]?", r"cancel"),
        (CHANGE, r"改[了掉]?", r"change|update"),
    )
}
_GAP = re.compile(r"[\s,，.。!！~～、;；]*")
_WISHES = {RETURN: "return_item", EXCHANGE: "exchange_item", REFUND: "request_refund"}


def as_consent(said: Said, deeds: Mapping[str, bool]) -> Said:
    """The message as a yes where it is nothing else; as another wish where it names another deed.

    `deeds` are those that agree to what was shown: True where the name alone does, False beside a yes only.
    """
    words = None if said.structured else _named(said.text)
    if not words:
        return said
    foreign = words - deeds.keys() - {_YES}
    wishes = [intent for deed, intent in _WISHES.items() if deed in foreign]
    if foreign:
        return replace(said, intent=wishes[0]) if wishes else said
    agrees = _YES in words or any(deeds[word] for word in words)
    return replace(said, intent="affirm") if agrees else said


def _named(text: str) -> frozenset[str] | None:
    """The deeds, and whether a yes, that a message names; None where it says anything else."""
    folded, found = text.strip().lower().replace("’", "'"), set[str]()
    place = 0
    while True:
        gap = _GAP.match(folded, place)
        place = gap.end() if gap else place
        if place == len(folded):
            return frozenset(found - {_BESIDE})
        kind, end = _longest(folded, place)
        if end == place:
            return None
        found.add(kind)
        place = end


def _longest(text: str, place: int) -> tuple[str, int]:
    """The kind of the longest known word that begins here, and where it ends; here again where there is none."""
    ends = {kind: match.end() for kind, words in _WORDS.items() if (match := words.match(text, place))}
    return max(ends.items(), key=lambda pair: pair[1], default=(_BESIDE, place))
