"""Clocks of cases at work: told by the worker, seen at the desk in their order, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.case_clocks import due_at, notices
from aftersales.domain.cases import Case, CaseKind, CaseState, NoteKind, Severity
from aftersales.services.case_clocks import watch_clocks
from aftersales.services.case_desk import write_about_case
from aftersales.services.cases import close_case, file_case, open_cases
from aftersales.services.complaints import Visitor, add_to_case, file_customer_case
from aftersales.services.sessions import open_session
from tests.databases import DATABASES
from tests.goods import Goods, open_goods


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def file(goods: Goods, key: str = "k", **changes: Any) -> tuple[Case, Visitor]:
    """A complaint about the service: answered within 24 hours, resolved within 72."""
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id="c-lin")
    visitor = Visitor(conversation_id=talk.id, customer_id="c-lin")
    wanted: dict[str, Any] = {"kind": CaseKind.COMPLAINT, "reason": "service", "details": "没人理我", "key": key}
    return await file_customer_case(goods.ctx, visitor, **(wanted | changes)), visitor


async def write(goods: Goods, case: Case, kind: NoteKind) -> Case:
    key = f"{kind.value}-{goods.clock.now():%H%M%S}"
    return await write_about_case(goods.ctx, number=case.number, kind=kind, text="x", key=key, actor="agent:a")


async def notes_of(goods: Goods, case: Case) -> list[tuple[str, str, str]]:
    entries = await goods.journal("case", case.id)
    return [
        (entry.trigger, entry.detail["clock"], entry.detail["severity"])
        for entry in entries
        if entry.trigger in ("soon", "breach")
    ]


async def test_what_is_nearly_over_and_what_is_over_are_noted_once_each(goods: Goods) -> None:
    case, _ = await file(goods)
    for _ in range(80):
        await watch_clocks(goods.ctx)
        goods.clock.advance(hours=1)
    assert await notes_of(goods, case) == [
        ("soon", "first", "normal"),
        ("breach", "first", "high"),
        ("soon", "resolution", "high"),
        ("breach", "resolution", "urgent"),
    ]
    assert await watch_clocks(goods.ctx) == 0


async def test_an_urgent_case_has_less_time_to_be_resolved(goods: Goods) -> None:
    urgent, _ = await file(goods, reason="quality", severity=Severity.URGENT)
    usual, _ = await file(goods, "k2", reason="quality")
    assert urgent.resolution is not None
    assert usual.resolution is not None
    assert urgent.resolution.due == goods.clock.now() + timedelta(hours=72)
    assert usual.resolution.due == goods.clock.now() + timedelta(hours=168)


async def test_the_clock_rests_until_the_customer_has_answered(goods: Goods) -> None:
    case, visitor = await file(goods)
    goods.clock.advance(hours=10)
    await write(goods, case, NoteKind.QUESTION)
    goods.clock.advance(days=30)
    assert await watch_clocks(goods.ctx) == 0
    heard = await add_to_case(goods.ctx, visitor, number=case.number, text="是昨天", key="m2")
    assert due_at(heard) == goods.clock.now() + timedelta(hours=62)
    goods.clock.advance(hours=63)
    await watch_clocks(goods.ctx)
    assert await notes_of(goods, case) == [("breach", "resolution", "high")]


async def test_nothing_is_noted_of_what_is_resolved_or_closed(goods: Goods) -> None:
    resolved, _ = await file(goods)
    closed, _ = await file(goods, "k2")
    await write(goods, resolved, NoteKind.RESOLUTION)
    await close_case(goods.ctx, number=closed.number, actor="agent:a")
    goods.clock.advance(days=30)
    assert await watch_clocks(goods.ctx) == 0


async def test_the_list_and_the_worker_see_what_the_clocks_say(goods: Goods) -> None:
    """SQL and domain.case_clocks tell the same of cases in every state, at every time."""
    for number in range(4):
        case, visitor = await file(goods, f"k{number}", reason=("service", "quality")[number % 2])
        if number > 1:
            await write(goods, case, NoteKind.QUESTION)
            goods.clock.advance(hours=7)
        if number > 2:
            await add_to_case(goods.ctx, visitor, number=case.number, text="x", key="m")
    await file_case(
        goods.ctx,
        conversation_id="",
        customer_id=None,
        kind=CaseKind.APPROVAL,
        reason="return_approval",
        summary="",
        key="own",
        promise=timedelta(hours=24),
    )
    for _ in range(12):
        now = goods.clock.now()
        shown = await open_cases(goods.ctx)
        due = [due_at(case) for case in shown]
        timed = [moment for moment in due if moment is not None]
        assert due == [*sorted(timed), *[None] * (len(due) - len(timed))]
        overdue = [case.number for case in shown if (moment := due_at(case)) and moment < now]
        assert [case.number for case in await open_cases(goods.ctx, pressing="overdue")] == overdue
        soon = await open_cases(goods.ctx, pressing="soon")
        assert not {case.number for case in soon} & set(overdue)
        async with goods.ctx.unit_of_work() as uow:
            found = {case.number for case in await uow.cases.with_clock_due(now=now)}
        assert found == {case.number for case in shown if notices(case, at=now)}
        await watch_clocks(goods.ctx)
        goods.clock.advance(hours=17)


async def test_a_case_comes_back_with_its_clocks(goods: Goods) -> None:
    case, _ = await file(goods)
    goods.clock.advance(hours=20)
    await watch_clocks(goods.ctx)
    asked = await write(goods, case, NoteKind.QUESTION)
    async with goods.ctx.unit_of_work() as uow:
        read = await uow.cases.by_number(case.number)
    assert read == asked
    assert read.state is CaseState.WAITING_CUSTOMER
    assert read.first is not None
    assert (read.first.warned_at, read.answered_at, read.paused_since) == (goods.clock.now(),) * 3
