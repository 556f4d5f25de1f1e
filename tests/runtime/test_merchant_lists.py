"""The merchant API's lists: page by page, without losing or doubling anything."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aftersales.services.sessions import open_session
from connectors.web.payloads import instant
from tests.databases import DATABASES
from tests.fronts import MERCHANT_KEY, Front, open_front
from tests.goods import NUMBER, SHOES, SOCKS

KEY = {"Authorization": f"Bearer {MERCHANT_KEY}"}


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, kind=request.param) as front:
        yield front


async def get(front: Front, path: str, **query: Any) -> dict[str, Any]:
    response = await front.client.get(f"/api/merchant/{path}", headers=KEY, params=query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def walk(front: Front, name: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = await get(front, name, **query, **after)
        found += page[name]
        if page["next"] is None:
            return found
        assert page[name]
        after = {"after": page["next"]}


async def test_pages_follow_each_other_without_gap_or_double(front: Front) -> None:
    for index in range(7):
        front.goods.clock.advance(microseconds=index % 2)  # some begin at the same moment
        await open_session(front.goods.ctx, channel="web", language="zh", customer_id=None)
    whole = (await get(front, "conversations"))["conversations"]
    assert len(whole) == 7
    for limit in (1, 2, 3, 7, 100):
        assert await walk(front, "conversations", limit=limit) == whole


async def test_what_changes_while_a_program_pages_stays_where_it_was(front: Front) -> None:
    numbers = []
    for index, line in enumerate((SHOES, SOCKS, SHOES)):
        front.goods.clock.advance(seconds=1)
        numbers.append((await front.goods.ask((line, 1), key=f"k{index}")).number)
    first = await get(front, "returns", limit=1)
    front.goods.clock.advance(hours=1)
    await front.client.post(f"/api/merchant/returns/{numbers[0]}/receive", headers=KEY)
    rest = await get(front, "returns", limit=100, after=first["next"], state="any")
    assert [item["number"] for item in first["returns"] + rest["returns"]] == numbers


async def test_lists_are_narrowed(front: Front) -> None:
    one = await front.goods.ask((SOCKS, 1), key="k1")
    front.goods.clock.advance(hours=1)
    then = instant(front.goods.clock.now())
    two = await front.goods.ask((SHOES, 1), key="k2")
    await front.client.post(f"/api/merchant/returns/{one.number}/receive", headers=KEY)

    async def found(**query: Any) -> list[str]:
        return [item["number"] for item in await walk(front, "returns", **query)]

    assert await found() == [one.number, two.number]
    assert await found(state=["awaiting_parcel", "closed"]) == [two.number]
    assert await found(order=NUMBER, customer="c-lin") == [one.number, two.number]
    assert await found(order="RD0") == await found(customer="c-wang") == []
    assert await found(since=then) == [two.number]
    assert await found(updated_since=then) == [one.number, two.number]
    (refund, *_) = await walk(front, "refunds", order=NUMBER, state="created")
    assert refund["cause"] == {"kind": "return", "number": one.number}
    assert await walk(front, "refunds", state="failed") == []


async def test_one_thing_is_shown_with_its_history(front: Front) -> None:
    item = await front.goods.arrived((SOCKS, 1))
    (refund,) = await walk(front, "refunds")
    shown = await get(front, f"refunds/{refund['id']}")
    assert [step["trigger"] for step in shown.pop("history")] == ["create"]
    assert shown == refund
    assert (await get(front, f"returns/{item.number}"))["history"][0]["to"] == "requested"
    _, conversation = await open_session(front.goods.ctx, channel="web", language="en", customer_id="c-lin")
    talk = await get(front, f"conversations/{conversation.id}")
    assert (talk["owner"], talk["messages"], talk["history"][0]["trigger"]) == ("bot", 0, "open")
    for path in ("refunds/none", "cases/CS1", "conversations/none", "conversations/%00"):
        response = await front.client.get(f"/api/merchant/{path}", headers=KEY)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), path


def cursor(told: str) -> str:
    return urlsafe_b64encode(told.encode()).decode().rstrip("=")


async def test_cursors_and_filters_that_never_were_ours_are_bad_requests(front: Front) -> None:
    broken = ["", "x", "%", cursor("1.a b"), cursor("x.a"), cursor("9999999999999999.a"), cursor("."), "a" * 121]
    queries: list[tuple[str, dict[str, Any]]] = [
        ("returns", {"after": one}) for one in broken if one != cursor("9999999999999999.a")
    ]
    queries += [("returns", {name: "yesterday"}) for name in ("since", "updated_since")]
    queries += [("returns", {"since": "2026-11-22T08:00:00"}), ("returns", {"since": "0001-01-01T00:00:00+23:00"})]
    queries += [("returns", {"order": ""}), ("returns", {"order": "a\x00"}), ("refunds", {"customer": "x" * 101})]
    queries += [
        ("returns", {"limit": "101"}),
        ("refunds", {"state": "open"}),
    ]
    queries += [("conversations", {"order": "RD1"}), ("cases", {"updated_since": "2026-11-22T08:00:00Z"})]
    for name, query in queries:
        response = await front.client.get(f"/api/merchant/{name}", headers=KEY, params=query)
        assert (response.status_code, response.json()["code"]) == (400, "bad_request"), (name, query)
