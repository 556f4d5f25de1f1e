"""A thousand pushes at once, as WeChat may send them when it has lost its patience."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from runtime.channels import open_channels
from tests.connectors.wechat.pushing import APP_ID, sealed, written
from tests.connectors.wechat.simulator import simulated_account
from tests.connectors.working import work
from tests.databases import DATABASES
from tests.fakes import FrozenClock
from tests.fronts import open_front, serving

CUSTOMERS, MESSAGES, REPETITIONS = 35, 20, 300


@pytest.mark.timeout(400)  # two fronts write into one file
@pytest.mark.parametrize("kind", DATABASES)
async def test_of_a_thousand_pushes_told_to_two_fronts_each_is_answered_once_and_in_order(
    kind: str, tmp_path: Path
) -> None:
    clock, chance = FrozenClock(), random.Random(6)
    async with (
        simulated_account(clock) as account,
        open_front(tmp_path, kind=kind, clock=clock, **account.settings) as front,
        serving(front.settings, front.goods.ctx, front.bot) as (second, _app),
        httpx.AsyncClient() as client,
    ):
        pushes = [
            (number * CUSTOMERS + customer, f"o{customer}", f"{number}")
            for customer in range(CUSTOMERS)
            for number in range(MESSAGES)
        ]
        told = pushes + chance.choices(pushes, k=REPETITIONS)
        chance.shuffle(told)
        for customer in range(CUSTOMERS):
            account.customer(f"o{customer}").person.grant(5, timedelta(hours=48), at=clock.now())

        async def push(index: int, url: str) -> None:
            for number, openid, text in told[index::4]:
                fields = {
                    "ToUserName": "gh_x",
                    "FromUserName": openid,
                    "CreateTime": int(clock.now().timestamp()) - MESSAGES + int(text),
                    "MsgType": "text",
                    "Content": text,
                    "MsgId": 24_086_087_575_000_000 + number,
                }
                query, body = sealed(written(fields, "xml"), at=clock.now(), openid=openid)
                answer = await client.post(
                    f"{url}/connect/wechat/{APP_ID}", params=query, content=body, timeout=30
                )
                assert (answer.status_code, answer.text) == (200, "success")

        await asyncio.gather(*(push(index, (front.url, second)[index % 2]) for index in range(4)))
        async with open_channels(front.settings, clock=clock) as channels:
            await work(front, channels, folder=tmp_path / "attachments", rounds=4)

    heard: dict[str, list[int]] = defaultdict(list)
    for turn in front.bot.turns:
        heard[turn.session].append(int(turn.text))
    assert list(heard.values()) == [list(range(MESSAGES))] * CUSTOMERS
    shown = [account.customer(f"o{customer}").received for customer in range(CUSTOMERS)]
    assert [len(received) for received in shown] == [1] * CUSTOMERS
    everything = "\n\n".join(f"text: {number}" for number in range(MESSAGES))
    assert {received[0].text for received in shown} == {everything}
