"""Refunds as CSV: read back as they were written, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from aftersales.domain.money import Money
from aftersales.domain.refunds import RefundState
from aftersales.domain.statements import Deed, Line
from runtime.statement_csv import COLUMNS, csv_header, csv_rows
from tests.contract.test_unit_of_work_money import make_refund
from tests.fakes import NOON

SHANGHAI = ZoneInfo("Asia/Shanghai")
LINE = Line(
    refund=make_refund(),
    payment=None,
    rule_id=None,
    reason="shop",
    created=Deed(NOON, "system"),
    approved=(),
    settled=None,
)


def read(lines: Sequence[Line]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_header() + csv_rows(lines, zone=SHANGHAI), newline="")))


def referred(reference: str) -> Line:
    return replace(LINE, refund=replace(LINE.refund, provider_reference=reference))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_that_a_spreadsheet_would_compute_is_made_harmless(start: str) -> None:
    (row,) = read([referred(f'{start}HYPERLINK("https://evil.example")')])
    assert row["provider_reference"] == f'\'{start}HYPERLINK("https://evil.example")'


@pytest.mark.parametrize("reference", ['a "b", c', "one\r\ntwo", "凭证 4711", "a=1", "", " "])
def test_what_is_harmless_comes_back_as_it_was(reference: str) -> None:
    (row,) = read([referred(reference)])
    assert row["provider_reference"] == reference


def test_rows_end_as_the_standard_says_and_have_all_columns() -> None:
    text = csv_header() + csv_rows([LINE, LINE], zone=SHANGHAI)
    rows = text.split("\r\n")
    assert rows[-1] == ""
    assert [row.count(",") for row in rows[:-1]] == [len(COLUMNS) - 1] * 3
    assert csv_header(bom=True) == "\ufeff" + csv_header()
    assert csv_rows([], zone=SHANGHAI) == ""


def test_amounts_are_exact_and_times_those_of_the_shop() -> None:
    refund = make_refund(amount=Money(10**15 + 1, "KWD"), state=RefundState.SUCCEEDED, by_hand=True)
    agreed = (Deed(NOON, "agent:wei"), Deed(NOON + timedelta(hours=1), "agent:li"))
    (row,) = read([replace(LINE, refund=refund, approved=agreed, settled=Deed(NOON, "agent:a1"))])
    assert (row["amount"], row["amount_minor"]) == ("1000000000000.001", "1000000000000001")
    assert row["created_at"] == "2026-11-21T20:00:00+08:00"
    assert (row["approved_at"], row["approved_by"]) == ("2026-11-21T21:00:00+08:00", "agent:wei agent:li")
    assert (row["settled_by"], row["by_hand"]) == ("agent:a1", "yes")
