"""What customers complain of, what they wish to come of it, and what a person decides."""

from __future__ import annotations

from enum import StrEnum


class ComplaintType(StrEnum):
    QUALITY = "quality"
    DELIVERY = "delivery"
    SERVICE = "service"
    PRICE = "price"
    ADVERTISING = "advertising"
    OTHER = "other"


class PaymentTrouble(StrEnum):
    CHARGED_TWICE = "charged_twice"
    WRONG_AMOUNT = "wrong_amount"
    NOT_SHOWN = "not_shown"
    NOT_GOING_THROUGH = "not_going_through"


class Wish(StrEnum):
    """What shall come of it; the empty word stands for no wish that was told."""

    REFUND = "refund"
    RESEND = "resend"
    REPLACEMENT = "replacement"
    COMPENSATION = "compensation"
    APOLOGY = "apology"
    REPAIR = "repair"


class Decision(StrEnum):
    """What a person settles a claim with."""

    REFUND = "refund"
    RESEND = "resend"
    DECLINED = "declined"
