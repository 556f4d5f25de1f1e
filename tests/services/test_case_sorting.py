"""Sorting cases: times follow department and severity, duplicates go on with another case."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.case_clocks import due_at
from aftersales.domain.cases import Case, CaseKind, CaseState, NoteKind, Severity
from aftersales.domain.errors import Conflict, Invalid
from aftersales.services.case_desk import write_about_case
from aftersales.services.case_sorting import duplicates_of, merge_cases, reclassify_case
from aftersales.services.case_timeline import read_timeline
from aftersales.services.cases import close_case
from aftersales.services.complaints import (
    Visitor,
    access_case,
    add_to_case,
    file_customer_case,
    list_cases,
    withdraw_case,
)
from aftersales.services.sessions import open_session
from tests.databases import DATABASES
from tests.goods import Goods, open_goods


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def visit(goods: Goods, customer_id: str | None = "c-lin") -> Visitor:
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id=customer_id)
    return Visitor(conversation_id=talk.id, customer_id=customer_id)


async def file(goods: Goods, visitor: Visitor, key: str = "k", reason: str = "quality") -> Case:
    """Quality: answered within 48 hours, resolved within 168. Service: 24 and 72. Urgent: 8 and 72."""
    return await file_customer_case(
        goods.ctx, visitor, kind=CaseKind.COMPLAINT, reason=reason, details=f"坏了 {key}", key=key
    )


async def write(goods: Goods, case: Case, kind: NoteKind, key: str = "w") -> Case:
    return await write_about_case(goods.ctx, number=case.number, kind=kind, text="x", key=key, actor="agent:a")


async def sort(goods: Goods, case: Case, **changes: Any) -> Case:
    wanted = {"severity": case.severity, "department": case.department, "reason": "分错了", **changes}
    return await reclassify_case(goods.ctx, number=case.number, actor="agent:wei", **wanted)


async def merge(goods: Goods, case: Case, into: Case) -> Case:
    return await merge_cases(goods.ctx, number=case.number, into=into.number, actor="agent:wei")


async def kept(goods: Goods, case: Case) -> list[bool]:
    """Of the case's promises: whether each was kept."""
    async with goods.ctx.unit_of_work() as uow:
        return [promise.kept_at is not None for promise in await uow.promises.of(case.id)]


async def test_an_urgent_case_is_due_as_soon_as_if_it_had_been_urgent_from_the_start(goods: Goods) -> None:
    case = await file(goods, await visit(goods))
    filed = goods.clock.now()
    goods.clock.advance(hours=2)
    sorted_case = await sort(goods, case, severity=Severity.URGENT)
    assert due_at(sorted_case) == filed + timedelta(hours=8)
    assert sorted_case.resolution is not None
    assert sorted_case.resolution.due == filed + timedelta(hours=72)
    assert sorted_case.promised_by == case.promised_by
    entry = (await goods.journal("case", case.id))[-1]
    assert (entry.actor, entry.trigger) == ("agent:wei", "reclassify")
    assert (entry.detail["why"], entry.detail["severity"]) == ("分错了", "normal > urgent")


async def test_a_slower_department_answers_no_later_than_was_promised(goods: Goods) -> None:
    case = await file(goods, await visit(goods), reason="service")
    slower = await sort(goods, case, department="finance")
    assert due_at(slower) == case.promised_by
    assert slower.resolution is not None
    assert slower.resolution.due == goods.clock.now() + timedelta(hours=240)


async def test_the_time_that_was_waited_for_the_customer_counts_under_new_times_too(goods: Goods) -> None:
    visitor = await visit(goods)
    case, filed = await file(goods, visitor), goods.clock.now()
    await write(goods, case, NoteKind.QUESTION)
    goods.clock.advance(hours=30)
    heard = await add_to_case(goods.ctx, visitor, number=case.number, text="昨天", key="m2")
    goods.clock.advance(hours=1)
    changed = await sort(goods, heard, department="service")
    assert due_at(changed) == filed + timedelta(hours=72 + 30)


async def test_sorting_needs_a_reason_a_known_department_and_a_live_case(goods: Goods) -> None:
    case = await file(goods, await visit(goods))
    for wrong in ({"reason": " ", "department": "service"}, {"department": "nobody"}):
        with pytest.raises(Invalid):
            await sort(goods, case, **wrong)
    await close_case(goods.ctx, number=case.number, actor="agent:a")
    with pytest.raises(Conflict):
        await sort(goods, case, department="service")


async def test_a_duplicate_goes_on_with_the_other_case(goods: Goods) -> None:
    visitor = await visit(goods)
    first, second = await file(goods, visitor, reason="service"), await file(goods, visitor, "k2")
    await add_to_case(goods.ctx, visitor, number=first.number, text="还有照片", key="m2")
    for _ in range(2):
        target = await merge(goods, first, second)
    assert due_at(target) == first.promised_by  # sooner than its own
    assert [one.number for one in await duplicates_of(goods.ctx, number=second.number)] == [first.number]
    (view,) = await list_cases(goods.ctx, visitor)
    assert view.numbers == (second.number, first.number)
    assert [note.text for note in view.notes] == ["还有照片"]
    assert (await access_case(goods.ctx, visitor, number=first.number)).case == target
    timeline = await read_timeline(goods.ctx, number=first.number)
    assert (timeline.number, timeline.case.number, timeline.answer_by) == (
        first.number,
        second.number,
        first.promised_by,
    )
    triggers = [entry.trigger for entry in await goods.journal("case", second.id)]
    assert triggers == ["file", "take_in"]


async def test_what_is_said_about_a_duplicate_is_about_the_other(goods: Goods) -> None:
    visitor = await visit(goods)
    first, second = await file(goods, visitor), await file(goods, visitor, "k2")
    await merge(goods, first, second)
    await write(goods, second, NoteKind.QUESTION)
    heard = await add_to_case(goods.ctx, visitor, number=first.number, text="昨天", key="m2")
    assert (heard.number, heard.state) == (second.number, CaseState.ASSIGNED)
    assert (await withdraw_case(goods.ctx, visitor, number=first.number)).number == second.number


async def test_an_answer_keeps_what_was_promised_for_the_duplicate_too(goods: Goods) -> None:
    visitor = await visit(goods)
    first, second, third = [await file(goods, visitor, key) for key in ("k", "k2", "k3")]
    await merge(goods, first, second)
    await merge(goods, second, third)
    assert await kept(goods, first) == [False]
    await write(goods, third, NoteKind.ANSWER)
    assert [await kept(goods, case) for case in (first, second, third)] == [[True]] * 3
    late = await file(goods, visitor, "k4")
    await merge(goods, late, third)
    assert await kept(goods, late) == [True]


async def test_only_one_customer_s_cases_are_merged_and_only_into_a_live_one(goods: Goods) -> None:
    visitor, guest = await visit(goods), await visit(goods, None)
    mine, emmas = await file(goods, visitor), await file(goods, await visit(goods, "c-emma"), "k2")
    guests = await file(goods, guest, "k3", "service")
    other = await file(goods, await visit(goods, None), "k4", "service")
    for one, into in ((mine, emmas), (guests, mine), (guests, other), (mine, mine)):
        with pytest.raises(Conflict):
            await merge(goods, one, into)
    again = await file(goods, visitor, "k5")
    await close_case(goods.ctx, number=again.number, actor="agent:a")
    for one, into in ((mine, again), (again, mine)):
        with pytest.raises(Conflict):
            await merge(goods, one, into)
