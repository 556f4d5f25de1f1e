"""What Shopify tells about orders, payments and goods, as far as we read it; amounts are exact decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, TypeVar

from pydantic import AliasGenerator, AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from aftersales.domain.money import Money

Node = TypeVar("Node")


class Wire(BaseModel):
    """An object of an answer; what is not read is ignored."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=AliasGenerator(validation_alias=to_camel)
    )


class PageInfo(Wire):
    has_next_page: bool
    end_cursor: str | None = None


class Connection(Wire, Generic[Node]):
    """One page of a list."""

    page_info: PageInfo
    nodes: list[Node]


class Amount(Wire):
    amount: Decimal
    currency_code: str


class Bag(Wire):
    presentment_money: Amount

    @property
    def money(self) -> Money:
        """In the currency that the customer paid in."""
        return Money.parse(self.presentment_money.amount, self.presentment_money.currency_code)


class Count(Wire):
    count: int


class Ref(Wire):
    id: str


class Image(Wire):
    url: str


class Mail(Wire):
    email_address: str


class Phone(Wire):
    phone_number: str


class CustomerRow(Wire):
    id: str
    first_name: str | None = None
    last_name: str | None = None
    locale: str | None = None
    tags: list[str] = []
    default_email_address: Mail | None = None
    default_phone_number: Phone | None = None


class AddressRow(Wire):
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    zip: str | None = None
    country_code_v2: str | None = None


class Tax(Wire):
    price_set: Bag


class Discount(Wire):
    allocated_amount_set: Bag


class Traits(Wire):
    id: str
    product_type: str = ""
    tags: list[str] = []


class Line(Wire):
    """`quantity` are the units that were ever ordered, `current_quantity` less those refunded or taken out."""

    id: str
    title: str
    variant_title: str | None = None
    sku: str | None = None
    quantity: int
    current_quantity: int
    unfulfilled_quantity: int
    image: Image | None = None
    product: Traits | None = None
    variant: Ref | None = None
    original_unit_price_set: Bag
    discount_allocations: list[Discount] = []
    tax_lines: list[Tax] = []


class ShippingRow(Wire):
    discounted_price_set: Bag
    tax_lines: list[Tax] = []


class Transaction(Wire):
    id: str
    kind: str
    status: str
    gateway: str | None = None
    manual_payment_gateway: bool = False
    processed_at: AwareDatetime | None = None
    amount_set: Bag
    parent_transaction: Ref | None = None


class Cancellation(Wire):
    staff_note: str | None = None


class OrderRow(Wire):
    id: str
    name: str
    processed_at: AwareDatetime
    cancelled_at: AwareDatetime | None = None
    cancellation: Cancellation | None = None
    customer_locale: str | None = None
    source_name: str | None = None
    taxes_included: bool
    presentment_currency_code: str
    total_price_set: Bag
    customer: CustomerRow | None = None
    shipping_address: AddressRow | None = None
    shipping_lines: Connection[ShippingRow]
    line_items: Connection[Line]
    transactions: list[Transaction]
    transactions_count: Count | None = None
    fulfillments_count: Count | None = None


class Packed(Wire):
    """A line as it lies in a parcel; returns are asked for under its id."""

    id: str
    quantity: int | None = None
    line_item: Ref


class Tracking(Wire):
    company: str | None = None
    number: str | None = None


class Parcel(Wire):
    id: str
    status: str
    created_at: AwareDatetime
    delivered_at: AwareDatetime | None = None
    tracking_info: list[Tracking] = []
    fulfillment_line_items: Connection[Packed]


class ReturnHead(Wire):
    """`status` is REQUESTED, OPEN, CLOSED, DECLINED or CANCELED."""

    id: str
    status: str


class GoodsRow(Wire):
    fulfillments: list[Parcel]
    returns: Connection[ReturnHead]


class ReturnableUnits(Wire):
    quantity: int
    fulfillment_line_item: Packed


class ReturnableRow(Wire):
    id: str
    returnable_fulfillment_line_items: Connection[ReturnableUnits]


class ReturnLine(Wire):
    """`return_reason_note` holds our key; without a parcel's line where the return is of no order of the shop."""

    id: str
    quantity: int
    processed_quantity: int
    unprocessed_quantity: int
    return_reason_note: str = ""
    fulfillment_line_item: Packed | None = None


class Disposition(Wire):
    """What became of units that came back, or did not: RESTOCKED, NOT_RESTOCKED, PROCESSING_REQUIRED, MISSING."""

    type: str
    quantity: int


class ReverseLine(Wire):
    id: str
    total_quantity: int
    fulfillment_line_item: Ref | None = None
    dispositions: list[Disposition] = []


class ReverseOrder(Wire):
    line_items: Connection[ReverseLine]


class ReturnRow(Wire):
    id: str
    status: str
    order: Ref
    return_line_items: Connection[ReturnLine]
    reverse_fulfillment_orders: Connection[ReverseOrder]


class RefundTransactions(Wire):
    nodes: list[Transaction] = []


class RefundRow(Wire):
    """`note` begins with our key where the refund is ours."""

    id: str
    note: str | None = None
    transactions: RefundTransactions


class PaidOrder(Wire):
    id: str
    presentment_currency_code: str
    transactions: list[Transaction]
    transactions_count: Count | None = None
    refunds: list[RefundRow]
