"""What customers were promised: kept with what promises it, told before it is late, noted when it is broken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.business_time import Hours, Schedule, Span
from aftersales.domain.cases import Case, CaseKind, NoteKind
from aftersales.domain.promises import Promise, PromiseKind, end_of
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish
from aftersales.ports import Kept
from aftersales.services.case_desk import write_about_case
from aftersales.services.complaints import Visitor, file_customer_case, withdraw_case
from aftersales.services.exchanges import ship_replacement
from aftersales.services.promise_watch import count_promises, list_promises, watch_promises
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.returns import cancel_return, receive_return
from aftersales.services.sessions import open_session
from aftersales.stores.schema.returns import outbox
from tests.databases import DATABASES
from tests.goods import LARGE, SOCKS, Goods, open_goods, under


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def visit(goods: Goods) -> Visitor:
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id="c-lin")
    return Visitor(conversation_id=talk.id, customer_id="c-lin")


async def file(goods: Goods, visitor: Visitor, key: str = "k") -> Case:
    """Answered within 24 hours."""
    return await file_customer_case(
        goods.ctx, visitor, kind=CaseKind.COMPLAINT, reason="service", details="没人理我", key=key
    )


async def answer(goods: Goods, case: Case) -> None:
    await write_about_case(
        goods.ctx, number=case.number, kind=NoteKind.ANSWER, text="在查", key="a", actor="agent:a"
    )


async def all_promises(goods: Goods) -> dict[PromiseKind, Promise]:
    async with goods.ctx.unit_of_work() as uow:
        found = [*await uow.promises.find("open", now=goods.clock.now() - timedelta(days=365))]
        found += await uow.promises.find("broken", now=goods.clock.now())
    return {promise.kind: promise for promise in found}


async def read(goods: Goods, promise: Promise) -> Promise:
    async with goods.ctx.unit_of_work() as uow:
        return await uow.promises.lock(promise.id)


async def told(goods: Goods) -> list[dict[str, Any]]:
    """Parameters of what was told of late promises."""
    async with goods.engine.connect() as connection:
        rows = (await connection.execute(outbox.select().where(outbox.c.kind == "tell"))).mappings()
        return [
            {"response": row["payload"]["response"], **row["payload"]["parameters"]}
            for row in rows
            if row["payload"]["response"].endswith("promise_late")
        ]


def midnight(goods: Goods, *, days: int) -> datetime:
    return end_of(goods.ctx.today() + timedelta(days=days), goods.ctx.zone)


async def test_who_files_a_case_was_promised_an_answer_once(goods: Goods) -> None:
    visitor = await visit(goods)
    for _ in range(2):
        case = await file(goods, visitor)
    (promise,) = (await all_promises(goods)).values()
    assert (promise.kind, promise.number, promise.due_at) == (
        PromiseKind.CASE_ANSWER,
        case.number,
        case.promised_by,
    )
    assert (promise.customer_id, promise.conversation_id, promise.language, promise.told_by) == (
        "c-lin",
        visitor.conversation_id,
        "zh",
        "bot",
    )
    assert [entry.trigger for entry in await goods.journal("promise", promise.id)] == ["promise"]


async def test_an_answer_keeps_it_and_a_withdrawal_releases_it(goods: Goods) -> None:
    visitor = await visit(goods)
    kept, released = await file(goods, visitor), await file(goods, visitor, "k2")
    async with goods.ctx.unit_of_work() as uow:
        ((first,), (second,)) = await uow.promises.open_of(kept.id), await uow.promises.open_of(released.id)
    goods.clock.advance(hours=1)
    await answer(goods, kept)
    await withdraw_case(goods.ctx, visitor, number=released.number)
    assert (await read(goods, first)).kept_at == goods.clock.now()
    assert (await read(goods, second)).released_at == goods.clock.now()
    goods.clock.advance(days=30)
    assert await watch_promises(goods.ctx) == 0
    assert await told(goods) == []


async def test_what_will_be_late_is_told_once_before_it_is(goods: Goods) -> None:
    case = await file(goods, await visit(goods))
    goods.clock.advance(hours=21)
    assert await watch_promises(goods.ctx) == 0
    goods.clock.advance(hours=1)
    for _ in range(2):
        await watch_promises(goods.ctx)
    assert await told(goods) == [
        {
            "response": "utter_complaints_promise_late",
            "number": case.number,
            "order": "",
            "promised": "2026-11-22 20:00",
            "until": "2026-11-23 08:00",
        }
    ]
    (promise,) = await list_promises(goods.ctx, standing="soon")
    assert promise.late_told_at == goods.clock.now()
    assert await list_promises(goods.ctx, standing="broken") == []


async def test_the_new_time_lies_in_business_hours(goods: Goods) -> None:
    office = Schedule(week=(*[(Span(9 * 60, 18 * 60),)] * 5, (), ()))
    ctx = under(goods.ctx, hours=Hours(goods.ctx.zone, {"zh": office}))
    closed = replace(goods, ctx=ctx)
    await file(closed, await visit(closed))  # 24 business hours from Monday 09:00: Wednesday 15:00
    goods.clock.advance(days=3, hours=18, minutes=30)  # Wednesday 14:30
    await watch_promises(ctx)
    assert [(sent["promised"], sent["until"]) for sent in await told(goods)] == [
        ("2026-11-25 15:00", "2026-11-26 18:00")
    ]


async def test_a_missed_time_is_noted_and_stays_so_when_it_is_kept_later(goods: Goods) -> None:
    case = await file(goods, await visit(goods))
    goods.clock.advance(hours=25)
    await watch_promises(goods.ctx)
    (promise,) = await list_promises(goods.ctx, standing="broken")
    assert (promise.broken_at, promise.late_told_at) == (goods.clock.now(), goods.clock.now())
    assert await count_promises(goods.ctx) == Kept(in_time=0, late=0, not_kept=1)
    await answer(goods, case)
    assert (await read(goods, promise)).broken_at is not None
    assert await count_promises(goods.ctx) == Kept(in_time=0, late=1, not_kept=0)
    triggers = [entry.trigger for entry in await goods.journal("promise", promise.id)]
    assert triggers == ["promise", "late", "break", "keep"]


async def test_a_refund_is_promised_with_the_receipt_and_kept_when_it_is_paid(goods: Goods) -> None:
    visitor = await visit(goods)
    item = await goods.ask((SOCKS, 1), conversation_id=visitor.conversation_id)
    assert await all_promises(goods) == {}
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    promise = (await all_promises(goods))[PromiseKind.REFUND_BY]
    days = goods.ctx.policy.refund.days
    assert (promise.amount, promise.due_at) == (item.amount, midnight(goods, days=days))
    await submit_due(goods.ctx)
    goods.clock.advance(seconds=5)
    await reconcile_due(goods.ctx)
    assert (await read(goods, promise)).kept_at == goods.clock.now()


async def test_a_refund_that_is_held_up_is_told_on_its_last_day(goods: Goods) -> None:
    visitor = await visit(goods)
    item = await goods.ask((SOCKS, 1), conversation_id=visitor.conversation_id)
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    promise = (await all_promises(goods))[PromiseKind.REFUND_BY]
    goods.clock.advance(seconds=(promise.late_from - goods.clock.now()).total_seconds())
    await watch_promises(goods.ctx)
    days = goods.ctx.policy.refund.days
    last = promise.due_at.astimezone(goods.ctx.zone).date() - timedelta(days=1)
    later = last + timedelta(days=-(-days // 2))
    (sent,) = await told(goods)
    assert (sent["promised"], sent["until"]) == (f"{last}", f"{later}")
    assert promise.late_from.astimezone(goods.ctx.zone).date() == last


async def test_the_parcel_of_an_exchange_is_promised_when_the_old_goods_are_back(goods: Goods) -> None:
    visitor = await visit(goods)
    item = await goods.swap(LARGE, conversation_id=visitor.conversation_id)
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    promise = (await all_promises(goods))[PromiseKind.SHIP_BY]
    assert promise.due_at == midnight(goods, days=goods.ctx.policy.remedies.exchange.dispatch.days)
    await ship_replacement(goods.ctx, number=item.number, actor="agent:a1")
    assert (await read(goods, promise)).kept_at == goods.clock.now()


async def test_a_return_that_is_cancelled_was_no_promise_yet(goods: Goods) -> None:
    item = await goods.ask((SOCKS, 1), conversation_id=(await visit(goods)).conversation_id)
    await cancel_return(goods.ctx, number=item.number, customer_id="c-lin", actor="customer:c-lin", channel="web")
    assert await all_promises(goods) == {}


async def test_nothing_is_promised_where_nothing_was_told(goods: Goods) -> None:
    item = await goods.ask((SOCKS, 1), conversation_id=None, channel="api")
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    assert await all_promises(goods) == {}


async def test_a_refund_without_a_return_is_promised_at_once(goods: Goods) -> None:
    wish = Wish(remedy=Remedy.REFUND_ONLY)
    visitor = await visit(goods)
    item = await goods.ask(
        (SOCKS, 1), conversation_id=visitor.conversation_id, wish=wish, reason=Reason.MISSING_ITEM
    )
    promise = (await all_promises(goods))[PromiseKind.REFUND_BY]
    assert promise.number == item.number
    assert promise.due_at == midnight(goods, days=goods.ctx.policy.remedies.refund_only.refund.days)
