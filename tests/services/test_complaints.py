"""Complaints and claims: filed once, followed, added to, taken back, answered and settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.cases import CASE_MACHINE, Case, CaseKind, CaseState, CaseTrigger, NoteKind, Severity
from aftersales.domain.claims import Decision
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.services.case_desk import assign_case, write_about_case
from aftersales.services.cases import close_case, open_cases
from aftersales.services.claims import settle_claim
from aftersales.services.complaints import (
    Visitor,
    access_case,
    add_to_case,
    file_customer_case,
    list_cases,
    withdraw_case,
)
from aftersales.services.conversations import history
from aftersales.services.parcels import report_parcel, watch_parcel
from aftersales.services.sessions import open_session
from aftersales.stores.schema.returns import outbox
from tests.databases import DATABASES
from tests.goods import NUMBER, Goods, open_goods


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def visit(goods: Goods, customer_id: str | None = "c-lin") -> Visitor:
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id=customer_id)
    return Visitor(conversation_id=talk.id, customer_id=customer_id)


async def file(goods: Goods, visitor: Visitor, key: str = "chat:m1", **changes: Any) -> Case:
    wanted: dict[str, Any] = {
        "kind": CaseKind.COMPLAINT,
        "reason": "delivery",
        "details": "快递员把包裹扔在楼下",
    }
    return await file_customer_case(goods.ctx, visitor, key=key, **(wanted | changes))


async def test_a_complaint_goes_to_its_department_with_that_department_s_promise(goods: Goods) -> None:
    case = await file(goods, await visit(goods), order_number=NUMBER)
    assert (case.department, case.order_number, case.state) == ("logistics", NUMBER, CaseState.OPEN)
    assert case.promised_by == goods.clock.now() + timedelta(hours=48)


async def test_an_urgent_one_is_promised_sooner_and_never_later(goods: Goods) -> None:
    visitor = await visit(goods)
    urgent = await file(goods, visitor, severity=Severity.URGENT)
    angry = await file(goods, visitor, "k2", severity=Severity.HIGH)
    assert urgent.promised_by == goods.clock.now() + timedelta(hours=8)
    assert angry.promised_by == goods.clock.now() + timedelta(hours=48)


async def test_the_same_message_files_once(goods: Goods) -> None:
    visitor = await visit(goods)
    filed = await asyncio.gather(*(file(goods, visitor) for _ in range(4)))
    assert len({case.number for case in filed}) == 1
    assert len(await open_cases(goods.ctx)) == 1


async def test_a_key_of_another_gives_nothing_away(goods: Goods) -> None:
    await file(goods, await visit(goods))
    with pytest.raises(Conflict):
        await file(goods, await visit(goods, "c-emma"))


async def test_a_guest_complains_without_proof_but_not_about_an_order(goods: Goods) -> None:
    guest = await visit(goods, None)
    case = await file(goods, guest, reason="service")
    assert case.customer_id is None
    with pytest.raises(NotFound):
        await file(goods, guest, "k2", order_number=NUMBER)


async def test_another_s_order_and_another_s_photo_are_missing(goods: Goods) -> None:
    emma = await visit(goods, "c-emma")
    with pytest.raises(NotFound):
        await file(goods, emma, order_number=NUMBER)
    with pytest.raises(NotFound):
        await file(goods, emma, attachment_ids=["nothing"])


async def test_no_card_number_is_kept(goods: Goods) -> None:
    case = await file(
        goods,
        await visit(goods),
        kind=CaseKind.PAYMENT,
        reason="charged_twice",
        details="卡4111 1111 1111 1111扣了两次",
        facts={"card": "4111111111111111"},
    )
    assert (case.summary, dict(case.facts)) == ("卡****1111扣了两次", {"card": "****1111"})
    assert case.department == "finance"


async def test_a_complaint_without_words_is_refused(goods: Goods) -> None:
    with pytest.raises(Invalid):
        await file(goods, await visit(goods), details=" \n")


async def test_a_case_is_seen_by_its_customer_from_any_conversation_and_by_nobody_else(goods: Goods) -> None:
    case = await file(goods, await visit(goods))
    again, emma, guest = await visit(goods), await visit(goods, "c-emma"), await visit(goods, None)
    assert (await access_case(goods.ctx, again, number=case.number)).case == case
    for stranger in (emma, guest, Visitor(conversation_id=case.conversation_id, customer_id=None)):
        with pytest.raises(NotFound):
            await access_case(goods.ctx, stranger, number=case.number)
        with pytest.raises(NotFound):
            await add_to_case(goods.ctx, stranger, number=case.number, text="x", key="k")
        assert await list_cases(goods.ctx, stranger) == []


async def test_a_guest_s_case_belongs_to_its_conversation(goods: Goods) -> None:
    guest = await visit(goods, None)
    case = await file(goods, guest, reason="service")
    proven = Visitor(conversation_id=guest.conversation_id, customer_id="c-lin")
    for visitor in (guest, proven):
        assert [view.case.number for view in await list_cases(goods.ctx, visitor)] == [case.number]


async def test_what_is_added_is_kept_once_and_the_case_goes_on(goods: Goods) -> None:
    visitor = await visit(goods)
    case = await file(goods, visitor)
    await write_about_case(
        goods.ctx, number=case.number, kind=NoteKind.QUESTION, text="哪一天？", key="q", actor="agent:a"
    )
    assert (await access_case(goods.ctx, visitor, number=case.number)).case.state is CaseState.WAITING_CUSTOMER
    goods.clock.advance(seconds=1)
    for _ in range(2):
        await add_to_case(goods.ctx, visitor, number=case.number, text="昨天", key="chat:m2")
    view = await access_case(goods.ctx, visitor, number=case.number)
    assert [(note.author, note.text) for note in view.notes] == [("agent", "哪一天？"), ("customer", "昨天")]
    assert view.case.state is CaseState.ASSIGNED
    assert view.last_answer is not None
    assert view.last_answer.text == "哪一天？"


async def test_a_resolved_case_is_opened_again_by_the_customer_and_a_closed_one_is_not(goods: Goods) -> None:
    visitor = await visit(goods)
    case = await file(goods, visitor)
    resolved = await write_about_case(
        goods.ctx, number=case.number, kind=NoteKind.RESOLUTION, text="已处理", key="r", actor="agent:a"
    )
    assert (resolved.state, resolved.closed_at) == (CaseState.RESOLVED, goods.clock.now())
    opened = await add_to_case(goods.ctx, visitor, number=case.number, text="没解决", key="chat:m2")
    assert (opened.state, opened.closed_at) == (CaseState.OPEN, None)
    await close_case(goods.ctx, number=case.number, actor="agent:a")
    with pytest.raises(Conflict):
        await add_to_case(goods.ctx, visitor, number=case.number, text="还有", key="chat:m3")


async def test_words_of_a_person_reach_the_chat_once_and_the_case_is_theirs(goods: Goods) -> None:
    visitor = await visit(goods)
    case = await file(goods, visitor)
    for _ in range(2):
        await write_about_case(
            goods.ctx, number=case.number, kind=NoteKind.ANSWER, text="正在查", key="a", actor="agent:a"
        )
    said, _ = await history(goods.ctx, conversation_id=visitor.conversation_id, after=0)
    assert [(message.author, message.text) for message in said] == [("agent", "正在查")]
    assert (await access_case(goods.ctx, visitor, number=case.number)).case.assigned_to == "agent:a"
    steps = [(entry.trigger, entry.to_state) for entry in await goods.journal("case", case.id)]
    assert steps == [("file", "open"), ("answer", "assigned")]


async def test_a_case_is_withdrawn_by_its_customer(goods: Goods) -> None:
    visitor = await visit(goods)
    case = await file(goods, visitor)
    for _ in range(2):
        assert (await withdraw_case(goods.ctx, visitor, number=case.number)).state is CaseState.CLOSED
    assert await open_cases(goods.ctx) == []


async def test_a_complaint_is_no_claim(goods: Goods) -> None:
    case = await file(goods, await visit(goods))
    with pytest.raises(Conflict):
        await settle_claim(
            goods.ctx, number=case.number, decision=Decision.REFUND, text="退", key="s", actor="agent:a"
        )


async def test_assigning_twice_is_harmless(goods: Goods) -> None:
    case = await file(goods, await visit(goods))
    for _ in range(2):
        assert (await assign_case(goods.ctx, number=case.number, actor="agent:a")).assigned_to == "agent:a"
    assert len(await goods.journal("case", case.id)) == 2


async def test_a_watched_parcel_is_reported_once(goods: Goods) -> None:
    visitor = await visit(goods)
    for _ in range(2):
        await watch_parcel(goods.ctx, visitor, order=await goods.order(), due=goods.clock.now())
    async with goods.engine.connect() as connection:
        rows = (await connection.execute(outbox.select())).mappings().all()
    assert [row["kind"] for row in rows] == ["watch_parcel"]
    for _ in range(2):
        await report_parcel(goods.ctx, rows[0]["payload"], key=rows[0]["key"])
    said, _ = await history(goods.ctx, conversation_id=visitor.conversation_id, after=0)
    assert ["watch_delivered" in message.text for message in said] == [True]


@pytest.mark.parametrize("state", list(CaseState))
def test_every_case_can_come_to_its_end(state: CaseState) -> None:
    assert state is CaseState.CLOSED or (state, CaseTrigger.CLOSE) in CASE_MACHINE
