"""What is relied on in the store of access tokens to messaging apps."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.ports import ChannelToken
from aftersales.stores.channel_tokens import SqlTokenStore
from tests.databases import DATABASES, open_database
from tests.fakes import NOON

NAME = "wechat:wx0123456789abcdef"
SOON, LATER = NOON + timedelta(seconds=30), NOON + timedelta(seconds=60)


def token(text: str = "T" * 512) -> ChannelToken:
    return ChannelToken(token=text, fetched_at=NOON, renew_at=NOON + timedelta(hours=2))


@pytest.mark.parametrize("kind", DATABASES)
async def test_a_token_is_kept_by_name(kind: str, tmp_path: Path) -> None:
    async with open_database(kind, tmp_path) as engine:
        store = SqlTokenStore(engine)
        assert await store.get(NAME) is None
        assert await store.lease(NAME, now=NOON, until=SOON)
        assert await store.get(NAME) is None
        assert await store.save(NAME, token(), until=SOON)
        assert await store.get(NAME) == token()
        assert await store.get("wechat:other") is None


@pytest.mark.parametrize("kind", DATABASES)
async def test_one_of_many_has_the_lease(kind: str, tmp_path: Path) -> None:
    async with open_database(kind, tmp_path) as engine:
        store = SqlTokenStore(engine)
        for now, until in ((NOON, SOON), (SOON, LATER)):
            given = await asyncio.gather(*(store.lease(NAME, now=now, until=until) for _ in range(8)))
            assert sorted(given) == [False] * 7 + [True]


@pytest.mark.parametrize("kind", DATABASES)
async def test_a_lease_ends_when_it_is_let_go_of_or_by_itself(kind: str, tmp_path: Path) -> None:
    async with open_database(kind, tmp_path) as engine:
        store = SqlTokenStore(engine)
        assert await store.lease(NAME, now=NOON, until=SOON)
        await store.release(NAME, until=LATER)
        assert not await store.lease(NAME, now=NOON, until=LATER)
        await store.release(NAME, until=SOON)
        assert await store.lease(NAME, now=NOON, until=SOON)
        assert not await store.lease(NAME, now=SOON - timedelta(seconds=1), until=LATER)
        assert await store.lease(NAME, now=SOON, until=LATER)


@pytest.mark.parametrize("kind", DATABASES)
async def test_who_has_lost_the_lease_writes_nothing(kind: str, tmp_path: Path) -> None:
    async with open_database(kind, tmp_path) as engine:
        store = SqlTokenStore(engine)
        assert await store.lease(NAME, now=NOON, until=SOON)
        assert await store.lease(NAME, now=SOON, until=LATER)
        assert not await store.save(NAME, token("slow"), until=SOON)
        assert await store.save(NAME, token("fast"), until=LATER)
        await store.release(NAME, until=SOON)
        assert await store.get(NAME) == token("fast")
