"""Medusa's orders as the domain's: quantities, amounts, parcels and payments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

import phonenumbers

from aftersales.domain.errors import NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, OrderLine, Payment
from aftersales.domain.payment_methods import method_of
from aftersales.domain.texts import Language, Text
from connectors.medusa.payloads import AddressRow, CustomerRow, Item, OrderRow, Parcel, PaymentRow, Traits

REPLACEMENT = "returndesk_exchange"  # in the metadata of an item that an exchange of ours has added
LINE = "returndesk_line"  # in the metadata of an item that came in the place of another one: that one's line
_CJK = re.compile(r"[\u3400-\u9fff]")


def number_of(display_id: int, custom_display_id: str | None) -> str:
    """What people call the order: its custom display id where the shop gives one, capitals and digits only."""
    own = "".join(c for c in (custom_display_id or "").upper() if c.isalnum())
    return own or str(display_id)


def item_ids(row: OrderRow) -> dict[str, str]:
    """Medusa's item by our line id: a line keeps it when it is made another variant, which is a new item there."""
    return {line_id(item): item.id for item in _items(row)}


def line_id(item: Item) -> str:
    return str((item.metadata or {}).get(LINE) or item.id)


def location_of(row: OrderRow) -> str | None:
    """The stock location that the order was sent from; None before anything was."""
    return next((parcel.location_id for parcel in _sent(row.fulfillments) if parcel.location_id), None)


def order_of(row: OrderRow, *, language: Language, by_hand: frozenset[str] = frozenset()) -> Order:
    """`language` is that of customers whose order tells none, `by_hand` the providers that move no money.

    Raises NotFound for a draft, and for an order that belongs to nobody.
    """
    if row.is_draft_order or row.customer is None:
        raise NotFound(row.id)
    currency, items = row.currency_code.upper(), _items(row)
    lines = {item.id: line_id(item) for item in items}
    postage = sum((method.raw_total for method in row.shipping_methods if method.is_outbound), Decimal(0))
    *paid, shipping = _rounded([*(item.paid for item in items), postage], currency)
    cancelled = row.canceled_at is not None
    return Order(
        id=row.id,
        number=number_of(row.display_id, row.custom_display_id),
        customer=customer_of(row.customer, address=row.shipping_address, language=_language(row, language)),
        placed_at=row.created_at,
        cancelled_at=row.canceled_at,
        country=_country(row.shipping_address),
        total=sum(paid, shipping),
        shipping_paid=shipping,
        lines=tuple(_line(item, paid=part, cancelled=cancelled) for item, part in zip(items, paid, strict=True)),
        fulfilments=tuple(_parcel(parcel, lines=lines) for parcel in _sent(row.fulfillments)),
        payments=tuple(
            payment_of(payment, by_hand=by_hand)
            for collection in row.payment_collections
            for payment in collection.payments
            if payment.captures
        ),
        address=_address(row.shipping_address),
    )


def customer_of(row: CustomerRow, *, language: Language, address: AddressRow | None = None) -> Customer:
    """A guest who gave no name has that of the delivery address.

    The e-mail is the customer's own, never that of an order: whoever typed it there has not shown that it is his.
    """
    name = _name(row.first_name, row.last_name) or (address and _name(address.first_name, address.last_name))
    return Customer(
        id=row.id,
        name=name or "",
        email=row.email.lower() if row.email else None,
        phone=_phone(row.phone, country=_country(address)),
        language=language,
    )


def payment_of(row: PaymentRow, *, by_hand: frozenset[str] = frozenset()) -> Payment:
    """What was captured and what was paid back of it, each rounded half up."""
    currency, provider = row.currency_code.upper(), provider_of(row)
    return Payment(
        id=row.id,
        provider=provider,
        captured=Money.parse(sum((c.raw_amount for c in row.captures), Decimal(0)), currency),
        refunded=Money.parse(sum((r.raw_amount for r in row.refunds), Decimal(0)), currency),
        captured_at=row.captured_at,
        method=method_of(provider.partition("_")[0]),
        supports_auto_refund=provider not in by_hand,
    )


def provider_of(row: PaymentRow) -> str:
    """pp_stripe_stripe is stripe_stripe."""
    return row.provider_id.removeprefix("pp_")


def _rounded(amounts: Sequence[Decimal], currency: str) -> list[Money]:
    """Each as money, so that they add up to their sum rounded half up: an amount may be a minor unit off."""
    rounded, exact, so_far = [], Decimal(0), Money.zero(currency)
    for amount in amounts:
        exact += amount
        rounded.append(Money.parse(exact, currency) - so_far)
        so_far = Money.parse(exact, currency)
    return rounded


def name_parts(name: str) -> tuple[str, str]:
    """(first name, last name) as Medusa keeps them: 林晓雨 is 晓雨 and 林, Emma Brown is Emma and Brown."""
    words = name.split()
    if len(words) == 1 and _CJK.match(name):
        return name[1:], name[:1]
    return " ".join(words[:-1]) or name, words[-1] if len(words) > 1 else ""


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


def _language(row: OrderRow, default: Language) -> Language:
    locale = (row.locale or "").lower()
    return default if not locale else "zh" if locale.startswith("zh") else "en"


def _country(address: AddressRow | None) -> str:
    return (address.country_code or "").upper() if address else ""


def _items(row: OrderRow) -> list[Item]:
    """By their ids: Medusa 2.21.2 tells them in whatever order its database has them just then.

    With another order "the second one" would be another item, and another line would get the cent of the rounding.
    """
    kept = (item for item in row.items if item.quantity > 0 and not _is_reserved(item))
    return sorted(kept, key=line_id)


def _is_reserved(item: Item) -> bool:
    """What an exchange of ours will send is no line of the order before it is sent."""
    return REPLACEMENT in (item.metadata or {}) and item.detail.fulfilled_quantity == 0


def _line(item: Item, *, paid: Money, cancelled: bool) -> OrderLine:
    detail, title = item.detail, item.product_title or item.title
    options = item.variant_title or ""
    return OrderLine(
        id=line_id(item),
        sku=item.variant_sku or "",
        product_id=item.product_id or "",
        variant_id=item.variant_id or "",
        category=_category(item.product),
        tags=_tags(item.product),
        title=Text(zh=title, en=title),
        options=Text(zh=options, en=options),
        image=item.thumbnail or "",
        quantity=item.quantity,
        fulfilled=detail.fulfilled_quantity,
        return_requested=detail.return_requested_quantity,
        returned=detail.return_received_quantity,
        dismissed=detail.return_dismissed_quantity,
        paid=paid,
        cancelled=item.quantity - detail.fulfilled_quantity if cancelled else 0,
    )


def _trait(words: str) -> str:
    """made-to-order and "Made to order" are made_to_order, as policies write it."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _category(product: Traits | None) -> str:
    categories = (product.categories if product else None) or []
    return _trait(categories[0].handle) if categories else ""


def _tags(product: Traits | None) -> frozenset[str]:
    return frozenset(_trait(tag.value) for tag in (product.tags if product else None) or [])


def _sent(parcels: Sequence[Parcel]) -> list[Parcel]:
    return [parcel for parcel in parcels if parcel.canceled_at is None]


def _parcel(row: Parcel, *, lines: Mapping[str, str]) -> Fulfilment:
    units: Counter[str] = Counter()
    for packed in row.items:
        if packed.line_item_id is not None and packed.line_item_id in lines:
            units[lines[packed.line_item_id]] += packed.quantity
    tracking = next((label.tracking_number for label in row.labels if label.tracking_number), "")
    return Fulfilment(
        id=row.id,
        carrier="" if (row.provider_id or "").startswith("manual") else row.provider_id or "",
        tracking_number=tracking,
        shipped_at=row.shipped_at,
        delivered_at=row.delivered_at,
        lines=tuple(units.items()),
    )


def _address(row: AddressRow | None) -> Address | None:
    if row is None:
        return None
    return Address(
        name=_name(row.first_name, row.last_name),
        phone=_phone(row.phone, country=_country(row)),
        lines=tuple(line for line in (row.address_1, row.address_2) if line),
        city=row.city or "",
        region=row.province or "",
        postcode=row.postal_code or "",
    )
