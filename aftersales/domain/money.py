"""Money as an integer of minor units and a currency; never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# ISO 4217: minor digits other than two.
_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3, "JOD": 3, "OMR": 3, "TND": 3}


def minor_digits(currency: str) -> int:
    """Number of decimal places of `currency` (ISO 4217)."""
    return _MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (fen, cents) of an ISO 4217 currency. May be negative."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def parse(cls, amount: str | Decimal, currency: str) -> Money:
        """`amount` in major units; rounded half up to the minor unit."""
        scaled = Decimal(amount).scaleb(minor_digits(currency))
        return cls(int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)), currency)

    def _minor_of(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._minor_of(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._minor_of(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._minor_of(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._minor_of(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def decimal(self) -> str:
        """Major units as a plain decimal string, e.g. "129.00"; zero decimals where the currency has none."""
        digits = minor_digits(self.currency)
        return f"{Decimal(self.minor).scaleb(-digits):.{digits}f}"


def share(paid: Money, *, of: int, taken: int, take: int) -> Money:
    """What `take` units are worth when `paid` covers `of` units and `taken` units went before.

    Rounding is cumulative (half up), so that the shares of all units always add up to `paid`.
    """
    if not (taken >= 0 and take > 0 and taken + take <= of):
        raise ValueError(f"cannot take {take} after {taken} of {of}")

    def upto(count: int) -> int:
        return (2 * paid.minor * count + of) // (2 * of)

    return Money(upto(taken + take) - upto(taken), paid.currency)
