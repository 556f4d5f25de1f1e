"""Addresses that mails came back from: counted, given up, cleared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aftersales.domain.bounces import BounceKind, address_hash
from aftersales.services.bounces import clear_bounces, is_given_up, note_bounce
from tests.databases import DATABASES
from tests.goods import Goods, open_goods

LIN = "lin@example.com"


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def given_up(goods: Goods, address: str) -> bool:
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        return await is_given_up(uow, address)


async def test_an_address_is_given_up_after_one_hard_bounce_and_no_soft_one_mends_it(goods: Goods) -> None:
    for kind, expected in ((BounceKind.SOFT, False), (BounceKind.HARD, True), (BounceKind.SOFT, True)):
        await note_bounce(goods.ctx, address=LIN, kind=kind, channel="smtp")
        assert await given_up(goods, "Lin@Example.com ") is expected
    assert not await given_up(goods, "lin@elsewhere.example")
    entries = await goods.journal("mail_address", address_hash(LIN))
    assert [(entry.from_state, entry.to_state, entry.detail["count"]) for entry in entries] == [
        (None, "soft", 1),
        ("soft", "hard", 2),
        ("hard", "hard", 3),
    ]
    assert LIN not in str(entries)


async def test_an_address_that_works_again_is_cleared(goods: Goods) -> None:
    await clear_bounces(goods.ctx, address=LIN, channel="notice")
    await note_bounce(goods.ctx, address=LIN, kind=BounceKind.HARD, channel="smtp")
    await clear_bounces(goods.ctx, address=LIN, channel="notice")
    assert not await given_up(goods, LIN)
    entries = await goods.journal("mail_address", address_hash(LIN))
    assert [entry.to_state for entry in entries] == ["hard", "cleared"]
