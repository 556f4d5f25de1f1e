"""The demo shop, and the commands that fill it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import phonenumbers
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from aftersales.domain.case_rules import ParcelTimes
from aftersales.domain.charges import order_charges
from aftersales.domain.orders import Order
from aftersales.domain.parcels import ParcelState, order_standing
from aftersales.stores.demo_reads import list_customers, list_products
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.shop_export import export_records
from runtime.cli_shop import app
from runtime.demo_data.catalogue import load_buyers, load_catalogue
from runtime.demo_data.seeder import demo_records, seed_demo
from tests.databases import DATABASES, open_database
from tests.shop_data import NOW, customer

STANDS = {
    "01": ParcelState.DELIVERED,
    "03": ParcelState.MOVING,
    "05": ParcelState.PREPARING,
    "11": ParcelState.OVERDUE,
    "13": ParcelState.LATE,
}
ANCHORS = (("cust_lin", "001", "CNY", "CN"), ("cust_emma", "002", "USD", "GB"))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    async with open_database("sqlite", tmp_path) as engine:
        assert await seed_demo(engine, media_folder=tmp_path / "media", now=NOW)
        yield engine


async def all_orders(engine: AsyncEngine) -> list[Order]:
    shop = EmbeddedShop(engine)
    customers = await list_customers(engine, limit=100)
    return [order for someone in customers for order in await shop.list_orders(someone["id"], limit=100)]


def by_tail(orders: list[Order], tail: str) -> Order:
    [found] = [order for order in orders if order.number.endswith(tail)]
    return found


async def test_the_demo_has_every_state_and_every_age(engine: AsyncEngine) -> None:
    orders = await all_orders(engine)
    assert len(orders) == 150
    states = Counter(order.status for order in orders)
    wanted = {
        "unpaid",
        "paid",
        "partly_shipped",
        "shipped",
        "delivered",
        "cancelled",
        "refunded",
        "partly_refunded",
    }
    assert states.keys() == wanted
    lines = [(order, line) for order in orders for line in order.lines]
    delivered = {order.delivered_at(line.id) for order, line in lines}
    ages = {(NOW - at).days for at in delivered if at}
    assert {0, 1, 3, 7, 8, 15, 30, 31, 90, 400} <= ages
    assert all(order.placed_at <= NOW for order in orders)
    assert all(at is None or at <= NOW for at in delivered)
    assert any(len(order.payments) > 1 for order in orders)
    assert any(len(order.fulfilments) > 1 for order in orders)
    assert any(line.returned for _, line in lines)
    assert any("gift" in line.tags and not line.paid for _, line in lines)
    tags = {tag for _, line in lines for tag in line.tags}
    assert {"perishable", "digital", "made_to_order", "newspaper", "hygiene", "final_sale", "gift"} <= tags


async def test_all_sums_are_exact(engine: AsyncEngine) -> None:
    for order in await all_orders(engine):
        assert sum(line.paid.minor for line in order.lines) + order.shipping_paid.minor == order.total.minor
        charges = 2 if order_charges(order).twice else 1
        captured = sum(payment.captured.minor for payment in order.payments)
        assert captured in (0, charges * order.total.minor)


@pytest.mark.parametrize(("customer_id", "prefix", "currency", "country"), ANCHORS)
async def test_the_orders_of_the_guides_are_there(
    engine: AsyncEngine, customer_id: str, prefix: str, currency: str, country: str
) -> None:
    orders = list(await EmbeddedShop(engine).list_orders(customer_id))
    assert {(order.currency, order.country) for order in orders} == {(currency, country)}

    returnable = by_tail(orders, f"{prefix}01")
    shoes, other = returnable.lines
    assert "跑鞋" in shoes.title.zh
    assert "running shoes" in shoes.title.en
    assert (shoes.returnable, other.returnable) == (1, 3)
    assert returnable.delivered_at(shoes.id) == NOW - timedelta(days=3)
    assert returnable.number.startswith("RD20261115")

    late = by_tail(orders, f"{prefix}02")
    assert late.delivered_at(late.lines[0].id) == NOW - timedelta(days=40)
    assert by_tail(orders, f"{prefix}03").status == "shipped"
    special = by_tail(orders, f"{prefix}04")
    assert {tag for line in special.lines for tag in line.tags} == {"perishable", "made_to_order"}
    assert special.delivered_at(special.lines[0].id) == NOW - timedelta(days=1)
    assert by_tail(orders, f"{prefix}05").status == "paid"
    assert by_tail(orders, f"{prefix}06").status == "partly_refunded"
    open_one = by_tail(orders, f"{prefix}08")
    assert (open_one.status, [line.unsent for line in open_one.lines]) == ("paid", [2, 1])
    assert open_one.address is not None
    assert by_tail(orders, f"{prefix}09").status == "unpaid"
    assert by_tail(orders, f"{prefix}07").total.minor > {"CNY": 100_000, "USD": 15_000}[currency]
    times = ParcelTimes(dispatch_hours=48, usual_days=4, overdue_days=10)
    stands = {tail: order_standing(by_tail(orders, prefix + tail), times=times, now=NOW).state for tail in STANDS}
    assert stands == STANDS
    assert order_charges(by_tail(orders, f"{prefix}12")).twice


@pytest.mark.parametrize("kind", DATABASES)
async def test_seeding_again_changes_nothing(kind: str, tmp_path: Path) -> None:
    async with open_database(kind, tmp_path) as engine:
        assert await seed_demo(engine, media_folder=tmp_path / "media", now=NOW)
        before = [text async for _, text in export_records(engine)]
        assert not await seed_demo(engine, media_folder=tmp_path / "other", now=NOW + timedelta(days=9))
        assert [text async for _, text in export_records(engine)] == before
    assert len(before) == 250
    assert not (tmp_path / "other").exists()


async def test_every_picture_is_there_and_draws_without_scripts(engine: AsyncEngine, tmp_path: Path) -> None:
    shop = EmbeddedShop(engine)
    products = await list_products(engine, "zh", limit=100)
    assert len(products) == 60
    images = {product["image"] for product in products}
    for product in products:
        images |= {variant.image for variant in await shop.list_variants(product["id"])}
    for image in images:
        assert image.startswith("/media/")
        root = ElementTree.parse(tmp_path / image.removeprefix("/")).getroot()
        names = {element.tag.removeprefix("{http://www.w3.org/2000/svg}") for element in root.iter()}
        assert names <= {"svg", "rect", "circle", "ellipse", "path"}


async def test_the_demo_page_is_told_titles_and_prices_in_its_language(engine: AsyncEngine) -> None:
    [chinese] = [p for p in await list_products(engine, "zh") if p["id"] == "running-shoes"]
    [english] = [p for p in await list_products(engine, "en") if p["id"] == "running-shoes"]
    assert (chinese["title"], chinese["price"], chinese["currency"]) == ("轻云缓震跑鞋", "399.00", "CNY")
    assert (english["title"], english["price"], english["currency"]) == ("CloudLite running shoes", "59.00", "USD")
    assert {someone["id"] for someone in (await list_customers(engine))[:2]} == {"cust_lin", "cust_emma"}


def test_the_records_are_the_same_each_time() -> None:
    catalogue = load_catalogue()
    assert list(demo_records(catalogue, now=NOW)) == list(demo_records(catalogue, now=NOW))


def test_the_customers_are_clearly_nobody() -> None:
    people = [buyer.record for buyer in load_buyers()]
    assert len(people) == 40
    assert {person.language for person in people} == {"zh", "en"}
    for person in people:
        assert person.email is None or person.email.endswith(("@example.com", "@example.cn"))
        if person.phone:
            number = phonenumbers.parse(person.phone, None)
            assert phonenumbers.is_possible_number(number)
            if number.country_code == 86:
                assert not phonenumbers.is_valid_number(number)


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "var"
    monkeypatch.setenv("RETURNDESK_DATA", str(folder))
    monkeypatch.setenv("RETURNDESK_DATABASE_URL", "")
    return folder


def test_the_commands_bring_a_shop_in_and_out(tmp_path: Path, data_folder: Path) -> None:
    runner = CliRunner()
    seeded = runner.invoke(app, ["seed"])
    assert (seeded.exit_code, seeded.stderr) == (0, "The demo shop is ready.\n")
    assert "nothing was changed" in runner.invoke(app, ["seed"]).stderr
    for name in ("shop.json", "shop.jsonl.gz"):
        file = str(tmp_path / name)
        assert runner.invoke(app, ["export", file]).exit_code == 0
        assert "Imported 40 customers, 60 products, 150 orders." in runner.invoke(app, ["import", file]).stderr
    exported = runner.invoke(app, ["export"])
    assert len(exported.stdout.splitlines()) == 250


def test_a_wrong_file_is_told_with_its_places(tmp_path: Path, data_folder: Path) -> None:
    file = tmp_path / "shop.jsonl"
    file.write_text(json.dumps(customer()) + "\n" + json.dumps(customer("b", language="fr")) + "\n")
    refused = CliRunner().invoke(app, ["import", str(file)])
    assert refused.exit_code == 1
    assert "line 2: language: Input should be 'zh' or 'en'" in refused.stderr
    assert "1 wrong records (1 shown). Nothing was imported." in refused.stderr
    missing = CliRunner().invoke(app, ["import", str(tmp_path / "none.jsonl")])
    assert missing.exit_code == 1
    assert "none.jsonl" in missing.stderr
