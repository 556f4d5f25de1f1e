"""What is written to and pulled from the simulator, and the customer who is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aftersales.stores.channel_tokens import SqlTokenStore
from connectors.wecom.client import WeComClient, WeComSettings
from connectors.wecom.outbound import WeComChannel
from tests.connectors.wecom.customers import Customer
from tests.connectors.wecom.simulator import CORP, SECRET, WeComSimulator, open_wecom
from tests.databases import open_database
from tests.fakes import FrozenClock


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def wecom(clock: FrozenClock) -> AsyncIterator[WeComSimulator]:
    async with open_wecom(clock.now) as simulator:
        yield simulator


@pytest.fixture
async def channel(wecom: WeComSimulator, clock: FrozenClock, tmp_path: Path) -> AsyncIterator[WeComChannel]:
    settings = WeComSettings(corp_id=CORP, secret=SECRET, root=wecom.url)
    async with open_database("sqlite", tmp_path) as engine:
        client = WeComClient(settings, store=SqlTokenStore(engine), clock=clock, timeout=2)
        async with WeComChannel(client, clock) as opened:
            yield opened


@pytest.fixture
async def lin(wecom: WeComSimulator) -> Customer:
    """Who has just written."""
    customer = wecom.customer()
    await customer.says("你好")
    return customer
