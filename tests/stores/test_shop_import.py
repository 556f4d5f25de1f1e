"""Importing and exporting the embedded shop."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.money import Money
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.stores.base import metadata
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.shop_export import export_records
from aftersales.stores.shop_files import (
    RawRecord,
    RecordWriter,
    ShopFileError,
    format_of,
    read_records,
)
from aftersales.stores.shop_import import import_shop
from aftersales.stores.shop_import_report import ImportRejectedError, RecordError
from tests.databases import DATABASES, open_database
from tests.shop_data import customer, line, order, product, raw

BASE = [customer(), product()]


@pytest.fixture(params=DATABASES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    async with open_database(request.param, tmp_path) as engine:
        yield engine


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """For rules that do not depend on the database."""
    async with open_database("sqlite", tmp_path) as engine:
        yield engine


async def sizes(engine: AsyncEngine) -> dict[str, int]:
    tables = [table for table in metadata.sorted_tables if table.name.startswith("shop_")]
    async with engine.connect() as connection:
        return {t.name: await connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


async def exported(engine: AsyncEngine) -> list[dict[str, Any]]:
    return [json.loads(text) async for _, text in export_records(engine)]


async def errors_of(engine: AsyncEngine, records: list[dict[str, Any]]) -> list[RecordError]:
    with pytest.raises(ImportRejectedError) as caught:
        await import_shop(engine, raw(records))
    return list(caught.value.report.errors)


def changed(record: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(record))
    change(copy)
    return copy


async def test_importing_twice_doubles_nothing(engine: AsyncEngine) -> None:
    records = raw([*BASE, order("o1"), order("o2")])
    first = await import_shop(engine, records)
    assert first.counts == {"customer": 1, "product": 1, "order": 2}
    before = await sizes(engine), await exported(engine)
    await import_shop(engine, records)
    assert (await sizes(engine), await exported(engine)) == before


async def test_an_export_is_imported_as_it_was(engine: AsyncEngine, tmp_path: Path) -> None:
    cancelled = order("o2", cancelled_at="2026-11-15T12:00:00Z", fulfilments=[], payments=[], address=None)
    abroad = changed(order("o1"), lambda o: o["payments"][0].update(country="US"))
    await import_shop(engine, raw([*BASE, abroad, cancelled]))
    before = await exported(engine)
    assert [told["payments"][0]["country"] for told in before if told.get("id") == "o1"] == ["US"]
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("shop.jsonl", "shop.jsonl.gz", "shop.json"):
        path = folder / name
        with path.open("wb") as file, RecordWriter(file, form=format_of(path)) as writer:
            async for kind, text in export_records(engine):
                writer.write(kind, text)
        async with open_database("sqlite", folder) as other:
            await import_shop(other, read_records(path))
            assert await exported(other) == before
        (folder / "test.sqlite3").unlink()


async def test_a_payment_tells_its_kind_or_its_provider_does(engine: AsyncEngine) -> None:
    by_hand = {"supports_auto_refund": False}
    parts: dict[str, dict[str, Any]] = {"wechat_pay": {}, "acme": {"method": "points"}, "cod": {}, "bank": by_hand}
    payments = [{"id": name, "provider": name, "captured": "252.25", **told} for name, told in parts.items()]
    await import_shop(engine, raw([*BASE, order("o1", payments=payments)]))
    found = (await EmbeddedShop(engine).get_order("o1")).payments
    assert [(payment.method, payment.supports_auto_refund) for payment in found] == [
        (PaymentMethod.WALLET, True),
        (PaymentMethod.POINTS, True),
        (PaymentMethod.CASH_ON_DELIVERY, False),
        (PaymentMethod.BANK, False),
    ]
    [again] = [record for record in await exported(engine) if record["type"] == "order"]
    assert [payment["method"] for payment in again["payments"]] == ["wallet", "points", "cash_on_delivery", "bank"]


async def test_one_wrong_record_imports_nothing(engine: AsyncEngine) -> None:
    wrong = order("o2", total="1.00")
    [error] = await errors_of(engine, [*BASE, order("o1"), wrong])
    assert error == RecordError("line 4", "lines and shipping add up to 1009.00, not to the total 1.00")
    assert set((await sizes(engine)).values()) == {0}


RULES: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("an unknown field", lambda o: o.update(colour="red"), "colour: Extra inputs"),
    ("money as a number", lambda o: o.update(total=1009.0), "total: Input should be a valid string"),
    ("too many decimals", lambda o: o.update(total="1009.001"), "1009.001 has more decimals than CNY"),
    ("a time without a zone", lambda o: o.update(placed_at="2026-11-15T10:00:00"), "placed_at: "),
    ("a time as a number", lambda o: o.update(placed_at=1763172000), "placed_at: a time is text in ISO 8601"),
    ("a country that is none", lambda o: o.update(country="China"), "country: "),
    ("no lines", lambda o: o.update(lines=[]), "lines: "),
    ("a phone that is none", lambda o: o["address"].update(phone="10000"), "address.phone: "),
    ("more shipped than ordered", lambda o: o["lines"][0].update(fulfilled=2), "lines[0]: fulfilled 2 is more"),
    ("more back than shipped", lambda o: o["lines"][0].update(returned=2), "lines[0]: more units are back"),
    ("a parcel of more than shipped", lambda o: o["lines"][1].update(fulfilled=2), "line o1-b: the fulfilments"),
    (
        "a parcel of nothing known",
        lambda o: o["fulfilments"][0]["lines"][0].update(line_id="x"),
        "a fulfilment holds",
    ),
    (
        "a delivery before shipping",
        lambda o: o["fulfilments"][0].pop("shipped_at"),
        "fulfilments[0]: delivered_at",
    ),
    (
        "more captured than the total",
        lambda o: o["payments"][0].update(captured="1009.01"),
        "payment o1-p: more was captured",
    ),
    ("more refunded than captured", lambda o: o["payments"][0].update(refunded="1010.00"), "payment o1-p: more"),
    ("a line twice", lambda o: o["lines"][1].update(id="o1-a"), "line o1-a is there twice"),
    ("an unknown customer", lambda o: o.update(customer_id="x"), "customer_id: customer x is neither before"),
    (
        "an unknown variant",
        lambda o: o["lines"][1].update(variant_id="x"),
        "lines[1].variant_id: variant x is neither",
    ),
]


@pytest.mark.parametrize(("change", "reason"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
async def test_an_order_is_refused_for(
    sqlite: AsyncEngine, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    [error] = await errors_of(sqlite, [*BASE, changed(order("o1"), change)])
    assert error.place == "line 3"
    assert error.reason.startswith(reason)


async def test_what_belongs_to_another_is_refused(engine: AsyncEngine) -> None:
    await import_shop(engine, raw([*BASE, order("o1")]))
    number = order("o1")["number"]
    cases = {
        f"number: {number} is the number of order o1": order("o2", number=number),
        "payments[0].id: o1-p belongs to order o1": order("o2", payments=order("o1")["payments"]),
        "lines[0].id: o1-a belongs to order o1": order(
            "o2", lines=[line("o1-a")], fulfilments=[], total="409.00", payments=[]
        ),
        "fulfilments[0].id: o1-f belongs to order o1": changed(
            order("o2"), lambda o: o["fulfilments"][0].update(id="o1-f")
        ),
        "currency: the order is kept in CNY": order("o1", currency="USD"),
        "variants[0].id: shoe-41 belongs to product shoe": changed(
            product("boot"), lambda p: p["variants"][0].update(id="shoe-41")
        ),
        "variants[0].sku: SHOE-41 belongs to variant shoe-41": changed(
            product("boot"), lambda p: p["variants"][0].update(sku="SHOE-41")
        ),
    }
    for reason, record in cases.items():
        assert [error.reason for error in await errors_of(engine, [record])] == [reason]


async def test_a_record_that_is_twice_in_the_file_is_refused(sqlite: AsyncEngine) -> None:
    records = [*BASE, order("o1"), customer(), product(), order("o1")]
    assert [(error.place, error.reason) for error in await errors_of(sqlite, records)] == [
        ("line 4", "customer lin is in the file twice"),
        ("line 5", "product shoe is in the file twice"),
        ("line 6", "order o1 is in the file twice"),
    ]


async def test_orders_of_a_rejected_customer_are_not_blamed(sqlite: AsyncEngine) -> None:
    errors = await errors_of(sqlite, [customer(language="fr"), product(), order("o1")])
    assert [(error.place, error.reason) for error in errors] == [
        ("line 1", "language: Input should be 'zh' or 'en'")
    ]


async def test_twenty_errors_are_told_and_all_are_counted(sqlite: AsyncEngine) -> None:
    with pytest.raises(ImportRejectedError) as caught:
        await import_shop(sqlite, raw([customer(f"c{n}", email="no") for n in range(30)]))
    assert (len(caught.value.report.errors), caught.value.report.error_count) == (20, 30)


async def test_no_value_of_a_wrong_record_is_repeated(sqlite: AsyncEngine) -> None:
    [error] = await errors_of(sqlite, [customer(email="secret at example")])
    assert error.reason.startswith("email: ")
    assert "secret" not in error.reason


async def test_lines_that_are_no_json_are_named(sqlite: AsyncEngine) -> None:
    for text in (b"{", b"[]", b"null", b'{"type": "x"}', b"\xff", b'{"type":"customer","name":"\\u0000"}'):
        with pytest.raises(ImportRejectedError) as caught:
            await import_shop(sqlite, [RawRecord("line 1", text)])
        assert caught.value.report.errors[0].place == "line 1"


async def test_a_later_import_renews_but_keeps_what_went_back_and_was_refunded(engine: AsyncEngine) -> None:
    back = changed(
        order("o1"), lambda o: (o["lines"][1].update(dismissed=1), o["payments"][0].update(refunded="9.00"))
    )
    await import_shop(engine, raw([*BASE, back]))
    shop = EmbeddedShop(engine)
    await shop.request_return(order_id="o1", lines=[("o1-b", 1)], key="k")
    await import_shop(engine, raw([customer(name="林晓"), order("o1", country="HK")]))
    found = await shop.get_order("o1")
    assert (found.country, found.customer.name) == ("HK", "林晓")
    assert (found.line("o1-b").return_requested, found.line("o1-b").dismissed) == (1, 1)
    assert found.payments[0].refunded == Money(900, "CNY")


async def test_a_later_import_cannot_contradict_a_return_or_a_refund(engine: AsyncEngine) -> None:
    refunded = changed(order("o1"), lambda o: o["payments"][0].update(refunded="9.00"))
    await import_shop(engine, raw([*BASE, refunded]))
    await EmbeddedShop(engine).request_return(order_id="o1", lines=[("o1-b", 2)], key="k")
    less = [line("o1-a"), line("o1-b", quantity=3, fulfilled=1, paid="600.00")]
    cases = {
        "lines[1].fulfilled: 2 units are back or on their way back": order("o1", lines=less, fulfilments=[]),
        "lines: line o1-b has a return and cannot be left out": order(
            "o1", lines=[line("o1-a")], fulfilments=[], total="409.00", payments=[]
        ),
        "payments[0].captured: less than what was refunded": changed(
            order("o1"), lambda o: o["payments"][0].update(captured="8.00")
        ),
        "payments: payment o1-p has a refund and cannot be left out": order("o1", payments=[]),
    }
    for reason, record in cases.items():
        assert [error.reason for error in await errors_of(engine, [record])] == [reason]


async def test_what_a_later_file_leaves_out_is_removed(engine: AsyncEngine) -> None:
    await import_shop(engine, raw([*BASE, order("o1")]))
    one = [variant for variant in product()["variants"] if variant["id"] == "shoe-41"]
    smaller = order("o1", lines=[line("o1-a")], fulfilments=[], payments=[], total="409.00")
    await import_shop(engine, raw([product(variants=one), smaller]))
    shop = EmbeddedShop(engine)
    found = await shop.get_order("o1")
    assert ([x.id for x in found.lines], found.fulfilments, found.payments) == (["o1-a"], (), ())
    assert [variant.id for variant in await shop.list_variants("shoe")] == ["shoe-41"]


async def test_a_line_may_say_what_it_was_sold_as(sqlite: AsyncEngine) -> None:
    sold = line(
        "o1-a", title={"zh": "旧款跑鞋"}, sku="OLD", tags=["final_sale"], image="https://shop.example/a.png"
    )
    await import_shop(sqlite, raw([*BASE, order("o1", lines=[sold], fulfilments=[], payments=[], total="409.00")]))
    kept = (await EmbeddedShop(sqlite).get_order("o1")).line("o1-a")
    assert (kept.title.zh, kept.title.en, kept.sku) == ("旧款跑鞋", "旧款跑鞋", "OLD")
    assert kept.tags == {"final_sale"}
    assert kept.image == "https://shop.example/a.png"
    assert kept.options.en == "size 41"


async def test_numbers_and_mails_are_kept_in_their_normal_form(sqlite: AsyncEngine) -> None:
    await import_shop(
        sqlite, raw([customer(email="Lin@Example.CN"), product(), order("o1", number="#so-２０２６ 77")])
    )
    found = await EmbeddedShop(sqlite).find_order("SO202677")
    assert found.customer.email == "lin@example.cn"


async def test_a_file_that_breaks_off_imports_nothing(sqlite: AsyncEngine, tmp_path: Path) -> None:
    path = tmp_path / "shop.jsonl"
    path.write_bytes(json.dumps(customer()).encode() + b"\n" + b"x" * 1_100_000)
    with pytest.raises(ShopFileError):
        await import_shop(sqlite, read_records(path))
    assert set((await sizes(sqlite)).values()) == {0}


@pytest.mark.parametrize("page", ["docs/shop-import.md", "docs/zh/shop-import.md"])
async def test_the_example_of_the_guide_can_be_imported(sqlite: AsyncEngine, page: str) -> None:
    text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
    example = text.split("```json\n")[1].split("```")[0]
    report = await import_shop(sqlite, raw(json.loads(item) for item in example.splitlines()))
    assert report.counts == {"customer": 1, "product": 1, "order": 1}


async def test_groups_of_customers_and_the_channel_are_kept_for_the_policy(engine: AsyncEngine) -> None:
    await import_shop(
        engine, raw([customer(segments=["vip"]), product(), order("o1", channel="wechat"), order("o2")])
    )
    shop = EmbeddedShop(engine)
    found = await shop.get_order("o1")
    assert (found.channel, list(found.customer.segments)) == ("wechat", ["vip"])
    assert (await shop.get_order("o2")).channel == ""
    assert {record.get("channel") for record in await exported(engine)} == {None, "wechat", ""}
