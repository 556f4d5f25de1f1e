"""What Medusa 2 tells about orders, payments and goods, as far as we read it.

Amounts are decimals in major units that Medusa does not round (3 × 19.99 + 5.00 and 10 % tax is 71.467). They
are read from the `raw_*` fields, where they are text; they become money by rounding half up, once, at the end of
a sum.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict

# One request tells an order with all its parts. `total` makes Medusa add the totals of its lines and shipping.
ORDER_FIELDS = (
    "id,display_id,custom_display_id,status,is_draft_order,locale,currency_code,created_at,canceled_at,metadata,total,"
    "*customer,*shipping_address,*items,*items.detail,*items.tax_lines,*items.adjustments,"
    "*items.product.categories,*items.product.tags,*shipping_methods,*shipping_methods.detail,"
    "*shipping_methods.tax_lines,*shipping_methods.adjustments,*fulfillments,*fulfillments.items,"
    "*fulfillments.labels,*payment_collections.payments,*payment_collections.payments.captures,"
    "*payment_collections.payments.refunds"
)
PAYMENT_FIELDS = (
    "id,currency_code,provider_id,captured_at,*captures,*refunds,*payment_collection.order.transactions,"
    "payment_collection.order.id"
)


def _raw_value(raw: Any) -> Any:
    return raw.get("value") if isinstance(raw, dict) else raw


Exact = Annotated[Decimal, BeforeValidator(_raw_value)]


class Wire(BaseModel):
    """An object of an answer; what is not read is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Handle(Wire):
    handle: str


class Value(Wire):
    value: str


class Traits(Wire):
    categories: list[Handle] | None = None
    tags: list[Value] | None = None


class Detail(Wire):
    """Units. `return_*` count what was asked back, what came, and what came damaged or was written off."""

    fulfilled_quantity: int
    return_requested_quantity: int
    return_received_quantity: int
    return_dismissed_quantity: int


class Rate(Wire):
    """In per cent."""

    rate: Decimal


class Item(Wire):
    """`raw_total` is that of the units that did not come back; the other two make it whole."""

    id: str
    title: str
    product_title: str | None = None
    variant_title: str | None = None
    variant_sku: str | None = None
    variant_id: str | None = None
    product_id: str | None = None
    thumbnail: str | None = None
    is_tax_inclusive: bool = False
    tax_lines: list[Rate] = []
    metadata: dict[str, Any] | None = None
    quantity: int
    detail: Detail
    product: Traits | None = None
    raw_total: Exact
    raw_return_received_total: Exact = Decimal(0)
    raw_return_dismissed_total: Exact = Decimal(0)

    @property
    def paid(self) -> Decimal:
        """For all units of the line, tax included, discounts taken off."""
        return self.raw_total + self.raw_return_received_total + self.raw_return_dismissed_total


class MethodDetail(Wire):
    return_id: str | None = None
    exchange_id: str | None = None
    claim_id: str | None = None


class Method(Wire):
    """A way of shipping; the detail says whether it belongs to a return, an exchange or a claim."""

    shipping_option_id: str | None = None
    raw_total: Exact
    detail: MethodDetail = MethodDetail()

    @property
    def is_outbound(self) -> bool:
        return not (self.detail.return_id or self.detail.exchange_id or self.detail.claim_id)


class Packed(Wire):
    line_item_id: str | None = None
    quantity: int


class Label(Wire):
    tracking_number: str | None = None


class Parcel(Wire):
    id: str
    provider_id: str | None = None
    location_id: str | None = None
    shipped_at: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    canceled_at: AwareDatetime | None = None
    items: list[Packed] = []
    labels: list[Label] = []


class Capture(Wire):
    raw_amount: Exact


class RefundRow(Wire):
    """`note` holds our key where the refund is ours."""

    id: str
    raw_amount: Exact
    note: str | None = None


class PaymentRow(Wire):
    id: str
    currency_code: str
    provider_id: str
    captured_at: AwareDatetime | None = None
    captures: list[Capture] = []
    refunds: list[RefundRow] = []


class Collection(Wire):
    payments: list[PaymentRow] = []


class Transaction(Wire):
    """Written for a refund only after the payment provider said yes to it."""

    reference: str | None = None
    reference_id: str | None = None


class PaidOrder(Wire):
    id: str
    transactions: list[Transaction] = []


class PaidCollection(Wire):
    order: PaidOrder | None = None


class PaidRow(PaymentRow):
    """A payment with the order that it paid."""

    payment_collection: PaidCollection | None = None

    @property
    def order_id(self) -> str | None:
        order = self.payment_collection and self.payment_collection.order
        return order.id if order else None

    @property
    def booked(self) -> frozenset[str]:
        """Ids of the refunds that stand among the transactions of the order."""
        order = self.payment_collection and self.payment_collection.order
        rows = order.transactions if order else []
        return frozenset(row.reference_id for row in rows if row.reference == "refund" and row.reference_id)


class CustomerRow(Wire):
    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    metadata: dict[str, Any] | None = None


class AddressRow(Wire):
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    province: str | None = None
    postal_code: str | None = None
    country_code: str | None = None


class OrderRow(Wire):
    id: str
    display_id: int
    custom_display_id: str | None = None
    status: str
    is_draft_order: bool = False
    locale: str | None = None
    currency_code: str
    created_at: AwareDatetime
    canceled_at: AwareDatetime | None = None
    metadata: dict[str, Any] | None = None
    customer: CustomerRow | None = None
    shipping_address: AddressRow | None = None
    items: list[Item]
    shipping_methods: list[Method] = []
    fulfillments: list[Parcel] = []
    payment_collections: list[Collection] = []
