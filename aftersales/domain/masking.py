"""Numbers that nobody here may keep: payment cards."""

from __future__ import annotations

import re

# 13 to 19 digits (ISO/IEC 7812), perhaps in groups; not the digits of RD2026111800001 or of a longer number.
_RUN = re.compile(r"(?<![A-Za-z0-9+])(?:\d[ \t-]?){12,18}\d(?![A-Za-z0-9])", re.ASCII)
# A mobile number with China's code in front; one with a plus is no card number anyway.
_PHONE = re.compile(r"(?:00)?861[3-9]\d{9}", re.ASCII)
_ORDER = re.compile(r"20\d\d(?:0\d|1[0-2])[0-3]\d{6}", re.ASCII)
_PARCEL_BEFORE = re.compile(
    r"(?:单号|單號|运单|快递|物流|订单|訂單|tracking|parcel|order|waybill)[^\d\n]{0,20}$", re.IGNORECASE
)
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


def mask_cards(text: str) -> str:
    """The text with only the last four digits of what may be a card number, the others as stars.

    Order and phone numbers stay, and so does what follows the word for a parcel or an order unless its check digit
    (ISO/IEC 7812-1, annex B) makes it a card number.
    """
    return _RUN.sub(_masked, text.translate(_WIDE) if _RUN.search(text.translate(_WIDE)) else text)


def _masked(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    if _ORDER.fullmatch(digits) or _PHONE.fullmatch(digits):
        return found[0]
    before = found.string[max(0, found.start() - 30) : found.start()]
    if _PARCEL_BEFORE.search(before) and not _checks(digits):
        return found[0]
    return f"****{digits[-4:]}"


def _checks(digits: str) -> bool:
    """Luhn's check: every second digit from the right doubled, the sum of all digits divisible by ten."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
