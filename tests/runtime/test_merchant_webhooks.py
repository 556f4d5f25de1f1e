"""The merchant API's webhooks, and the worker's jobs that tell them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftersales.services.sealing import seal_due
from connectors.webhooks.sender import HttpWebhookSender
from runtime.merchant_jobs import merchant_jobs
from tests.databases import DATABASES
from tests.fronts import ACCOUNT_KEY, MERCHANT_KEY, Front, open_front
from tests.goods import SOCKS
from tests.receivers import open_receiver

KEY = {"Authorization": f"Bearer {MERCHANT_KEY}"}


@pytest.fixture(params=DATABASES)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, kind=request.param) as front:
        yield front


async def call(front: Front, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {**KEY, **options.pop("headers", {})}
    return await front.client.request(method, f"/api/merchant/webhooks{path}", headers=headers, **options)


async def work(front: Front) -> None:
    """What the worker does for webhooks, once."""
    await seal_due(front.goods.ctx, key=b"audit")
    async with HttpWebhookSender(local=True) as sender:
        for job in merchant_jobs(front.goods.ctx, sender, key=ACCOUNT_KEY.encode()):
            await job.run()


async def test_a_program_is_told_what_it_asked_to_be_told(front: Front) -> None:
    async with open_receiver() as receiver:
        made = await call(front, "POST", "", json={"url": receiver.url, "events": ["return.requested"]})
        assert made.status_code == 201, made.text
        webhook = made.json()
        secret = webhook.pop("secret")
        assert (await call(front, "GET", "")).json() == {"webhooks": [webhook]}
        assert (await call(front, "GET", f"/{webhook['id']}")).json() == webhook
        item = await front.goods.ask((SOCKS, 1))
        await work(front)
        (got,) = receiver.got
        assert (got.type, got.event["data"]["number"]) == ("return.requested", item.number)
        assert got.is_signed_with(secret)
        ping = await call(front, "POST", f"/{webhook['id']}/ping")
        assert ping.status_code == 202
        await work(front)
        assert receiver.got[-1].event == ping.json()
        page = (await call(front, "GET", f"/{webhook['id']}/deliveries?limit=1")).json()
        assert [one["type"] for one in page["deliveries"]] == ["ping"]
        rest = (
            await call(front, "GET", f"/{webhook['id']}/deliveries?after={page['next']}&state=delivered")
        ).json()
        assert [(one["event_id"], one["status"]) for one in rest["deliveries"]] == [(got.id, 204)]
        assert rest["next"] is None
        again = await call(front, "POST", f"/{webhook['id']}/replay", params={"since": "2026-11-21T00:00:00Z"})
        assert again.status_code == 202, again.text
        await work(front)
        assert receiver.got[-1].id == got.id
        assert (await call(front, "DELETE", f"/{webhook['id']}")).status_code == 200
        assert (await call(front, "GET", "")).json() == {"webhooks": []}


async def test_a_repeated_request_for_a_secret_is_told_the_same_one(front: Front) -> None:
    named = {"Idempotency-Key": "k1"}
    body = {"url": "https://erp.example.com/hooks"}
    one, again = [(await call(front, "POST", "", json=body, headers=named)).json() for _ in range(2)]
    assert one == again
    rotated = [
        (await call(front, "POST", f"/{one['id']}/rotate", headers={"Idempotency-Key": "k2"})).json()["secret"]
        for _ in range(2)
    ]
    assert rotated[0] == rotated[1] != one["secret"]
    off = (await call(front, "POST", f"/{one['id']}/disable")).json()
    assert (off["active"], off["off"]) == (False, "by_hand")
    assert (await call(front, "POST", f"/{one['id']}/ping")).status_code == 409
    assert (await call(front, "POST", f"/{one['id']}/enable")).json()["active"] is True


async def test_what_cannot_be_a_webhook_is_refused(front: Front) -> None:
    good = "https://erp.example.com/hooks"
    bodies: list[Any] = [
        {},
        {"url": 5},
        {"url": "http://erp.example.com/"},
        {"url": "https://u:p@erp.example.com"},
    ]
    bodies += [{"url": good, "events": events} for events in ("return.*", [5], ["order.*"], ["return.*"] * 51)]
    for body in bodies:
        answer = await call(front, "POST", "", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), body
    made = (await call(front, "POST", "", json={"url": good})).json()["id"]
    for path in (f"/{made}/replay", f"/{made}/replay?since=2020-01-01T00:00:00Z", f"/{made}/replay?since=x"):
        assert (await call(front, "POST", path)).status_code == 400
    for path in (f"/{made}/deliveries?after=x", f"/{made}/deliveries?state=x", f"/{made}/deliveries?limit=101"):
        assert (await call(front, "GET", path)).status_code == 400
    for path in ("/none", "/none/deliveries"):
        assert (await call(front, "GET", path)).status_code == 404
    for _ in range(19):
        assert (await call(front, "POST", "", json={"url": good})).status_code == 201
    assert (await call(front, "POST", "", json={"url": good})).status_code == 409
