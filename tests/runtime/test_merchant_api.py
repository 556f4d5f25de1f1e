"""The merchant API: only with the key, and only what the states allow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftersales.domain.cases import CaseKind
from aftersales.domain.errors import ProviderRejected
from aftersales.domain.reasons import Reason
from aftersales.services.cases import file_case
from aftersales.services.refund_submission import submit_due
from tests.databases import DATABASES
from tests.fronts import MERCHANT_KEY, Front, open_front
from tests.goods import COAT, SHOES, SOCKS

KEY = {"Authorization": f"Bearer {MERCHANT_KEY}"}


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, kind=request.param) as front:
        yield front


async def get(front: Front, path: str) -> dict[str, Any]:
    response = await front.client.get(f"/api/merchant/{path}", headers=KEY)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def post(front: Front, path: str, **options: Any) -> httpx.Response:
    return await front.client.post(f"/api/merchant/{path}", headers=KEY, **options)


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def test_without_the_key_nothing_is_told(front: Front) -> None:
    paths = [
        ("GET", "returns"),
        ("GET", "cases"),
        ("POST", "returns/RT1/receive"),
        ("POST", "refunds/r1/approve"),
        ("POST", "refunds/r1/paid-by-hand"),
    ]
    given = [None, b"", b"Bearer", b"Bearer x", MERCHANT_KEY.encode(), b"Bearer " + MERCHANT_KEY[:-1].encode()]
    for (method, path), authorization in zip(paths * 2, given, strict=False):
        headers = {} if authorization is None else {b"Authorization": authorization}
        response = await front.client.request(method, f"/api/merchant/{path}", headers=headers)
        assert code_of(response) == (401, "unauthorized")


async def test_guessing_the_key_is_slowed_down(front: Front) -> None:
    codes = []
    for _ in range(11):
        wrong = {"Authorization": "Bearer wrong"}
        codes.append((await front.client.get("/api/merchant/returns", headers=wrong)).status_code)
    assert codes == [401] * 10 + [429]
    assert (await front.client.get("/api/merchant/returns", headers=KEY)).status_code == 200


async def test_a_parcel_that_arrived_is_refunded(front: Front) -> None:
    item = await front.goods.ask()
    listed = (await get(front, "returns?state=awaiting_parcel"))["returns"]
    assert [entry["number"] for entry in listed] == [item.number]
    assert (await get(front, "returns?state=closed"))["returns"] == []
    for _ in range(2):
        response = await post(front, f"returns/{item.number}/receive")
        assert (response.status_code, response.json()["status"]) == (200, "inspected")
    shown = await get(front, f"returns/{item.number}")
    paid = {(refund["status"], refund["amount"]["amount"]) for refund in shown["refunds"]}
    assert paid == {("created", "100.00"), ("created", "29.00")}
    assert {"trigger": "receive", "to": "received", "actor": "agent:merchant"}.items() <= next(
        step for step in shown["history"] if step["trigger"] == "receive"
    ).items()


async def test_the_state_of_the_goods_lowers_the_refund_as_the_policy_says(front: Front) -> None:
    item = await front.goods.ask((COAT, 1))
    await post(front, f"returns/{item.number}/approve")
    path, used = f"returns/{item.number}/receive", {"conditions": {COAT: "used"}}
    many = {f"l{n}": "used" for n in range(201)}
    wrongs: list[object] = [[], "used", {COAT: "worn"}, {COAT: 1}, {COAT: None}, many]
    for wrong in wrongs:
        assert code_of(await post(front, path, json={"conditions": wrong})) == (400, "bad_request")
    assert (await post(front, path, json={"conditions": {"no-line": "used"}})).status_code == 400
    for _ in range(2):
        response = await post(front, path, json=used)
        assert response.status_code == 200
    [line] = response.json()["lines"]
    assert line["condition"] == "used"
    assert line["deduction"]["amount"] == "600.00"  # 30 percent
    assert line["amount"]["amount"] == "1400.00"
    assert code_of(await post(front, path, json={"conditions": {COAT: "damaged"}})) == (409, "conflict")


async def test_a_large_refund_waits_until_it_is_approved_or_cancelled(front: Front) -> None:
    item = await front.goods.ask((COAT, 1))
    for deed in ("approve", "receive"):
        assert (await post(front, f"returns/{item.number}/{deed}")).status_code == 200
    waiting = (await get(front, f"returns/{item.number}"))["refunds"]
    assert {refund["status"] for refund in waiting} == {"awaiting_approval"}
    approved = await post(front, f"refunds/{waiting[0]['id']}/approve")
    assert approved.json()["status"] == "created"
    assert code_of(await post(front, f"refunds/{waiting[0]['id']}/approve")) == (409, "conflict")
    cancelled = await post(front, f"refunds/{waiting[1]['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert (await get(front, "cases"))["cases"] == []


async def test_a_refund_that_was_cancelled_is_granted_again_or_the_return_closed(front: Front) -> None:
    item = await front.goods.ask((SOCKS, 1))
    for deed in ("refund-again", "close"):
        assert code_of(await post(front, f"returns/{item.number}/{deed}")) == (409, "conflict")
    await post(front, f"returns/{item.number}/receive")
    (refund,) = (await get(front, f"returns/{item.number}"))["refunds"]
    assert code_of(await post(front, f"returns/{item.number}/close")) == (409, "conflict")
    await post(front, f"refunds/{refund['id']}/cancel")
    for _ in range(2):
        again = await post(front, f"returns/{item.number}/refund-again")
        assert [part["status"] for part in again.json()["refunds"]] == ["cancelled", "created"]
    await post(front, f"refunds/{again.json()['refunds'][1]['id']}/cancel")
    assert (await post(front, f"returns/{item.number}/close")).json()["status"] == "closed"


async def test_a_return_that_asks_for_a_person_is_approved_or_rejected(front: Front) -> None:
    one = await front.goods.ask((SHOES, 1), key="k1", reason=Reason.DAMAGED)
    two = await front.goods.ask((COAT, 1), key="k2", reason=Reason.DAMAGED)
    assert one.needs_human
    assert two.needs_human
    approved = await post(front, f"returns/{one.number}/approve")
    assert approved.json()["status"] == "awaiting_parcel"
    broken: list[Any] = [{}, {"reason": ""}, {"reason": 5}, {"reason": "x" * 501}, {"reason": "\x00"}, []]
    for body in broken:
        assert code_of(await post(front, f"returns/{two.number}/reject", json=body)) == (400, "bad_request")
    rejected = await post(front, f"returns/{two.number}/reject", json={"reason": "no photo"})
    assert rejected.json()["status"] == "rejected"
    assert code_of(await post(front, f"returns/{two.number}/approve")) == (409, "conflict")


async def test_a_case_is_listed_until_it_is_closed(front: Front) -> None:
    case = await file_case(
        front.goods.ctx,
        conversation_id="conv-1",
        customer_id="c-lin",
        kind=CaseKind.HANDOVER,
        reason="handoff",
        summary="wants a person",
        key="k1",
        promise=timedelta(hours=24),
    )
    assert [entry["number"] for entry in (await get(front, "cases"))["cases"]] == [case.number]
    for _ in range(2):
        closed = await post(front, f"cases/{case.number}/close")
        assert closed.json()["closed_at"] is not None
    assert (await get(front, "cases"))["cases"] == []


async def test_what_does_not_exist_is_not_found(front: Front) -> None:
    for name in ("RT0", "%00", "a%20b", "x" * 300, "..%2f"):
        for path in (
            f"returns/{name}/receive",
            f"returns/{name}/refund-again",
            f"returns/{name}/close",
            f"cases/{name}/close",
            f"refunds/{name}/approve",
        ):
            assert code_of(await post(front, path)) == (404, "not_found"), path


async def test_broken_questions_are_bad_requests(front: Front) -> None:
    for query in ("state=nothing", "state=%00", "limit=0", "limit=201", "limit=x", "limit=99999999999999999999"):
        response = await front.client.get(f"/api/merchant/returns?{query}", headers=KEY)
        assert code_of(response) == (400, "bad_request"), query


async def test_a_refund_that_failed_is_recorded_as_paid_by_hand(front: Front) -> None:
    item = await front.goods.arrived((SOCKS, 1))
    front.goods.payments.before.append(ProviderRejected("too_old"))
    await submit_due(front.goods.ctx)
    (refund,) = (await get(front, f"returns/{item.number}"))["refunds"]
    address = f"refunds/{refund['id']}/paid-by-hand"
    for wrong in ({}, {"reference": " "}, {"reference": "x" * 201}):
        assert code_of(await post(front, address, json=wrong)) == (400, "bad_request")
    paid = (await post(front, address, json={"reference": "bank 4711"})).json()
    assert (paid["status"], paid["by_hand"]) == ("succeeded", True)
    assert paid["cause"] == {"kind": "return", "number": item.number}
    assert (await get(front, f"returns/{item.number}"))["status"] == "closed"
