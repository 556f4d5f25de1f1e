from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from aftersales.domain.conversations import Owner
from aftersales.domain.errors import NotFound
from aftersales.services.sessions import (
    close_session,
    forget_expired_sessions,
    open_session,
    resume_session,
    use_site_token,
)
from aftersales.services.verification import start_verification
from tests.databases import DATABASES
from tests.talks import World, open_world


@pytest.fixture(params=DATABASES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(request.param, tmp_path) as opened:
        yield opened


async def test_a_token_opens_its_own_conversation_only(world: World) -> None:
    first, one = await open_session(world.ctx, channel="web", language="en", customer_id=None)
    second, two = await open_session(world.ctx, channel="web", language=None, customer_id="c-lin")
    assert await resume_session(world.ctx, token=first) == one
    assert await resume_session(world.ctx, token=second) == two
    assert (one.owner, one.language, one.customer_id) == (Owner.BOT, "en", None)
    assert (two.language, two.language_fixed, two.customer_id) == ("zh", False, "c-lin")
    assert first != second


@pytest.mark.parametrize("token", ["", "unknown", "\ud800", "x" * 100_000])
async def test_an_unknown_token_opens_nothing(world: World, token: str) -> None:
    with pytest.raises(NotFound):
        await resume_session(world.ctx, token=token)
    await close_session(world.ctx, token=token)


async def test_the_token_itself_is_not_in_the_database(world: World) -> None:
    token, _ = await open_session(world.ctx, channel="web", language="en", customer_id=None)
    async with world.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM chat_sessions"))).all()
    assert len(rows) == 1
    assert token not in str(rows)


@pytest.mark.parametrize(("customer_id", "hours"), [(None, 30 * 24), ("c-lin", 24)])
async def test_a_session_ends_in_its_time(world: World, customer_id: str | None, hours: int) -> None:
    token, _ = await open_session(world.ctx, channel="web", language="en", customer_id=customer_id)
    world.clock.advance(hours=hours, seconds=-1)
    await forget_expired_sessions(world.ctx)
    await resume_session(world.ctx, token=token)
    world.clock.advance(seconds=1)
    with pytest.raises(NotFound):
        await resume_session(world.ctx, token=token)
    await forget_expired_sessions(world.ctx)
    async with world.engine.connect() as connection:
        assert (await connection.execute(text("SELECT * FROM chat_sessions"))).all() == []


async def test_signing_out_leaves_nothing_to_open(world: World) -> None:
    token, talk = await open_session(world.ctx, channel="web", language="en", customer_id="c-lin")
    await start_verification(
        world.ctx,
        conversation_id=talk.id,
        number="RD2026110100001",
        contact="lin@example.com",
        message_id="m1",
    )
    await close_session(world.ctx, token=token)
    await close_session(world.ctx, token=token)
    with pytest.raises(NotFound):
        await resume_session(world.ctx, token=token)
    closed = await world.now(talk)
    assert (closed.owner, closed.epoch) == (Owner.CLOSED, talk.epoch + 1)
    async with world.ctx.unit_of_work() as uow:
        assert await uow.codes.get(talk.id) is None
    [entry] = await world.journal(talk, "sign_out")
    assert entry.actor == "customer:c-lin"


async def test_a_site_token_is_used_once_also_in_parallel(world: World) -> None:
    expires = world.clock.now() + timedelta(minutes=5)
    uses = (use_site_token(world.ctx, token_id="jti-" + "x" * 500, expires_at=expires) for _ in range(8))
    assert sorted(await asyncio.gather(*uses)) == [False] * 7 + [True]
    assert await use_site_token(world.ctx, token_id="another", expires_at=expires)


async def test_opening_a_conversation_by_its_token_waits_for_no_writer(world: World) -> None:
    token, talk = await open_session(world.ctx, channel="web", language="en", customer_id=None)
    async with world.ctx.unit_of_work() as uow, asyncio.timeout(5):
        await uow.conversations.lock(talk.id)
        assert (await resume_session(world.ctx, token=token)).id == talk.id
