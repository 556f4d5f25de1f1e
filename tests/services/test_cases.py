from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.business_time import Hours, Schedule, Span
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.errors import NotFound
from aftersales.domain.texts import Language
from aftersales.services.cases import close_case, file_case, open_cases
from aftersales.services.sessions import open_session
from tests.databases import DATABASES
from tests.goods import Goods, open_goods, under


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def file(goods: Goods, key: str = "k", **changes: Any) -> Case:
    wanted: dict[str, Any] = {
        "conversation_id": "conv-1",
        "customer_id": None,
        "kind": CaseKind.COMPLAINT,
        "reason": "late_parcel",
        "summary": "SF1",
        "promise": timedelta(hours=8),
    }
    return await file_case(goods.ctx, key=key, **(wanted | changes))


async def test_a_case_is_promised_from_the_moment_it_is_filed(goods: Goods) -> None:
    case = await file(goods)
    assert case.number.startswith("CS20261121")
    assert case.promised_by == goods.clock.now() + timedelta(hours=8)


async def test_a_promise_counts_the_hours_of_those_who_speak_the_customer_s_language(goods: Goods) -> None:
    office = Schedule(week=(*[(Span(9 * 60, 18 * 60),)] * 5, (), ()))
    ctx = under(goods.ctx, hours=Hours(goods.ctx.zone, {"en": office}))
    expected: dict[Language, str] = {"en": "2026-11-24 16:00", "zh": "2026-11-22 12:00"}
    for language, promised in expected.items():
        _, talk = await open_session(ctx, channel="web", language=language, customer_id=None)
        case = await file(replace(goods, ctx=ctx), language, conversation_id=talk.id, promise=timedelta(hours=16))
        assert f"{case.promised_by.astimezone(ctx.zone):%Y-%m-%d %H:%M}" == promised


async def test_filing_twice_gives_one_case(goods: Goods) -> None:
    filed = await asyncio.gather(*(file(goods) for _ in range(5)))
    assert len({case.number for case in filed}) == 1
    assert len(await open_cases(goods.ctx)) == 1


async def test_the_case_promised_soonest_comes_first(goods: Goods) -> None:
    late = await file(goods, "late")
    soon = await file(goods, "soon", promise=timedelta(hours=1))
    assert list(await open_cases(goods.ctx)) == [soon, late]


async def test_a_closed_case_stays_closed(goods: Goods) -> None:
    case = await file(goods)
    closed = await close_case(goods.ctx, number=case.number, actor="agent:a1")
    goods.clock.advance(hours=1)
    assert await close_case(goods.ctx, number=case.number, actor="agent:a2") == closed
    assert (await file(goods)).closed_at == closed.closed_at
    assert await open_cases(goods.ctx) == []
    steps = [(e.actor, e.trigger, e.to_state) for e in await goods.journal("case", case.id)]
    assert steps == [("system", "file", "open"), ("agent:a1", "close", "closed")]


async def test_an_unknown_case_is_not_found(goods: Goods) -> None:
    with pytest.raises(NotFound):
        await close_case(goods.ctx, number="CS1", actor="agent:a1")
