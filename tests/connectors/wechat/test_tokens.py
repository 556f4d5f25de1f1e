"""The access token: shared by processes, fetched by one of them at a time, replaced once when it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.errors import ProviderRejected, Unavailable
from aftersales.stores.channel_tokens import SqlTokenStore
from connectors.wechat.tokens import Tokens
from tests.databases import DATABASES, open_database
from tests.fakes import FrozenClock

TWO_HOURS = timedelta(hours=2)


@dataclass
class Server:
    """Gives "T1", "T2" and so on; `fails` is raised instead."""

    clock: FrozenClock
    store: SqlTokenStore
    valid: timedelta = TWO_HOURS
    fetched: int = 0
    fails: Exception | None = None
    pauses: list[float] = field(default_factory=list)

    def process(self) -> Tokens:
        return Tokens("wechat:wx1", store=self.store, clock=self.clock, fetch=self.fetch, sleep=self.sleep)

    async def fetch(self) -> tuple[str, timedelta]:
        self.fetched += 1
        await asyncio.sleep(0.01)
        if self.fails is not None:
            raise self.fails
        return f"T{self.fetched}", self.valid

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0.001)


@pytest.fixture(params=DATABASES)
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    async with open_database(request.param, tmp_path) as engine:
        yield Server(FrozenClock(), SqlTokenStore(engine))


async def test_many_processes_fetch_one_token(server: Server) -> None:
    tokens = await asyncio.gather(*(server.process().current() for _ in range(6)))
    assert {token.token for token in tokens} == {"T1"}
    assert server.fetched == 1


async def test_a_token_is_renewed_shortly_before_it_ends(server: Server) -> None:
    process = server.process()
    await process.current()
    server.clock.advance(hours=1, minutes=55, seconds=59)
    assert (await process.current()).token == "T1"
    server.clock.advance(seconds=1)
    assert (await server.process().current()).token == "T2"


async def test_one_that_is_nearly_over_is_used_for_a_moment(server: Server) -> None:
    server.valid = timedelta(seconds=10)
    process = server.process()
    assert (await process.current()).token == (await process.current()).token == "T1"


async def test_a_refused_token_is_replaced_by_one_process_alone(server: Server) -> None:
    refused = await server.process().current()
    server.clock.advance(minutes=1)
    tokens = await asyncio.gather(*(server.process().instead_of(refused) for _ in range(6)))
    assert {token.token for token in tokens} == {"T2"}
    assert server.fetched == 2


async def test_a_server_that_refuses_every_token_is_not_asked_at_every_call(server: Server) -> None:
    process = server.process()
    refused = await process.current()
    for _ in range(20):
        with pytest.raises(Unavailable):
            await process.instead_of(refused)
    assert server.fetched == 1


async def test_a_process_that_dies_while_it_fetches_holds_the_others_up_for_half_a_minute(server: Server) -> None:
    await server.store.lease(
        "wechat:wx1", now=server.clock.now(), until=server.clock.now() + timedelta(seconds=30)
    )
    with pytest.raises(Unavailable):
        await server.process().current()
    assert 10 <= sum(server.pauses) <= 20
    server.clock.advance(seconds=30)
    assert (await server.process().current()).token == "T1"


@pytest.mark.parametrize("trouble", [Unavailable("status 502"), ProviderRejected("40125"), KeyError("token")])
async def test_what_goes_wrong_is_told_and_holds_nobody_up(server: Server, trouble: Exception) -> None:
    server.fails = trouble
    with pytest.raises(type(trouble)):
        await server.process().current()
    server.fails = None
    assert (await server.process().current()).token == "T2"
    assert server.pauses == []
