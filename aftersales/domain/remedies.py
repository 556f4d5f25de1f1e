"""How a matter is put right: the goods go back for money, or for others, or are kept while money is paid back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aftersales.domain.money import Money
from aftersales.domain.orders import Variant
from aftersales.domain.texts import Text


class Remedy(StrEnum):
    RETURN = "return"
    EXCHANGE = "exchange"
    REFUND_ONLY = "refund_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a customer wants done. `variants` is for exchanges: line id -> id of the variant wanted instead.

    `asked` is for refunds without a return: a part of the price instead of all of it.
    """

    remedy: Remedy = Remedy.RETURN
    variants: Mapping[str, str] = field(default_factory=dict)
    asked: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What comes for the units of a line. `listed` is today's price of one of the units that go back.

    None where it is no longer on sale: then what was paid for it counts.
    """

    variant: Variant
    listed: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What a filed exchange sends for the units of a line, in words that outlive the catalogue.

    `paid` is what the customer will have paid for it: for the units that go back, with the difference.
    """

    variant_id: str
    title: Text
    options: Text
    paid: Money
