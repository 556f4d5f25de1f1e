"""Who looked at a talk, a case or an order at the desk stands in the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.cases import CaseKind
from aftersales.services.cases import file_case
from aftersales.services.sightings import note_sighting
from tests.desk.agents import agent, wants_a_person
from tests.fronts import Front, open_front
from tests.goods import NUMBER


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def sightings(front: Front, what: str) -> list[str]:
    async with front.goods.ctx.unit_of_work() as uow:
        return [entry.actor for entry in await uow.journal.of("sighting", what)]


async def test_whoever_opens_a_talk_is_noted_once_an_hour(front: Front) -> None:
    async with agent(front) as wei, agent(front, "li") as li:
        _, chat = await wants_a_person(front)
        for one in (wei, wei, li):
            await one.look(f"chats/{chat}")
        assert await sightings(front, f"conversation:{chat}") == ["agent:wei", "agent:li"]
        front.goods.clock.advance(hours=1)
        await note_sighting(front.goods.ctx, wei.account, "conversation", chat)
        assert await sightings(front, f"conversation:{chat}") == ["agent:wei", "agent:li", "agent:wei"]


async def test_whoever_opens_a_case_or_a_statement_or_searches_is_noted(front: Front) -> None:
    case = await file_case(
        front.goods.ctx,
        conversation_id="conv-1",
        customer_id="c-lin",
        kind=CaseKind.COMPLAINT,
        reason="service",
        summary="slow",
        key="k1",
        promise=timedelta(hours=24),
    )
    async with agent(front) as wei:
        await wei.look(f"cases/{case.number}")
        await wei.look(f"orders/{NUMBER}/statement")
        await wei.look("chats/search")
    assert await sightings(front, f"case:{case.number}") == ["agent:wei"]
    assert await sightings(front, f"order:{NUMBER}") == ["agent:wei"]
    assert await sightings(front, "search:talks") == ["agent:wei"]


async def test_what_is_not_there_was_not_seen(front: Front) -> None:
    async with agent(front) as wei:
        await wei.look("cases/CS2026112199999")
        await wei.look("orders/NOTHERE/statement")
    assert not await sightings(front, "case:CS2026112199999")
    assert not await sightings(front, "order:NOTHERE")
