"""Words about a return that is filed already: which one is meant, and that it shall stay after all. Pure."""

# ruff: noqa: E501 - a pattern reads best on one line

from __future__ import annotations

import re

_EARLIER = re.compile(
    r"(?:刚才|刚刚|方才|先前|之前|前面|上面|上一|上个|上次|昨天|早上|前天|已经).{0,6}(?:退|换|申请|单)"
    r"|(?:提交|申请|登记)(?:过|好|了)?的?.{0,3}那|那[个笔份单].{0,4}(?:提交|申请|办)(?:过|好|了)"
    r"|\bi(?:'ve| have)?(?: just| already)? (?:filed|made|submitted|requested|opened|started|sent in|put in)\b"
    r"|\b(?:previous|earlier|last|first|other|existing)\b.{0,8}\b(?:return|exchange|refund|request|one)\b"
    r"|\b(?:return|exchange|refund|request|one)\b.{0,12}\b(?:from (?:before|earlier|just now)|a (?:minute|moment) ago|yesterday)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"RT\d{13}", re.IGNORECASE)
_LATEST = re.compile(r"刚才|刚刚|方才|上一|上个|最后|最近|\bjust\b|\blast\b|\blatest\b|\bnewest\b", re.IGNORECASE)
_STAYS = re.compile(
    r"(?:不|别|甭)(?:想|要|用|必|再)?(?:撤|取消)|(?:还是|继续|照常|接着|仍然)(?:要|想|帮我)?(?:退|换|办|投诉)|保留"
    r"|\b(?:keep|leave|continue|proceed|go on|go ahead) (?:with )?(?:the|my|that|this) (?:return|exchange|refund|request|complaint|case|claim)\b"
    r"|\b(?:don'?t|do not|not|no need to|never mind) (?:to )?(?:withdraw|cancel)|\blet it (?:go|run|be|stand)\b"
    r"|\bleave (?:it|that|things)\b|\bstill want (?:to (?:return|exchange|send)|the|my)\b|\bkeep it (?:going|open|running|as)\b",
    re.IGNORECASE,
)


def speaks_of_filed(text: str) -> bool:
    """Whether the words point back at something that was filed before, rather than at what is being talked of."""
    return bool(_NUMBER.search(text) or _EARLIER.search(text))


def means_latest(text: str) -> bool:
    return bool(_LATEST.search(text))


def shall_stay(text: str) -> bool:
    """Whether a return shall not be withdrawn after all, asked if it shall."""
    return bool(_STAYS.search(text))
