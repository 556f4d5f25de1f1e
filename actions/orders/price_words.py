"""Whether a question about price protection claims a difference for goods that were bought. Pure."""

from __future__ import annotations

import re

from actions.said import Said

INTENT, CHECK = "ask_price_protection", ("price", "check")
_BOUGHT = re.compile(
    r"我[^，。,.?？!！;；]{0,8}(?:买|下单|拍下|入手)|\b(?:i|we)(?:'ve| have)?(?: just| only| recently| already)? "
    r"(?:bought|ordered|purchased|paid)\b|\bmy (?:order|purchase)\b"
)
_SUPPOSED = re.compile(
    r"如果|要是|假如|假设|万一|想买|打算|准备买|\b(?:if|when|suppose) (?:i|we)\b|\bwant to (?:buy|order)\b"
)


def claims(said: Said) -> bool:
    """Whether a question about price protection is a claim: it names an order, or tells of a purchase made."""
    if said.intent != INTENT:
        return False
    if said.structured:
        return said.choice == CHECK
    text = said.text.lower().replace("’", "'")
    if _SUPPOSED.search(text):
        return False
    return bool(said.first("order_number") or _BOUGHT.search(text))
