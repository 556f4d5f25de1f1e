"""What a shop's own refund service tells by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from aftersales.domain.refunds import RefundState
from aftersales.services.refund_submission import submit_due
from tests.databases import DATABASES
from tests.fronts import Front, open_front
from tests.goods import SOCKS

TOKEN = "token-of-the-tests-0123456789abcdef"
DONE = {"reference": "r1", "status": "succeeded", "amount": "30.00", "currency": "CNY"}


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    service = {"refund_service_url": "https://refunds.example", "refund_service_token": SecretStr(TOKEN)}
    async with open_front(tmp_path, kind=request.param, **service) as front:
        yield front


async def tell(front: Front, key: str, told: object = DONE, *, token: str = TOKEN) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await front.client.put(f"/connect/refund-service/refunds/{key}", json=told, headers=headers)


async def test_a_refund_that_is_told_of_twice_is_settled_once(front: Front) -> None:
    item = await front.goods.arrived((SOCKS, 1))
    [refund] = await front.goods.refunds(item)
    assert [(await tell(front, refund.id)).status_code for _ in range(2)] == [204, 204]
    [settled] = await front.goods.refunds(item)
    assert (settled.state, settled.provider_reference) == (RefundState.SUCCEEDED, "r1")
    await submit_due(front.goods.ctx)
    assert front.goods.payments.calls == []
    assert (await front.goods.news()).count("utter_refunds_succeeded") == 1


async def test_another_amount_is_not_taken_in(front: Front) -> None:
    item = await front.goods.arrived((SOCKS, 1))
    [refund] = await front.goods.refunds(item)
    assert (await tell(front, refund.id, DONE | {"amount": "31.00"})).status_code == 204
    [disputed] = await front.goods.refunds(item)
    assert disputed.state is not RefundState.SUCCEEDED


async def test_what_is_no_refund_of_ours_is_refused(front: Front) -> None:
    item = await front.goods.arrived((SOCKS, 1))
    [refund] = await front.goods.refunds(item)
    for token in ("x", TOKEN[:-1], TOKEN + "x"):
        assert (await tell(front, refund.id, token=token)).status_code == 401
    assert (await tell(front, "0" * 32)).status_code == 404
    assert (await tell(front, "a.b")).status_code == 404
    for told in ({}, [DONE], DONE | {"amount": 30}, DONE | {"status": "paid"}):
        assert (await tell(front, refund.id, told)).status_code == 400
    [untouched] = await front.goods.refunds(item)
    assert untouched.state is RefundState.CREATED


async def test_without_such_a_service_there_is_nowhere_to_tell(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        assert (await tell(front, "0" * 32)).status_code == 404
