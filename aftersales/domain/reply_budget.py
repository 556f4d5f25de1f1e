"""What the few messages that an app allows are spent on.

WeChat and WeCom allow five messages within 48 hours of a customer's message, and three within a minute of a click
(developers.weixin.qq.com, customer messages; developer.work.weixin.qq.com, document 96427).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum

from aftersales.domain.threads import Allowance

KEPT_FOR_RESULT = 1
_LASTING = timedelta(minutes=10)  # what is over sooner would hardly see a result


class Weight(IntEnum):
    """How much a message matters; a piece made of several counts as the weightiest of them."""

    NEWS = 0  # progress
    TURN = 1  # the bot's answer to what the customer wrote
    PERSON = 2  # an agent's words
    RESULT = 3  # how it ended: the money is on its way, the request is rejected


def room(allowance: Allowance, *, weight: Weight, now: datetime) -> int | None:
    """How many messages of this weight may be sent now; None for as many as one likes.

    One message is kept for the result. The bot's answer to what was just written may have it where nothing else
    is left: a customer who asks is answered.
    """
    left = allowance.at(now)
    if left is None or weight >= Weight.PERSON:
        return left
    lasts = allowance.until is not None and allowance.until - now > _LASTING
    kept = KEPT_FOR_RESULT if lasts else 0
    free = max(0, left - kept)
    return max(free, min(1, left)) if weight is Weight.TURN else free
