"""What is said: a whole return, from the wish to the number, with a question in between."""

from __future__ import annotations

import re
from dataclasses import dataclass

FILED = re.compile(r"RT\d{13}")


@dataclass(frozen=True, slots=True)
class Say:
    """Words; `intent` is what they mean."""

    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap on the first button offered whose payload holds `payload`."""

    payload: str


RETURN: dict[str, tuple[Say | Tap, ...]] = {
    "zh": (
        Say("你好,我想退货", "return_item"),
        Tap("item:"),
        Tap("reason:wrong_size"),
        Say("运费谁出", "ask_return_shipping"),
        Tap("confirm:"),
        Say("谢谢", "thank"),
    ),
    "en": (
        Say("Hi, I would like to return something", "return_item"),
        Tap("item:"),
        Tap("reason:wrong_size"),
        Say("who pays for return shipping?", "ask_return_shipping"),
        Tap("confirm:"),
        Say("thank you", "thank"),
    ),
}
# Said again and again in one session, to see what a turn costs after many.
LONG_TALK = ("/ask_return_shipping", "/ask_refund_policy")
