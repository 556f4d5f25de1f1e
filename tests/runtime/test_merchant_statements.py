"""Statements over the merchant API: JSON page by page, and CSV that is whole or visibly broken off."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftersales.domain.errors import Unavailable
from aftersales.domain.refunds import Refund
from aftersales.domain.statements import Line
from aftersales.services import statements
from aftersales.services.context import Context
from tests.databases import DATABASES
from tests.every_refund import refund_in_every_way
from tests.fronts import MERCHANT_KEY, Front, open_front
from tests.goods import NUMBER, SOCKS

KEY = {"Authorization": f"Bearer {MERCHANT_KEY}"}
DAY = "from=2026-11-21&to=2026-11-22"


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, kind=request.param) as front:
        yield front


async def ask(front: Front, query: str, **headers: str) -> httpx.Response:
    return await front.client.get(f"/api/merchant/statements?{query}", headers={**KEY, **headers})


async def told(front: Front, query: str) -> dict[str, Any]:
    response = await ask(front, query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_without_the_key_nothing_is_told(front: Front) -> None:
    response = await front.client.get(f"/api/merchant/statements?order={NUMBER}")
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")


async def test_the_statement_of_an_order_adds_up(front: Front) -> None:
    await refund_in_every_way(front.goods)
    statement = await told(front, f"order={NUMBER}")
    (totals,) = statement["totals"]
    assert (totals["currency"], totals["paid"], totals["free"]) == ("CNY", "2288.00", "79.00")
    assert [part["method"] for part in statement["payments"]] == ["coupon", "other"]
    by_hand = next(refund for refund in statement["refunds"] if refund["by_hand"])
    assert by_hand["provider_reference"] == "=bank 4711"
    assert by_hand["settled"]["actor"] == "agent:a1"
    released = next(refund for refund in statement["refunds"] if refund["approved"])
    assert released["amount"] == {"amount": "900.00", "currency": "CNY", "minor": 90000}


async def test_a_period_is_told_page_by_page(front: Front) -> None:
    await refund_in_every_way(front.goods)
    whole = await told(front, f"order={NUMBER}")
    found: list[dict[str, Any]] = []
    query = f"{DAY}&limit=4"
    while True:
        page = await told(front, query)
        found += page["refunds"]
        assert len(page["refunds"]) <= 4
        if page["next"] is None:
            break
        query = f"{DAY}&limit=4&after={page['next']}"
    assert found == whole["refunds"]
    assert await told(front, "from=2026-11-01&to=2026-11-20") == {"refunds": [], "next": None}


@pytest.mark.parametrize("query", [DAY, f"order={NUMBER}"])
async def test_csv_is_given_to_whoever_accepts_it(
    front: Front, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "PAGE", 3)
    await refund_in_every_way(front.goods)
    response = await ask(front, f"{query}&bom=1", Accept="text/csv")
    assert response.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert response.headers["cache-control"] == "no-store"
    assert response.content.startswith(b"\xef\xbb\xbforder_number,")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    refunds = (await told(front, f"order={NUMBER}"))["refunds"]
    assert [row["refund_id"] for row in rows] == [refund["id"] for refund in refunds]
    assert {row["provider_reference"] for row in rows if row["by_hand"] == "yes"} == {"'=bank 4711"}


async def test_csv_without_refunds_has_its_header(front: Front) -> None:
    response = await ask(front, DAY, Accept="text/csv")
    assert (response.status_code, response.text.count("\r\n")) == (200, 1)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "text/csv;q=0.1, */*"])
async def test_others_get_json(front: Front, accept: str) -> None:
    response = await ask(front, DAY, Accept=accept)
    assert response.headers["content-type"] == "application/json"


def fail_from_page(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop stops answering when that page is read."""
    whole, pages = statements._with_payments, count(1)

    async def fails(ctx: Context, refunds: Sequence[Refund]) -> Sequence[Line]:
        if next(pages) >= number:
            raise Unavailable("shop")
        return await whole(ctx, refunds)

    monkeypatch.setattr(statements, "PAGE", 3)
    monkeypatch.setattr(statements, "_with_payments", fails)


async def test_a_shop_that_does_not_answer_is_a_problem_and_no_half_file(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refund_in_every_way(front.goods)
    fail_from_page(1, monkeypatch)
    response = await ask(front, DAY, Accept="text/csv")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")


async def test_a_file_that_cannot_be_completed_is_broken_off(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refund_in_every_way(front.goods)
    fail_from_page(2, monkeypatch)
    with pytest.raises(httpx.TransportError):
        await ask(front, DAY, Accept="text/csv")
    assert (await front.client.get("/health/live")).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2026-01-01",
        "to=2026-01-01",
        f"order={NUMBER}&from=2026-01-01&to=2026-01-02",
        "from=2026-01-02&to=2026-01-01",
        "from=2024-12-31&to=2026-01-01",
        "from=20260101&to=20260102",
        "from=2026-02-30&to=2026-03-01",
        "from=0001-01-01&to=0001-01-01",
        "from=9999-12-31&to=9999-12-31",
        "from=2026-01-01T00&to=2026-01-02",
        f"{DAY}&limit=201",
        f"{DAY}&after=nothing",
        f"{DAY}&after=%00",
    ],
)
async def test_broken_questions_are_bad_requests(front: Front, query: str) -> None:
    response = await ask(front, query)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("number", ["RD0", "%00", "x" * 300, "%ED%A0%80"])
async def test_an_order_that_does_not_exist_is_not_found(front: Front, number: str) -> None:
    await front.goods.arrived((SOCKS, 1))
    response = await ask(front, f"order={number}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
