"""Questions about one's own goods and money that are told by their words. Pure."""

from __future__ import annotations

import re

_WHERE = re.compile(
    r"(?:到哪|在哪|哪儿)[里儿]?(?:了|呢|啊|$)|什么时候能?(?:到|送到|送来)"
    r"|\bwhere(?:'?s| is| are)? (?:on earth |the hell )?(?:my|our|the other)\b"
    r"|\bwhen (?:will|is|does|do) (?:my|our|the other)\b.{0,40}\b(?:arriv\w*|com(?:e|es|ing)|here)\b",
    re.IGNORECASE,
)
_WHEN = r"(?:什么时候|何时|多久|几天|啥时候|多长时间)"
_OWN_MONEY = re.compile(
    rf"{_WHEN}.{{0,6}}(?:拿到|收到|退我|给我|退给我|还我|看到).{{0,4}}(?:钱|款)|{_WHEN}.{{0,4}}把?(?:钱|款)退给?我"
    rf"|我的?(?:钱|退款).{{0,6}}{_WHEN}|(?:钱|退款).{{0,4}}{_WHEN}.{{0,4}}(?:给我|退我|到我)"
    r"|\b(?:how long|when|how soon|how many days)\b.{0,30}\b(?:i|me|my)\b.{0,20}\b(?:money|refund(?:ed)?|cash)\b",
    re.IGNORECASE,
)


def asks_where(text: str) -> bool:
    """Whether something that was ordered is asked after."""
    return bool(_WHERE.search(text))


def asks_for_own_money(text: str) -> bool:
    """Whether it is asked by when the asker's own money is back."""
    return bool(_OWN_MONEY.search(text))
