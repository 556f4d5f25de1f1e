"""Telephone numbers in what people write."""

from __future__ import annotations

import phonenumbers


def take_phone(text: str, *, country: str) -> tuple[str | None, str]:
    """The first number that could be dialled, in E.164, and the text without it.

    Numbers without a country code are read as those of `country` (ISO 3166-1 alpha-2).
    """
    for found in phonenumbers.PhoneNumberMatcher(text, country, leniency=phonenumbers.Leniency.POSSIBLE):
        if phonenumbers.is_possible_number(found.number) and len(str(found.number.national_number)) > 6:
            number = phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
            return number, text[: found.start] + " " + text[found.end :]
    return None, text


def masked(phone: str) -> str:
    """The number with its middle hidden: +86 138****0000."""
    digits = phone.removeprefix("+")
    shown = len(digits) - 8 if len(digits) > 11 else 3
    return f"{'+' if phone.startswith('+') else ''}{digits[:shown]}****{digits[-4:]}"
