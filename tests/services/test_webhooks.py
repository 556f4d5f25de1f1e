"""Merchants' systems are told of every change: once written down, in order, signed, until they have it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.journal import Entry
from aftersales.domain.webhooks import PAUSES, DeliveryState, Endpoint, Off, WebhookDelivery
from aftersales.ports import Reception, WebhookSender
from aftersales.services import webhooks
from aftersales.services.moves import By
from aftersales.services.overview import find_return
from aftersales.services.returns import receive_return
from aftersales.services.sealing import seal_due
from aftersales.services.webhook_deliveries import forget_deliveries, send_due, write_deliveries
from aftersales.services.webhooks import Told
from connectors.web.payloads import instant
from connectors.webhooks.sender import HttpWebhookSender
from runtime.merchant_json import return_json
from runtime.snapshots import describe
from tests.databases import DATABASES
from tests.goods import SHOES, SOCKS, Goods, open_goods
from tests.receivers import Receiver, open_receiver

KEY = b"account key of the tests"
BY = By("agent:owner", "desk")


@dataclass(frozen=True, slots=True)
class Scene:
    """A shop whose changes a receiver is told of."""

    goods: Goods
    receiver: Receiver
    sender: HttpWebhookSender

    async def listen(self, *events: str) -> Told:
        return await webhooks.add_endpoint(
            self.goods.ctx, url=self.receiver.url, events=events, key=KEY, local=True, by=BY
        )

    async def write(self) -> int:
        """Seals and writes down what is new."""
        while await seal_due(self.goods.ctx, key=b"audit"):
            pass
        return await write_deliveries(self.goods.ctx, describe)

    async def send(self, sender: WebhookSender | None = None) -> int:
        return await send_due(self.goods.ctx, sender or self.sender, key=KEY)

    async def tell(self) -> None:
        """As often as there is something to do at this moment."""
        await self.write()
        while await self.send():
            pass

    async def endpoint(self, told: Told) -> Endpoint:
        return await webhooks.read_endpoint(self.goods.ctx, endpoint_id=told.endpoint.id)

    async def deliveries(self, told: Told) -> list[WebhookDelivery]:
        """Oldest first."""
        found = await webhooks.deliveries(
            self.goods.ctx, endpoint_id=told.endpoint.id, before=None, state=None, limit=100
        )
        return list(reversed(found))


@asynccontextmanager
async def open_scene(kind: str, folder: Path, *, timeout: float = 5.0) -> AsyncIterator[Scene]:
    sender = HttpWebhookSender(local=True, timeout=timeout)
    async with open_goods(kind, folder) as goods, open_receiver() as receiver, sender:
        yield Scene(goods, receiver, sender)


@pytest.fixture(params=DATABASES)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as scene:
        yield scene


async def test_every_change_of_a_return_is_told_in_order_and_signed(scene: Scene) -> None:
    told = await scene.listen()
    item = await scene.goods.arrived((SOCKS, 1))
    await scene.tell()
    journal = await scene.goods.journal("return", item.id)
    mine = [got.event for got in scene.receiver.got if got.event["subject"]["id"] == item.id]
    assert [event["type"] for event in mine] == [f"return.{entry.to_state}" for entry in journal]
    assert [event["sequence"] for event in mine] == list(range(1, len(journal) + 1))
    assert [event["change"]["actor"] for event in mine] == [entry.actor for entry in journal]
    assert {event["subject"]["number"] for event in mine} == {item.number}
    assert mine[-1]["data"] == return_json(await find_return(scene.goods.ctx, number=item.number))
    assert "refund.created" in scene.receiver.types
    assert "promise.open" in scene.receiver.types
    for got in scene.receiver.got:
        assert got.is_signed_with(told.secret)
        assert not got.is_signed_with("whsec_" + "A" * 44)
        assert got.id == got.event["id"]
        assert int(got.headers["webhook-timestamp"]) == int(scene.goods.clock.now().timestamp())
    assert len({got.id for got in scene.receiver.got}) == len(scene.receiver.got)


async def test_what_happened_before_and_what_is_not_listened_to_is_not_told(scene: Scene) -> None:
    await scene.goods.ask((SOCKS, 1), key="k1")
    await scene.write()
    await scene.listen("refund.created", "case.*")
    await scene.goods.arrived((SHOES, 1), key="k2")
    await scene.tell()
    assert set(scene.receiver.types) == {"refund.created"}


async def test_nothing_is_written_down_twice_by_workers_side_by_side(scene: Scene) -> None:
    told = await scene.listen()
    await scene.goods.arrived((SOCKS, 1))
    while await seal_due(scene.goods.ctx, key=b"audit"):
        pass
    await asyncio.gather(*(write_deliveries(scene.goods.ctx, describe) for _ in range(5)))
    await scene.write()
    ids = [one.event_id for one in await scene.deliveries(told)]
    assert len(ids) == len(set(ids)) > 5


async def test_an_entry_that_is_committed_after_a_later_one_is_told_too(scene: Scene) -> None:
    """On PostgreSQL; SQLite lets the second wait for the first."""
    await scene.listen("case.*")
    written, ctx = asyncio.Event(), scene.goods.ctx

    async def slow() -> None:
        async with ctx.unit_of_work() as uow:
            await uow.journal.add(_entry("slow", ctx.clock.now()))
            written.set()
            await asyncio.sleep(0.5)

    task = asyncio.create_task(slow())
    await written.wait()
    async with ctx.unit_of_work() as uow:
        await uow.journal.add(_entry("quick", ctx.clock.now()))
    await scene.tell()
    await task
    await scene.tell()
    assert sorted(got.event["subject"]["id"] for got in scene.receiver.got) == ["quick", "slow"]
    assert scene.receiver.got[0].event["data"] is None


async def test_the_next_of_a_lane_waits_for_the_one_before_and_other_lanes_do_not(scene: Scene) -> None:
    told = await scene.listen("return.*")
    one = await scene.goods.arrived((SOCKS, 1), key="k1")
    await scene.write()
    scene.receiver.fail(500)
    await scene.send()
    assert [got.type for got in scene.receiver.got] == ["return.requested"]
    assert await scene.send() == 0
    two = await scene.goods.ask((SHOES, 1), key="k2")
    await scene.tell()
    others = [got.event["subject"]["id"] for got in scene.receiver.got[1:]]
    assert set(others) == {two.id}
    first = (await scene.deliveries(told))[0]
    assert (first.status, first.attempts, first.state) == (500, 1, DeliveryState.WAITING)
    scene.goods.clock.advance(seconds=6)
    await scene.tell()
    mine = [got for got in scene.receiver.got if got.event["subject"]["id"] == one.id]
    assert (mine[0].id, mine[0].body) == (mine[1].id, mine[1].body)
    assert [got.event["sequence"] for got in mine[1:]] == list(range(1, len(mine)))
    assert (await scene.endpoint(told)).failing_since is None


async def test_after_seven_pauses_it_is_given_up_and_the_next_is_tried(scene: Scene) -> None:
    told = await scene.listen("return.requested", "return.approved")
    await scene.goods.ask((SOCKS, 1))
    await scene.write()
    scene.receiver.fail(503, times=8)
    for pause in (*PAUSES, timedelta()):
        assert await scene.send() == 1
        scene.goods.clock.advance(seconds=pause.total_seconds() * 1.2)
    first, second = await scene.deliveries(told)
    assert (first.state, first.attempts, first.body) == (DeliveryState.GIVEN_UP, 8, "")
    await scene.tell()
    assert scene.receiver.types == ["return.requested"] * 8 + ["return.approved"]
    assert (await scene.deliveries(told))[1].state is DeliveryState.DELIVERED
    assert second.state is DeliveryState.WAITING


async def test_one_that_fails_for_three_days_is_switched_off_and_a_case_tells_the_shop(scene: Scene) -> None:
    told = await scene.listen("return.*")
    await scene.goods.ask((SOCKS, 1))
    await scene.write()
    scene.receiver.fail(500, times=100)
    for _ in range(30):
        await scene.send()
        scene.goods.clock.advance(hours=4)
    endpoint = await scene.endpoint(told)
    assert endpoint.off is Off.FAILING
    assert [case.reason for case in await scene.goods.cases()] == ["webhook_off"]
    assert [entry.to_state for entry in await scene.goods.journal("webhook", endpoint.id)] == ["on", "failing"]
    tried = len(scene.receiver.got)
    await scene.tell()
    assert len(scene.receiver.got) == tried


async def test_one_that_is_gone_is_switched_off_at_once_and_told_the_rest_once_it_is_back(scene: Scene) -> None:
    told = await scene.listen("return.*")
    item = await scene.goods.ask((SOCKS, 1))
    scene.receiver.fail(410)
    await scene.tell()
    assert (await scene.endpoint(told)).off is Off.GONE
    assert [case.reason for case in await scene.goods.cases()] == ["webhook_off"]
    await receive_return(scene.goods.ctx, number=item.number, actor="agent:a1")
    await scene.tell()
    assert len(scene.receiver.got) == 1
    await webhooks.switch_endpoint(scene.goods.ctx, endpoint_id=told.endpoint.id, on=True, by=BY)
    scene.goods.clock.advance(seconds=6)
    await scene.tell()
    journal = await scene.goods.journal("return", item.id)
    assert scene.receiver.types[1:] == [f"return.{entry.to_state}" for entry in journal]


class Killed(BaseException):
    """The process ends between the sending and the noting of it."""


class KilledAfterSending:
    def __init__(self, sender: WebhookSender) -> None:
        self._sender = sender

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reception:
        await self._sender.post(url, headers=headers, body=body)
        raise Killed


async def test_a_worker_killed_after_sending_leads_to_the_same_id_once_more(scene: Scene) -> None:
    told = await scene.listen("return.requested")
    await scene.goods.ask((SOCKS, 1))
    await scene.write()
    with pytest.raises(Killed):
        await scene.send(KilledAfterSending(scene.sender))
    assert await scene.send() == 0
    scene.goods.clock.advance(seconds=61)
    assert await scene.send() == 1
    one, again = scene.receiver.got
    assert (one.id, one.body) == (again.id, again.body)
    (delivery,) = await scene.deliveries(told)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)


async def test_two_workers_and_a_receiver_that_often_fails_keep_the_order_of_each_lane(scene: Scene) -> None:
    told = await scene.listen()
    for index in range(2):
        await scene.goods.arrived((SHOES, 1), key=f"k{index}")
    await scene.write()
    scene.receiver.moods = Random(4711)
    open_ones: list[WebhookDelivery] | None = None
    for _ in range(200):
        await asyncio.gather(scene.send(), scene.send())
        open_ones = [one for one in await scene.deliveries(told) if one.state is DeliveryState.WAITING]
        if not open_ones:
            break
        scene.goods.clock.advance(minutes=3)
    assert open_ones == []
    seen: dict[str, list[int]] = defaultdict(list)
    for got in scene.receiver.got:
        event: dict[str, Any] = got.event
        seen[event["subject"]["id"]].append(event["sequence"])
    for sequences in seen.values():
        assert sorted(sequences) == sequences
        assert set(sequences) == set(range(1, max(sequences) + 1))
    assert len(seen) > 2


async def test_a_slow_endpoint_holds_up_no_other(tmp_path: Path) -> None:
    async with open_scene("sqlite", tmp_path, timeout=1.0) as scene, open_receiver() as quick:
        slow = await scene.listen("return.requested")
        await replace(scene, receiver=quick).listen("return.requested")
        scene.receiver.answers.append(None)
        await scene.goods.ask((SOCKS, 1))
        await scene.write()
        task = asyncio.create_task(scene.send())
        for _ in range(100):
            await asyncio.sleep(0.01)
            if quick.got:
                break
        assert not task.done()
        await task
        assert (await scene.deliveries(slow))[0].failure == "timeout"


async def test_everything_is_told_once_more_under_the_same_ids(scene: Scene) -> None:
    told = await scene.listen("return.*")
    await scene.goods.ask((SOCKS, 1), key="k1")
    scene.goods.clock.advance(hours=1)
    since = scene.goods.clock.now()
    await scene.goods.ask((SHOES, 1), key="k2")
    await scene.tell()
    later = [got.id for got in scene.receiver.got if got.event["created_at"] >= instant(since)]
    first = len(scene.receiver.got)
    await webhooks.replay(scene.goods.ctx, endpoint_id=told.endpoint.id, since=since, by=BY)
    await scene.tell()
    assert [got.id for got in scene.receiver.got[first:]] == later
    assert 0 < len(later) < first
    with pytest.raises(Invalid):
        await webhooks.replay(
            scene.goods.ctx, endpoint_id=told.endpoint.id, since=since - timedelta(days=31), by=BY
        )


async def test_for_a_day_both_secrets_sign(scene: Scene) -> None:
    old = await scene.listen("return.requested")
    new = await webhooks.rotate_secret(scene.goods.ctx, endpoint_id=old.endpoint.id, key=KEY, by=BY)
    for index, hours in enumerate((0, 25)):
        scene.goods.clock.advance(hours=hours)
        await scene.goods.ask((SHOES, 1), key=f"k{index}")
        await scene.tell()
    first, second = scene.receiver.got
    assert (first.is_signed_with(old.secret), first.is_signed_with(new.secret)) == (True, True)
    assert (second.is_signed_with(old.secret), second.is_signed_with(new.secret)) == (False, True)
    assert old.secret.removeprefix("whsec_") not in old.endpoint.secret


async def test_an_endpoint_whose_secret_cannot_be_read_any_more_fails_like_any_other(scene: Scene) -> None:
    told = await scene.listen("return.requested")
    await scene.goods.ask((SOCKS, 1))
    await scene.write()
    assert await send_due(scene.goods.ctx, scene.sender, key=b"another key") == 1
    (delivery,) = await scene.deliveries(told)
    assert (delivery.failure, scene.receiver.got) == ("secret_lost", [])
    assert (await scene.endpoint(told)).failing_since is not None


async def test_a_ping_is_sent_whatever_is_listened_to(scene: Scene) -> None:
    told = await scene.listen("return.closed")
    await webhooks.ping(scene.goods.ctx, endpoint_id=told.endpoint.id, body='{"type":"ping"}', event_id="ping_1")
    await scene.tell()
    (got,) = scene.receiver.got
    assert (got.type, got.is_signed_with(told.secret)) == ("ping", True)
    await webhooks.switch_endpoint(scene.goods.ctx, endpoint_id=told.endpoint.id, on=False, by=BY)
    with pytest.raises(Conflict):
        await webhooks.ping(scene.goods.ctx, endpoint_id=told.endpoint.id, body="{}", event_id="ping_2")


async def test_what_was_delivered_is_forgotten_after_thirty_days(scene: Scene) -> None:
    told = await scene.listen("return.requested", "return.approved")
    await scene.goods.ask((SOCKS, 1))
    await scene.write()
    await scene.send()
    assert [one.body == "" for one in await scene.deliveries(told)] == [True, False]
    scene.goods.clock.advance(days=31)
    await forget_deliveries(scene.goods.ctx)
    assert [one.state for one in await scene.deliveries(told)] == [DeliveryState.WAITING]
    await webhooks.remove_endpoint(scene.goods.ctx, endpoint_id=told.endpoint.id, by=BY)
    with pytest.raises(NotFound):
        await scene.deliveries(told)
    assert await scene.send() == 0


def _entry(case_id: str, at: Any) -> Entry:
    return Entry(
        subject="case",
        subject_id=case_id,
        actor="system",
        channel="worker",
        trigger="file",
        from_state=None,
        to_state="open",
        at=at,
    )
