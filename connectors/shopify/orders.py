"""Shopify's orders as the domain's: quantities, amounts, parcels and payments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import phonenumbers

from aftersales.domain.errors import NotFound, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, OrderLine
from aftersales.domain.texts import Language, Text
from connectors.shopify.ids import bare
from connectors.shopify.payloads import AddressRow, CustomerRow, Line, OrderRow, Parcel, ShippingRow, Tax
from connectors.shopify.tenders import payments_of

_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What was sent of an order and what came back, units by Shopify's line.

    `returnable` is Shopify's own word on what may still be returned. `missing` are units of returns that were
    written off.
    """

    parcels: Sequence[Parcel] = ()
    requested: Mapping[str, int]
    returned: Mapping[str, int]
    missing: Mapping[str, int]
    returnable: Mapping[str, int]


NOTHING_SENT = Goods(requested={}, returned={}, missing={}, returnable={})


def number_of(name: str) -> str:
    """What people call the order: "#1001" is 1001, "#RD-1001" is RD1001; capitals and digits only."""
    return "".join(c for c in name.upper() if c.isalnum())


def order_of(row: OrderRow, goods: Goods, *, language: Language) -> Order:
    """`language` is that of customers whose order tells none.

    Raises NotFound for an order that belongs to nobody, and Unavailable for amounts in several currencies.
    """
    if row.customer is None:
        raise NotFound(row.id)
    currency = row.presentment_currency_code
    sent = _sent_units(goods.parcels)
    try:
        lines = tuple(_line(line, row, goods, sent=sent[line.id]) for line in row.line_items.nodes)
        shipping = sum((_with_tax(s, row) for s in row.shipping_lines.nodes), Money.zero(currency))
        payments = payments_of(row.transactions, currency=currency)
    except ValueError as error:
        raise Unavailable("shopify_currencies") from error
    return Order(
        id=bare(row.id),
        number=number_of(row.name),
        customer=customer_of(row.customer, address=row.shipping_address, language=_language(row, language)),
        placed_at=row.processed_at,
        cancelled_at=row.cancelled_at,
        country=_country(row.shipping_address),
        total=row.total_price_set.money,
        shipping_paid=shipping,
        lines=lines,
        fulfilments=tuple(_parcel(parcel) for parcel in goods.parcels),
        payments=payments,
        address=_address(row.shipping_address),
        channel=row.source_name or "",
    )


def customer_of(row: CustomerRow, *, language: Language, address: AddressRow | None = None) -> Customer:
    """Whoever gave no name has that of the delivery address.

    The e-mail is the customer's own, never that of an order: whoever typed it there has not shown that it is his.
    """
    name = _name(row.first_name, row.last_name) or (address and _name(address.first_name, address.last_name))
    email = row.default_email_address
    phone = row.default_phone_number
    return Customer(
        id=bare(row.id),
        name=name or "",
        email=email.email_address.lower() if email else None,
        phone=_phone(phone.phone_number if phone else None, country=_country(address)),
        language=language,
        segments=frozenset(_trait(tag) for tag in row.tags),
    )


def language_of(locale: str | None, default: Language) -> Language:
    return default if not locale else "zh" if locale.lower().startswith("zh") else "en"


def name_parts(name: str) -> tuple[str, str]:
    """(first name, last name): 林晓雨 is 晓雨 and 林, Emma Brown is Emma and Brown."""
    words = name.split()
    if len(words) == 1 and _CJK.match(name):
        return name[1:], name[:1]
    return " ".join(words[:-1]) or name, words[-1] if len(words) > 1 else ""


def _language(row: OrderRow, default: Language) -> Language:
    return language_of(row.customer_locale or (row.customer.locale if row.customer else None), default)


def _name(first: str | None, last: str | None) -> str:
    first, last = (first or "").strip(), (last or "").strip()
    return f"{last}{first}" if _CJK.match(last) else f"{first} {last}".strip()


def _phone(text: str | None, *, country: str) -> str | None:
    """In E.164, as people of the country write it; None for what is no phone number."""
    try:
        number = phonenumbers.parse(text or "", country or None)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _country(address: AddressRow | None) -> str:
    return (address.country_code_v2 or "").upper() if address else ""


def _line(line: Line, row: OrderRow, goods: Goods, *, sent: int) -> OrderLine:
    """A unit that Shopify lets nobody return, though it was sent and not returned here, counts as dismissed."""
    requested, returned = goods.requested.get(line.id, 0), goods.returned.get(line.id, 0)
    missing = goods.missing.get(line.id, 0)
    gone = max(0, sent - requested - returned - missing - goods.returnable.get(line.id, 0))
    options = line.variant_title or ""
    unsent = min(line.unfulfilled_quantity, line.current_quantity) if row.cancelled_at is None else 0
    return OrderLine(
        id=bare(line.id),
        sku=line.sku or "",
        product_id=bare(line.product.id) if line.product else "",
        variant_id=bare(line.variant.id) if line.variant else "",
        category=_trait(line.product.product_type) if line.product else "",
        tags=frozenset(_trait(tag) for tag in line.product.tags) if line.product else frozenset(),
        title=Text(zh=line.title, en=line.title),
        options=Text(zh=options, en=options),
        image=line.image.url if line.image else "",
        quantity=line.quantity,
        fulfilled=sent,
        return_requested=requested,
        returned=returned,
        dismissed=missing + gone,
        paid=_paid(line, row),
        cancelled=max(0, line.quantity - sent - unsent),
    )


def _paid(line: Line, row: OrderRow) -> Money:
    """For all units that were ordered, discounts taken off and tax added where prices do not hold it."""
    unit = line.original_unit_price_set.money
    discounts = [part.allocated_amount_set.money for part in line.discount_allocations]
    paid = sum((Money.zero(unit.currency) - part for part in discounts), _times(unit, line.quantity))
    return paid if row.taxes_included else sum(_taxes(line.tax_lines), paid)


def _with_tax(shipping: ShippingRow, row: OrderRow) -> Money:
    price = shipping.discounted_price_set.money
    return price if row.taxes_included else sum(_taxes(shipping.tax_lines), price)


def _taxes(lines: Iterable[Tax]) -> list[Money]:
    return [tax.price_set.money for tax in lines]


def _times(money: Money, count: int) -> Money:
    return Money(money.minor * count, money.currency)


def _trait(words: str) -> str:
    """made-to-order and "Made to order" are made_to_order, as policies write it."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _sent_units(parcels: Iterable[Parcel]) -> Counter[str]:
    units: Counter[str] = Counter()
    for parcel in parcels:
        for packed in parcel.fulfillment_line_items.nodes:
            units[packed.line_item.id] += packed.quantity or 0
    return units


def _parcel(row: Parcel) -> Fulfilment:
    units: Counter[str] = Counter()
    for packed in row.fulfillment_line_items.nodes:
        units[bare(packed.line_item.id)] += packed.quantity or 0
    tracking = row.tracking_info[0] if row.tracking_info else None
    return Fulfilment(
        id=bare(row.id),
        carrier=(tracking.company if tracking else None) or "",
        tracking_number=(tracking.number if tracking else None) or "",
        shipped_at=row.created_at,
        delivered_at=row.delivered_at,
        lines=tuple(units.items()),
    )


def _address(row: AddressRow | None) -> Address | None:
    if row is None:
        return None
    return Address(
        name=_name(row.first_name, row.last_name),
        phone=_phone(row.phone, country=_country(row)),
        lines=tuple(line for line in (row.address1, row.address2) if line),
        city=row.city or "",
        region=row.province or "",
        postcode=row.zip or "",
    )
