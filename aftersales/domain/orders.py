"""Orders as every shop platform can tell them (the neutral form behind the ShopBackend port)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aftersales.domain.errors import Invalid
from aftersales.domain.money import Money
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.texts import Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """`phone` in E.164, `email` in lower case; at least one of the two. `segments` are what the shop calls its
    groups of customers (vip, wholesale …).
    """

    id: str
    name: str
    email: str | None
    phone: str | None
    language: Language
    segments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line item.

    `paid` is what the customer paid for the whole line: tax included, coupons and points already taken off.
    Quantities count units; `tags` are the product's traits that policies speak of (made_to_order, perishable,
    digital, newspaper, hygiene, gift, final_sale …).
    """

    id: str
    sku: str
    product_id: str
    variant_id: str
    category: str
    tags: frozenset[str]
    title: Text
    options: Text
    image: str
    quantity: int
    fulfilled: int
    return_requested: int
    returned: int
    dismissed: int
    paid: Money
    cancelled: int = 0

    @property
    def unsent(self) -> int:
        """Units that have not left the shop and shall still do so."""
        return max(0, self.quantity - self.fulfilled - self.cancelled)

    @property
    def returnable(self) -> int:
        """Units that left the shop and are neither back nor on their way back."""
        return max(0, self.fulfilled - self.return_requested - self.returned - self.dismissed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """A parcel. `lines` holds (line id, units). Times are aware UTC."""

    id: str
    carrier: str
    tracking_number: str
    shipped_at: datetime | None
    delivered_at: datetime | None
    lines: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """`captured_at` is aware UTC; `country` (ISO 3166-1 alpha-2) that of the card or billing address.

    Both are None where the shop does not tell them. `supports_auto_refund`: its provider pays back when it is
    asked to; where not, a person does by other means.
    """

    id: str
    provider: str
    captured: Money
    refunded: Money
    captured_at: datetime | None = None
    method: PaymentMethod = PaymentMethod.OTHER
    supports_auto_refund: bool = True
    country: str | None = None

    @property
    def refundable(self) -> Money:
        return self.captured - self.refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a parcel goes within the order's country. `phone` in E.164; `lines` are street and house."""

    name: str
    phone: str | None
    lines: tuple[str, ...]
    city: str = ""
    region: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`shipping_paid` is the outbound postage inside `total`; `country` is ISO 3166-1 alpha-2 of the delivery.

    `address` is None where the shop does not tell it. `channel` is where it was placed (web, wechat …), or empty.
    """

    id: str
    number: str
    customer: Customer
    placed_at: datetime
    cancelled_at: datetime | None
    country: str
    total: Money
    shipping_paid: Money
    lines: tuple[OrderLine, ...]
    fulfilments: tuple[Fulfilment, ...]
    payments: tuple[Payment, ...]
    address: Address | None = None
    channel: str = ""

    @property
    def currency(self) -> str:
        return self.total.currency

    @property
    def is_cancelled(self) -> bool:
        """Nothing of it was or will be sent."""
        return self.cancelled_at is not None or all(line.cancelled >= line.quantity for line in self.lines)

    @property
    def status(self) -> str:
        """cancelled unpaid refunded partly_refunded delivered shipped partly_shipped paid: the first that fits.

        An order of which units were cancelled goes by what is left of it.
        """
        captured = sum(p.captured.minor for p in self.payments)
        refunded = sum(p.refunded.minor for p in self.payments)
        ordered = sum(line.quantity - line.cancelled for line in self.lines)
        shipped = sum(line.fulfilled for line in self.lines)
        if self.is_cancelled:
            return "cancelled"
        if captured == 0:
            return "unpaid"
        if refunded >= captured:
            return "refunded"
        if refunded and not any(line.cancelled for line in self.lines):
            return "partly_refunded"
        if shipped >= ordered:
            return "delivered" if all(f.delivered_at for f in self.fulfilments) else "shipped"
        return "partly_shipped" if shipped else "paid"

    def line(self, line_id: str) -> OrderLine:
        """Raises KeyError when the order has no such line."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise KeyError(line_id)

    def delivered_at(self, line_id: str) -> datetime | None:
        """When the last parcel that holds the line was delivered; None while one is on its way or unsent."""
        parcels = [f for f in self.fulfilments if any(held == line_id for held, _ in f.lines)]
        times = [f.delivered_at for f in parcels]
        known = [time for time in times if time is not None]
        return max(known) if known and len(known) == len(times) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    id: str
    product_id: str
    sku: str
    title: Text
    options: Text
    price: Money
    stock: int
    image: str


def units_by_line(lines: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Units by line id, equal lines added up. Raises Invalid on nothing at all and on quantities below one."""
    if not lines or any(count < 1 for _, count in lines):
        raise Invalid("quantity")
    total: Counter[str] = Counter()
    for line_id, count in lines:
        total[line_id] += count
    return dict(total)
