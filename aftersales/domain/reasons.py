"""Why a customer returns something."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    NO_LONGER_NEEDED = "no_longer_needed"
    WRONG_SIZE = "wrong_size"
    DAMAGED = "damaged"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    MISSING_ITEM = "missing_item"
    NOT_AS_DESCRIBED = "not_as_described"
    LATE = "late"
    PRICE = "price"
    OTHER = "other"


MERCHANT_FAULT = frozenset(
    {
        Reason.DAMAGED,
        Reason.DEFECTIVE,
        Reason.WRONG_ITEM,
        Reason.MISSING_ITEM,
        Reason.NOT_AS_DESCRIBED,
        Reason.LATE,
    }
)
