"""In which state goods came back, as the person sees who inspects them."""

from __future__ import annotations

from enum import StrEnum


class GoodsCondition(StrEnum):
    """`as_new` includes what was opened and reasonably tried; `used` is more than that."""

    AS_NEW = "as_new"
    USED = "used"
    DAMAGED = "damaged"
    MISSING_PARTS = "missing_parts"
