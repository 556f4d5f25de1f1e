"""The records of a shop file: what one may say about customers, products and orders; see docs/shop-import.md."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

import phonenumbers
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from aftersales.domain.money import Money, minor_digits
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.texts import Language, Text

_UNITS = 100_000
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT")


def normal_number(number: str) -> str:
    """An order number as it is stored and looked up: half-width capitals and digits, no `#`, space or dash."""
    return re.sub(r"[\s#\-]", "", unicodedata.normalize("NFKC", number)).upper()


@lru_cache(maxsize=10_000)  # the same few prices come again and again
def exact(amount: str, currency: str) -> Money:
    """`amount` in major units. Raises ValueError when the currency has fewer decimals."""
    money = Money.parse(amount, currency)
    if Decimal(amount).scaleb(minor_digits(currency)) != money.minor:
        raise ValueError(f"{amount} has more decimals than {currency}")
    return money


def _checked_phone(phone: str) -> str:
    try:
        phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        raise ValueError("no country has such a phone number") from None
    return phone


def _only_text(value: Any) -> Any:
    if not (isinstance(value, datetime) or (isinstance(value, str) and _ISO_TIME.match(value))):
        raise ValueError("a time is text in ISO 8601 with a zone")
    return value


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:\-]*$", max_length=64)]
Number = Annotated[
    str, AfterValidator(normal_number), StringConstraints(pattern=r"^[A-Z0-9]{4,32}$", max_length=64)
]
Sku = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Email = Annotated[str, StringConstraints(pattern=r"^[^\s@]+@[^\s@]+\.[^\s@]+$", max_length=254, to_lower=True)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{6,14}$"), AfterValidator(_checked_phone)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,3})?$")]
Category = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=40)]
Tag = Category
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]*$", max_length=40)]
Image = Annotated[str, StringConstraints(pattern=r"^(/|https://)\S*$", max_length=500)]
Time = Annotated[
    AwareDatetime,
    Field(strict=False, ge=datetime(1990, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    BeforeValidator(_only_text),
]
Short = Annotated[str, StringConstraints(max_length=100)]
Units = Annotated[int, Field(ge=0, le=_UNITS)]
SomeUnits = Annotated[int, Field(ge=1, le=_UNITS)]


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TextRecord(Record):
    """A text in one language or in both; a language that is left out shows the other."""

    zh: Annotated[str, StringConstraints(max_length=300)] | None = None
    en: Annotated[str, StringConstraints(max_length=300)] | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.zh is None and self.en is None:
            raise ValueError("neither zh nor en")
        return self

    @property
    def text(self) -> Text:
        return Text(zh=self.zh or self.en or "", en=self.en or self.zh or "")


class CustomerRecord(Record):
    type: Literal["customer"] = "customer"
    id: Id
    name: Name
    email: Email | None = None
    phone: Phone | None = None
    language: Language
    segments: list[Tag] = []

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.email is None and self.phone is None:
            raise ValueError("neither email nor phone")
        return self


class VariantRecord(Record):
    """`prices` by currency, the main one first."""

    id: Id
    sku: Sku
    options: TextRecord = TextRecord(zh="", en="")
    prices: Annotated[dict[Currency, Amount], Field(min_length=1, max_length=20)]
    stock: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    image: Image | None = None
    active: bool = True

    @model_validator(mode="after")
    def _exact_prices(self) -> Self:
        for currency, amount in self.prices.items():
            exact(amount, currency)
        return self


class ProductRecord(Record):
    type: Literal["product"] = "product"
    id: Id
    category: Category
    tags: Annotated[list[Tag], Field(max_length=20)] = []
    title: TextRecord
    image: Image
    variants: Annotated[list[VariantRecord], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _distinct_variants(self) -> Self:
        _check_distinct("variant", [variant.id for variant in self.variants])
        _check_distinct("sku", [variant.sku for variant in self.variants])
        return self


class LineRecord(Record):
    """`sku`, `title`, `options` and `image` are taken from the variant where they are left out."""

    id: Id
    variant_id: Id
    sku: Sku | None = None
    title: TextRecord | None = None
    options: TextRecord | None = None
    image: Image | None = None
    category: Category | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    quantity: SomeUnits
    fulfilled: Units = 0
    return_requested: Units = 0
    returned: Units = 0
    dismissed: Units = 0
    cancelled: Units = 0
    paid: Amount

    @model_validator(mode="after")
    def _sensible_units(self) -> Self:
        if self.fulfilled > self.quantity:
            raise ValueError(f"fulfilled {self.fulfilled} is more than quantity {self.quantity}")
        if self.fulfilled + self.cancelled > self.quantity:
            raise ValueError("more units were fulfilled or cancelled than the quantity")
        if self.return_requested + self.returned + self.dismissed > self.fulfilled:
            raise ValueError("more units are back or on their way back than were fulfilled")
        return self


class FulfilledRecord(Record):
    line_id: Id
    quantity: SomeUnits


class FulfilmentRecord(Record):
    id: Id
    carrier: Short = ""
    tracking_number: Short = ""
    shipped_at: Time | None = None
    delivered_at: Time | None = None
    lines: Annotated[list[FulfilledRecord], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _sensible_times(self) -> Self:
        if self.delivered_at and (self.shipped_at is None or self.delivered_at < self.shipped_at):
            raise ValueError("delivered_at without or before shipped_at")
        _check_distinct("line", [line.line_id for line in self.lines])
        return self


class PaymentRecord(Record):
    """`method` is told by the provider's name where it is left out, `supports_auto_refund` by the method."""

    id: Id
    provider: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    captured: Amount
    refunded: Amount = "0"
    captured_at: Time | None = None
    method: Annotated[PaymentMethod, Field(strict=False)] | None = None
    supports_auto_refund: bool | None = None
    country: Country | None = None


class AddressRecord(Record):
    name: Name
    phone: Phone | None = None
    lines: Annotated[list[Name], Field(min_length=1, max_length=5)]
    city: Short = ""
    region: Short = ""
    postcode: Annotated[str, StringConstraints(max_length=20)] = ""


class OrderRecord(Record):
    """All amounts are in `currency`; `total` is the sum of what was paid for the lines and of `shipping_paid`.

    No payment is above the total; all together may be, where the customer was charged twice.
    """

    type: Literal["order"] = "order"
    id: Id
    number: Number
    customer_id: Id
    placed_at: Time
    cancelled_at: Time | None = None
    country: Country
    currency: Currency
    total: Amount
    shipping_paid: Amount = "0"
    address: AddressRecord | None = None
    channel: Channel = ""
    lines: Annotated[list[LineRecord], Field(min_length=1, max_length=500)]
    fulfilments: Annotated[list[FulfilmentRecord], Field(max_length=500)] = []
    payments: Annotated[list[PaymentRecord], Field(max_length=50)] = []

    def money(self, amount: str) -> Money:
        return exact(amount, self.currency)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_distinct("line", [line.id for line in self.lines])
        _check_distinct("fulfilment", [fulfilment.id for fulfilment in self.fulfilments])
        _check_distinct("payment", [payment.id for payment in self.payments])
        self._check_sums()
        self._check_parcels()
        return self

    def _check_sums(self) -> None:
        total = self.money(self.total)
        parts = sum((self.money(line.paid) for line in self.lines), self.money(self.shipping_paid))
        if parts != total:
            raise ValueError(f"lines and shipping add up to {parts.decimal()}, not to the total {total.decimal()}")
        for payment in self.payments:
            if self.money(payment.refunded) > self.money(payment.captured):
                raise ValueError(f"payment {payment.id}: more was refunded than captured")
            if self.money(payment.captured) - self.money(payment.refunded) > total:
                raise ValueError(f"payment {payment.id}: more was captured than the total")

    def _check_parcels(self) -> None:
        sent: Counter[str] = Counter()
        for fulfilment in self.fulfilments:
            for held in fulfilment.lines:
                sent[held.line_id] += held.quantity
        fulfilled = {line.id: line.fulfilled for line in self.lines}
        for line_id, units in sent.items():
            if line_id not in fulfilled:
                raise ValueError(f"a fulfilment holds line {line_id}, which the order does not have")
            if units > fulfilled[line_id]:
                raise ValueError(f"line {line_id}: the fulfilments hold {units} units, fulfilled says less")


def _check_distinct(what: str, values: list[str]) -> None:
    doubles = [value for value, count in Counter(values).items() if count > 1]
    if doubles:
        raise ValueError(f"{what} {doubles[0]} is there twice")


AnyRecord = CustomerRecord | ProductRecord | OrderRecord
RECORD: TypeAdapter[AnyRecord] = TypeAdapter(Annotated[AnyRecord, Field(discriminator="type")])
