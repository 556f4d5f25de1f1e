"""`returndesk statement`: tables in both languages, CSV that appears only when it is whole."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runtime.cli import app
from tests.every_refund import refund_in_every_way
from tests.goods import NUMBER, open_goods

DAYS = ("--from", "2026-11-21", "--to", "2026-11-22")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose database holds an order that was refunded in every way."""

    async def fill() -> None:
        async with open_goods("sqlite", tmp_path) as goods:
            await refund_in_every_way(goods)

    asyncio.run(fill())
    monkeypatch.setenv("RETURNDESK_DATA", str(tmp_path))
    monkeypatch.setenv("RETURNDESK_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["statement", *words])


def test_an_order_is_told_in_both_languages(data: Path) -> None:
    chinese, english = (run("--order", NUMBER, "--language", language) for language in ("zh", "en"))
    assert chinese.exit_code == english.exit_code == 0
    for told in (
        NUMBER,
        "¥2,288.00",
        "¥79.00",
        "优惠券",
        "已退款",
        "失败",
        "同意 2026-11-",
        "agent:wei",
        "=bank 4711",
    ):
        assert told in chinese.output
    for told in ("CN¥2,288.00", "CN¥79.00", "coupon", "Refunded", "agreed 2026-11-", "Wrong size", "c-lin"):
        assert told in english.output


def test_a_customer_and_a_period_are_told(data: Path) -> None:
    whole = run("--customer", "c-lin", "--language", "en")
    assert (whole.exit_code, whole.output.count("CN¥79.00")) == (0, 1)
    period = run(*DAYS, "--language", "en")
    assert period.exit_code == 0
    for told in (f"Order {NUMBER}", "CN¥900.00", "Made elsewhere"):
        assert told in period.output
    assert run("--customer", "c-emma").exit_code == 0


def test_csv_is_the_same_of_the_order_its_customer_and_its_days(data: Path) -> None:
    files = [data / name for name in ("order.csv", "customer.csv", "days.csv")]
    chosen: tuple[tuple[str, ...], ...] = (("--order", NUMBER), ("--customer", "c-lin"), DAYS)
    for file, words in zip(files, chosen, strict=True):
        done = run(*words, "--csv", str(file), "--bom")
        assert (done.exit_code, done.output) == (0, "")
    first, *others = (file.read_bytes() for file in files)
    assert first.startswith(b"\xef\xbb\xbf")
    assert others == [first, first]
    rows = list(csv.DictReader(first.decode("utf-8-sig").splitlines()))
    assert len(rows) == 10
    assert {row["order_number"] for row in rows} == {NUMBER}
    assert list(data.glob(".*.partial")) == []


def test_what_fails_leaves_the_old_file(data: Path) -> None:
    file = data / "order.csv"
    file.write_text("old")
    done = run("--order", "RD0", "--csv", str(file))
    assert (done.exit_code, done.output) == (1, "RD0: there is no such order\n")
    assert file.read_text() == "old"
    assert run("--order", NUMBER, "--csv", str(data / "no" / "order.csv")).exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--order", NUMBER, "--customer", "c-lin"),
        ("--from", "2026-01-01"),
        ("--to", "2026-01-01"),
        ("--order", NUMBER, "--to", "2026-01-01"),
        ("--order", NUMBER, *DAYS),
        ("--order", NUMBER, "--language", "fr"),
        ("--from", "yesterday", "--to", "2026-01-01"),
    ],
)
def test_what_cannot_be_meant_is_refused(data: Path, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_a_period_above_a_year_is_refused(data: Path) -> None:
    done = run("--from", "2024-12-31", "--to", "2026-01-01")
    assert (done.exit_code, "a year long at most" in done.output) == (1, True)
