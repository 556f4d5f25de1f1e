"""What is made of the answers that were recorded from Medusa."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aftersales.domain.errors import NotFound, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from connectors.medusa.answers import parsed
from connectors.medusa.catalogue import variants_of
from connectors.medusa.change_payloads import ChangeRow, ReturnRow
from connectors.medusa.exchanges import unit_price
from connectors.medusa.orders import LINE, REPLACEMENT, item_ids, name_parts, number_of, order_of
from connectors.medusa.payloads import OrderRow, PaidRow
from connectors.medusa.product_payloads import Price, ProductRow, VariantRow
from tests.connectors.medusa.answers import recorded


def row(name: str = "order_delivered", **changes: Any) -> OrderRow:
    return parsed(OrderRow, recorded(name)["order"] | changes)


def order(name: str = "order_delivered", **changes: Any) -> Order:
    return order_of(row(name, **changes), language="zh")


def dollars(minor: int) -> Money:
    return Money(minor, "USD")


def item(**changes: Any) -> dict[str, Any]:
    """The one item of the recorded order."""
    (recorded_item,) = recorded("order_delivered")["order"]["items"]
    return {**recorded_item, **changes}


def test_amounts_are_rounded_half_up_once_at_the_end() -> None:
    # 3 × 19.99 is 59.97 and 65.967 with tax; the postage of 5.00 is 5.50; together 71.467
    found = order()
    assert found.lines[0].paid == dollars(6597)
    assert (found.shipping_paid, found.total) == (dollars(550), dollars(7147))
    assert found.payments[0].captured == dollars(7147)


def test_lines_and_postage_add_up_to_what_was_paid_whatever_is_rounded() -> None:
    thirds = [item(id=f"i{n}", raw_total={"value": "10.333"}) for n in range(3)]
    found = order(items=thirds, fulfillments=[])
    assert [line.paid.minor for line in found.lines] == [1033, 1034, 1033]  # 30.999
    assert found.total == dollars(3100 + 550) == sum((line.paid for line in found.lines), found.shipping_paid)


def test_lines_stand_in_one_order_with_one_amount_however_medusa_tells_them() -> None:
    thirds = [item(id=f"i{n}", raw_total={"value": "10.333"}) for n in range(3)]
    for told in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        found = order(items=[thirds[n] for n in told], fulfillments=[])
        assert [(line.id, line.paid.minor) for line in found.lines] == [("i0", 1033), ("i1", 1034), ("i2", 1033)]


def test_a_provider_that_moves_no_money_cannot_pay_back_by_itself() -> None:
    recorded_order = row()
    for by_hand, itself in ((frozenset({"system_default"}), False), (frozenset[str](), True)):
        (payment,) = order_of(recorded_order, language="zh", by_hand=by_hand).payments
        assert (payment.provider, payment.supports_auto_refund) == ("system_default", itself)


def test_a_delivered_order_tells_parcel_person_and_place() -> None:
    found = order()
    (parcel,) = found.fulfilments
    assert (found.status, found.country) == ("delivered", "US")
    assert found.number == str(recorded("order_delivered")["order"]["display_id"])
    assert parcel.lines == ((found.lines[0].id, 3),)
    assert (parcel.tracking_number, parcel.carrier) == ("SF0001", "")
    assert found.delivered_at(found.lines[0].id) == parcel.delivered_at
    assert (found.customer.name, found.customer.email) == ("林晓雨", "lin@example.cn")
    assert found.address is not None
    assert (found.address.name, found.address.lines) == ("林晓雨", ("示例路 1 号",))


def test_a_line_keeps_what_was_paid_for_it_when_units_come_back() -> None:
    # Medusa's own total of the line and of the order shrinks by what came back
    found = order("order_returned")
    (line,) = found.lines
    assert (line.quantity, line.returned, line.returnable) == (3, 2, 1)
    assert (line.paid, found.total) == (dollars(6597), dollars(7147))
    assert found.payments[0].refunded == dollars(4498)
    assert found.status == "partly_refunded"


def test_an_order_that_is_a_draft_or_nobodys_is_not_found() -> None:
    for changes in ({"is_draft_order": True}, {"customer": None}):
        with pytest.raises(NotFound):
            order(**changes)


def test_the_email_is_that_of_the_customer_not_that_of_the_order() -> None:
    assert order(email="somebody.else@example.cn").customer.email == "lin@example.cn"


def test_a_guest_without_a_name_is_called_as_the_parcel_was_addressed() -> None:
    guest = recorded("order_delivered")["order"]["customer"] | {"first_name": None, "last_name": None}
    assert order(customer=guest).customer.name == "林晓雨"


@pytest.mark.parametrize(
    ("written", "phone"),
    [("(212) 555-0100", "+12125550100"), ("+8613800000000", "+8613800000000"), ("call me", None), (None, None)],
)
def test_phones_are_told_in_full_however_people_of_the_country_write_them(
    written: str | None, phone: str | None
) -> None:
    address = recorded("order_delivered")["order"]["shipping_address"] | {"phone": written}
    person = recorded("order_delivered")["order"]["customer"] | {"phone": written}
    found = order(shipping_address=address, customer=person)
    assert found.address is not None
    assert (found.customer.phone, found.address.phone) == (phone, phone)


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh"), ("en-US", "en"), ("fr-FR", "en"), (None, "zh")])
def test_the_language_is_that_of_the_order_or_the_shops(locale: str | None, language: str) -> None:
    assert order(locale=locale).customer.language == language


def test_the_number_is_the_custom_one_where_there_is_one() -> None:
    assert (number_of(1001, None), number_of(1001, ""), number_of(1001, "fh-2026/7")) == (
        "1001",
        "1001",
        "FH20267",
    )


def test_a_payment_that_was_only_authorised_is_none_yet() -> None:
    collections = recorded("order_delivered")["order"]["payment_collections"]
    collections[0]["payments"][0]["captures"] = []
    found = order(payment_collections=collections)
    assert (found.payments, found.status) == ((), "unpaid")


def test_a_cancelled_order_has_nothing_left_to_send() -> None:
    detail = item()["detail"] | {"fulfilled_quantity": 0}
    found = order(items=[item(detail=detail)], fulfillments=[], canceled_at="2026-11-22T09:00:00.000Z")
    assert (found.status, found.lines[0].unsent, found.lines[0].cancelled) == ("cancelled", 0, 3)


def test_a_cancelled_parcel_is_no_parcel() -> None:
    parcels = recorded("order_delivered")["order"]["fulfillments"]
    assert order(fulfillments=[parcels[0] | {"canceled_at": "2026-11-22T09:00:00.000Z"}]).fulfilments == ()


def test_what_an_exchange_reserves_is_a_line_only_when_it_is_packed() -> None:
    reserved = item(id="new", metadata={REPLACEMENT: "k"})
    for packed, lines in ((0, 1), (1, 2)):
        detail = reserved["detail"] | {"fulfilled_quantity": packed}
        assert len(order(items=[item(), reserved | {"detail": detail}]).lines) == lines


def test_a_line_keeps_its_id_when_another_item_takes_its_place() -> None:
    changed = row(items=[item(id="new", metadata={LINE: "old"})])
    assert item_ids(changed) == {"old": "new"}
    assert [line.id for line in order_of(changed, language="zh").lines] == ["old"]


def test_traits_of_goods_are_written_as_policies_write_them() -> None:
    traits = {
        "categories": [{"handle": "home-textiles"}, {"handle": "sale"}],
        "tags": [{"value": "Made to order"}],
    }
    (line,) = order(items=[item(product=traits)]).lines
    assert (line.category, set(line.tags)) == ("home_textiles", {"made_to_order"})
    (deleted,) = order(items=[item(product=None)]).lines
    assert (deleted.category, set(deleted.tags)) == ("", set())


def test_an_order_of_another_shape_is_unavailable() -> None:
    for broken in ({"items": None}, {"created_at": "yesterday"}, {"items": [item(raw_total={"value": "x"})]}):
        with pytest.raises(Unavailable):
            parsed(OrderRow, recorded("order_delivered")["order"] | broken)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("林晓雨", ("晓雨", "林")),
        ("Emma Brown", ("Emma", "Brown")),
        ("Ana Maria López", ("Ana Maria", "López")),
        ("Cher", ("Cher", "")),
    ],
)
def test_names_are_parted_as_medusa_keeps_them(name: str, parts: tuple[str, str]) -> None:
    assert name_parts(name) == parts


def test_variants_of_the_same_rank_come_in_the_same_order_however_they_are_told() -> None:
    rows = tuple(
        VariantRow(
            id=f"v-{size}",
            sku=f"SHOE-{size}",
            variant_rank=rank,
            prices=[Price(currency_code="cny", amount=Decimal(9))],
        )
        for size, rank in ((43, None), (42, 1), (41, 1), (44, 0))
    )
    for told in (rows, rows[::-1]):
        product = ProductRow(id="p", title="Shoes", status="published", variants=told)
        skus = [variant.sku for variant in variants_of(product, currency="CNY")]
        assert skus == ["SHOE-44", "SHOE-41", "SHOE-42", "SHOE-43"]


def test_variants_are_priced_in_the_currency_asked_for_with_what_can_still_be_sold() -> None:
    product = parsed(ProductRow, recorded("product")["product"])
    found = variants_of(product, currency="USD")
    assert [(v.price, v.stock, v.options.en) for v in found] == [
        (dollars(1999), 2, "size 41"),
        (dollars(3000), 5, "size 42"),
    ]
    assert {v.price.currency for v in variants_of(product, currency=None)} == {"USD"}
    assert variants_of(product, currency="EUR") == []
    assert variants_of(product.model_copy(update={"status": "draft"}), currency="USD") == []


def test_prices_for_some_customers_alone_are_not_the_price() -> None:
    told = recorded("product")["product"]
    for variant in told["variants"]:
        variant["prices"][0]["rules"] = {"customer_group_id": "vip"}
    rules = {price["currency_code"] for price in told["variants"][0]["prices"] if price["rules"]}
    product = parsed(ProductRow, told)
    assert {v.price.currency.lower() for v in variants_of(product, currency=None)} & rules == set()


def test_what_is_not_counted_can_always_be_had() -> None:
    told = recorded("product")["product"]
    told["variants"][0] |= {"manage_inventory": False}
    told["variants"][1] |= {"allow_backorder": True, "inventory_items": []}
    assert all(v.stock > 1000 for v in variants_of(parsed(ProductRow, told), currency="USD"))


def test_a_new_line_comes_to_what_was_agreed_with_the_tax_of_the_old_one() -> None:
    (old,) = row().items
    price = unit_price(dollars(3000), units=1, like=old)
    assert Money.parse(price * Decimal("1.1"), "USD") == dollars(3000)
    inclusive = old.model_copy(update={"is_tax_inclusive": True})
    assert unit_price(dollars(3000), units=2, like=inclusive) == Decimal(15)


def test_refunds_are_booked_where_the_order_has_a_transaction_of_them() -> None:
    booked = parsed(PaidRow, recorded("payment_refunded")["payment"])
    assert booked.booked == {refund.id for refund in booked.refunds}
    assert booked.order_id is not None
    declined = parsed(PaidRow, recorded("payment_paid_though_declined")["payment"])
    (left,) = {refund.id for refund in declined.refunds} - declined.booked
    assert next(refund.note for refund in declined.refunds if refund.id == left) == "ReturnDesk f2 return RT2"


def test_returns_and_changes_tell_our_keys() -> None:
    rows = [parsed(ReturnRow, told) for told in recorded("returns")["returns"]]
    assert {(found.metadata or {})["returndesk_key"]: found.status for found in rows} == {
        "r1": "received",
        "r2": "open",
    }
    (change,) = (parsed(ChangeRow, told) for told in recorded("changes_open")["order_changes"])
    assert (change.change_type, change.status, change.internal_note) == (
        "return_request",
        "pending",
        "ReturnDesk r2",
    )
