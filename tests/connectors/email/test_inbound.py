"""Notices of mails that came back: who may tell them, and what they change."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from aftersales.services.bounces import is_given_up
from connectors.email.inbound import MOST_EVENTS, signature
from tests.fronts import Front, open_front

SECRET = "secret-of-the-mail-system-0123456789"
PATH = "/connect/email/bounces"


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, mail_bounce_secret=SecretStr(SECRET)) as front:
        yield front


async def tell(front: Front, told: Any, *, secret: str = SECRET, age: int = 0) -> httpx.Response:
    body = json.dumps(told).encode()
    time = str(int(front.goods.clock.now().timestamp()) - age)
    headers = {
        "X-ReturnDesk-Timestamp": time,
        "X-ReturnDesk-Signature": signature(secret, time=time, body=body),
    }
    return await front.client.post(PATH, content=body, headers=headers)


def events(*told: tuple[str, str]) -> dict[str, Any]:
    return {"events": [{"address": address, "kind": kind} for address, kind in told]}


async def given_up(front: Front, address: str) -> bool:
    async with front.goods.ctx.unit_of_work(read_only=True) as uow:
        return await is_given_up(uow, address)


async def test_hard_bounces_give_addresses_up_and_cleared_ones_come_back(front: Front) -> None:
    told = events(("Lin@example.com", "hard"), ("emma@example.com", "soft"))
    assert (await tell(front, told)).status_code == 204
    assert await given_up(front, "lin@example.com")
    assert not await given_up(front, "emma@example.com")
    assert (await tell(front, events(("lin@example.com", "cleared")))).status_code == 204
    assert not await given_up(front, "lin@example.com")


async def test_who_has_not_the_secret_changes_nothing_and_is_slowed_down(front: Front) -> None:
    told = events(("lin@example.com", "hard"))
    answers = [(await tell(front, told, secret="guess")).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert (await tell(front, told, age=301)).status_code in (401, 429)
    assert not await given_up(front, "lin@example.com")


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        {"events": "all"},
        {"events": [7]},
        events(("lin@example.com", "hard"), ("lin@example.com", "dead")),
        events(("lin@example.com", "hard"), ("nobody", "hard")),
        events(*[("lin@example.com", "hard")] * (MOST_EVENTS + 1)),
    ],
    ids=["nothing", "list", "words", "number", "kind", "address", "many"],
)
async def test_of_a_notice_that_is_none_nothing_is_taken(front: Front, told: Any) -> None:
    assert (await tell(front, told)).status_code == 400
    assert not await given_up(front, "lin@example.com")


async def test_without_a_secret_there_is_no_such_address(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        assert (await tell(front, events(("lin@example.com", "hard")))).status_code == 404
