"""What the services rely on in the stores of returns, refunds, cases, journal and outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import CauseKind, Refund, RefundState
from aftersales.domain.returns import Return, ReturnLine, ReturnState
from aftersales.domain.statements import Scope
from aftersales.ports import OpenUnitOfWork, OutboxItem
from aftersales.stores.schema.returns import outbox
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from tests.databases import WAYS, open_database
from tests.fakes import NOON

SOON = NOON + timedelta(minutes=1)


@pytest.fixture(params=WAYS)
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[OpenUnitOfWork, Any]]:
    async with open_database(request.param, tmp_path) as engine:
        yield SqlUnitOfWorkFactory(engine), engine


@pytest.fixture
def unit_of_work(opened: tuple[OpenUnitOfWork, Any]) -> OpenUnitOfWork:
    return opened[0]


def make_return(id: str = "r1", **changes: Any) -> Return:
    item = Return(
        id=id,
        number=f"RT{id}",
        key=f"key-{id}",
        state=ReturnState.REQUESTED,
        order_id="o1",
        order_number="RD1",
        customer_id="c1",
        conversation_id=None,
        lines=(
            ReturnLine(line_id="z", quantity=2, amount=Money(100, "JPY")),
            ReturnLine(line_id="a", quantity=1, amount=Money(23, "JPY")),
        ),
        reason=Reason.WRONG_SIZE,
        comment="太小了",
        attachment_ids=("x", "y"),
        amount=Money(123, "JPY"),
        fee=Money(7, "JPY"),
        who_pays_shipping="customer",
        rule_id="own_window",
        policy_version="v1",
        needs_human=False,
        shop_reference=None,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(item, **changes)


async def test_the_newest_returns_come_first(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        for number in range(3):
            await uow.returns.add(make_return(f"r{number}", created_at=NOON + timedelta(minutes=number)))
        assert [item.id for item in await uow.returns.latest(limit=2)] == ["r2", "r1"]


def make_refund(id: str = "f1", **changes: Any) -> Refund:
    refund = Refund(
        id=id,
        key=f"key-{id}",
        state=RefundState.CREATED,
        cause_kind=CauseKind.RETURN,
        cause_id="r1",
        cause_number="RT1",
        conversation_id=None,
        policy_version="1",
        order_id="o1",
        order_number="RD1",
        customer_id="c1",
        payment_id="p1",
        amount=Money(123, "JPY"),
        reason="return RT1",
        provider_reference=None,
        failure=None,
        attempts=0,
        next_attempt_at=None,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(refund, **changes)


def make_case(id: str = "c1", **changes: Any) -> Case:
    case = Case(
        id=id,
        number=f"CS{id}",
        key=f"key-{id}",
        kind=CaseKind.APPROVAL,
        conversation_id="conv",
        customer_id=None,
        reason="return_approval",
        summary="",
        created_at=NOON,
        promised_by=SOON,
        closed_at=None,
    )
    return replace(case, **changes)


def make_adjustment(id: str = "a1", **changes: Any) -> Adjustment:
    item = Adjustment(
        id=id,
        number=f"AD{id}",
        key=f"key-{id}",
        kind=CauseKind.COMPENSATION,
        order_id="o1",
        order_number="RD1",
        customer_id="c1",
        conversation_id=None,
        case_number="CS1",
        line_id=None,
        quantity=0,
        amount=Money(123, "JPY"),
        policy_version="1",
        created_at=NOON,
    )
    return replace(item, **changes)


async def test_an_adjustment_comes_back_as_it_was(unit_of_work: OpenUnitOfWork) -> None:
    first = make_adjustment()
    second = make_adjustment("a2", kind=CauseKind.PRICE_PROTECTION, line_id="l1", quantity=2, created_at=SOON)
    async with unit_of_work() as uow:
        await uow.adjustments.add(second)
        await uow.adjustments.add(first)
    async with unit_of_work() as uow:
        assert await uow.adjustments.lock("a1") == await uow.adjustments.by_number("ADa1") == first
        assert await uow.adjustments.by_key("key-a2") == second
        assert await uow.adjustments.by_key("other") is None
        assert await uow.adjustments.of_order("o1") == [first, second]
        assert await uow.adjustments.of_order("o2") == []
        with pytest.raises(NotFound):
            await uow.adjustments.by_number("AD0")


async def test_an_adjustment_is_written_once_per_key_and_number(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        await uow.adjustments.add(make_adjustment())
        for again in (make_adjustment("a2", key="key-a1"), make_adjustment("a3", number="ADa1")):
            with pytest.raises(Conflict):
                await uow.adjustments.add(again)
        assert len(await uow.adjustments.of_order("o1")) == 1


async def test_a_refund_written_by_a_clock_that_ran_ahead_is_due(unit_of_work: OpenUnitOfWork) -> None:
    pauses = {"soon": timedelta(minutes=59), "never": timedelta(minutes=61), "now": timedelta(0)}
    async with unit_of_work() as uow:
        for name, pause in pauses.items():
            await uow.refunds.add(make_refund(name, next_attempt_at=NOON + pause, by_hand=True))
        due = await uow.refunds.due([RefundState.CREATED], now=NOON)
        assert {refund.id for refund in due} == {"never", "now"}
        assert {refund.id for refund in await uow.refunds.of_order("RD1")} == pauses.keys()
        assert all(refund.by_hand for refund in due)


async def test_a_return_comes_back_as_it_was(unit_of_work: OpenUnitOfWork) -> None:
    item = make_return()
    async with unit_of_work() as uow:
        await uow.returns.add(item)
    async with unit_of_work() as uow:
        assert await uow.returns.get("r1") == item
        assert await uow.returns.lock("r1") == item
        assert await uow.returns.by_number("RTr1") == item
        assert await uow.returns.by_key("key-r1") == item
        assert await uow.returns.of_order("o1") == [item]
        assert await uow.returns.by_key("no") is None
        for missing in (uow.returns.get("no"), uow.returns.by_number("no"), uow.returns.lock("no")):
            with pytest.raises(NotFound):
                await missing


async def test_a_taken_number_or_key_leaves_the_transaction_usable(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        await uow.returns.add(make_return())
        for taken in ({"number": "RTr1"}, {"key": "key-r1"}):
            with pytest.raises(Conflict):
                await uow.returns.add(make_return("r2", **taken))
        await uow.returns.add(make_return("r2"))
    async with unit_of_work() as uow:
        assert len(await uow.returns.of_order("o1")) == 2


async def test_an_exception_takes_everything_back(unit_of_work: OpenUnitOfWork) -> None:
    async def break_off() -> None:
        async with unit_of_work() as uow:
            await uow.returns.add(make_return())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    async with unit_of_work() as uow:
        assert await uow.returns.by_key("key-r1") is None


async def test_a_customers_returns_come_newest_first(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        await uow.returns.add(make_return("old"))
        await uow.returns.add(make_return("new", created_at=SOON))
        await uow.returns.add(make_return("other", customer_id="c2"))
    async with unit_of_work() as uow:
        assert [item.id for item in await uow.returns.of_customer("c1")] == ["new", "old"]
        assert [item.id for item in await uow.returns.of_customer("c1", limit=1)] == ["new"]


async def test_returns_that_wait_for_the_shop_are_found(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        await uow.returns.add(make_return("later", updated_at=SOON))
        await uow.returns.add(make_return("now"))
        await uow.returns.add(make_return("person", needs_human=True))
        await uow.returns.add(make_return("approved", needs_human=True, state=ReturnState.APPROVED))
        await uow.returns.add(make_return("parcel", state=ReturnState.AWAITING_PARCEL))
    async with unit_of_work() as uow:
        found = await uow.returns.waiting_for_shop(before=NOON)
        assert {item.id for item in found} == {"now", "approved"}
        assert [item.id for item in await uow.returns.in_state([ReturnState.AWAITING_PARCEL])] == ["parcel"]


async def test_saving_a_return_changes_what_may_change(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        await uow.returns.add(make_return())
        changed = make_return(state=ReturnState.APPROVED, shop_reference="s1", updated_at=SOON)
        await uow.returns.save(replace(changed, comment="rewritten"))
    async with unit_of_work() as uow:
        assert await uow.returns.get("r1") == changed


async def test_a_refund_comes_back_as_it_was(unit_of_work: OpenUnitOfWork) -> None:
    refund = make_refund(next_attempt_at=SOON, provider_reference="p", failure="f", attempts=3)
    async with unit_of_work() as uow:
        await uow.returns.add(make_return())
        await uow.refunds.add(refund)
        with pytest.raises(Conflict):
            await uow.refunds.add(make_refund("f2", key="key-f1"))
    async with unit_of_work() as uow:
        assert await uow.refunds.get("f1") == await uow.refunds.lock("f1") == refund
        assert await uow.refunds.by_key("key-f1") == refund
        assert await uow.refunds.of_payment("p1") == await uow.refunds.of_cause("r1") == [refund]
        assert await uow.refunds.by_key("no") is None
        with pytest.raises(NotFound):
            await uow.refunds.get("no")


async def test_due_refunds_are_those_whose_time_has_come(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        await uow.returns.add(make_return())
        await uow.refunds.add(make_refund("second", updated_at=SOON))
        await uow.refunds.add(make_refund("first", next_attempt_at=NOON))
        await uow.refunds.add(make_refund("later", next_attempt_at=SOON))
        await uow.refunds.add(make_refund("done", state=RefundState.SUCCEEDED))
    async with unit_of_work() as uow:
        due = await uow.refunds.due([RefundState.CREATED], now=NOON)
        assert [refund.id for refund in due] == ["first", "second"]


@pytest.mark.parametrize("lock", ["payment", "cause", "order", "row"])
async def test_a_lock_lets_one_transaction_in_at_a_time(unit_of_work: OpenUnitOfWork, lock: str) -> None:
    async with unit_of_work() as uow:
        await uow.returns.add(make_return())
    inside, most = 0, 0

    async def enter() -> None:
        nonlocal inside, most
        async with unit_of_work() as uow:
            if lock == "payment":
                await uow.refunds.lock_payment("p1")
            elif lock == "cause":
                await uow.refunds.lock_cause("r1")
            elif lock == "order":
                await uow.returns.lock_order("o1")
            else:
                await uow.returns.lock("r1")
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.02)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(4)))
    assert most == 1


async def test_a_case_comes_back_as_it_was(unit_of_work: OpenUnitOfWork) -> None:
    case = make_case()
    async with unit_of_work() as uow:
        await uow.cases.add(case)
        for taken in ({"number": "CSc1"}, {"key": "key-c1"}):
            with pytest.raises(Conflict):
                await uow.cases.add(make_case("c2", **taken))
    async with unit_of_work() as uow:
        assert await uow.cases.by_key("key-c1") == await uow.cases.by_number("CSc1") == case
        assert await uow.cases.open_of("conv") == await uow.cases.open() == [case]
        await uow.cases.save(replace(case, closed_at=SOON))
        assert await uow.cases.open_of("conv") == await uow.cases.open() == []
        with pytest.raises(NotFound):
            await uow.cases.by_number("no")


async def test_the_journal_keeps_the_order_of_what_happened(unit_of_work: OpenUnitOfWork) -> None:
    entry = Entry(
        subject="return",
        subject_id="r1",
        actor="agent:a",
        channel="desk",
        trigger="approve",
        from_state=None,
        to_state="approved",
        at=NOON,
        policy_version="v1",
        detail={"原因": ["a", 1]},
    )
    entries = [replace(entry, trigger=f"t{n}") for n in range(3)]
    async with unit_of_work() as uow:
        for one in entries:
            await uow.journal.add(one)
        await uow.journal.add(replace(entry, subject_id="r2"))
    async with unit_of_work() as uow:
        assert await uow.journal.of("return", "r1") == entries


async def add_items(unit_of_work: OpenUnitOfWork, *keys: str) -> None:
    async with unit_of_work() as uow:
        for key in keys:
            await uow.outbox.add(kind="tell", key=key, payload={"a": 1}, due_at=NOON)


async def claim(unit_of_work: OpenUnitOfWork, *, minutes: int = 0, limit: int = 10) -> list[OutboxItem]:
    async with unit_of_work() as uow:
        now = NOON + timedelta(minutes=minutes)
        return list(await uow.outbox.claim(now=now, limit=limit, lease_seconds=60))


async def test_an_item_is_claimed_until_its_lease_ends(unit_of_work: OpenUnitOfWork) -> None:
    await add_items(unit_of_work, "a", "b", "a")
    assert [(item.key, item.attempts) for item in await claim(unit_of_work)] == [("a", 1), ("b", 1)]
    assert await claim(unit_of_work) == []
    assert [(item.key, item.attempts) for item in await claim(unit_of_work, minutes=1)] == [("a", 2), ("b", 2)]


async def test_a_postponed_item_comes_back_then(unit_of_work: OpenUnitOfWork) -> None:
    await add_items(unit_of_work, "a")
    [item] = await claim(unit_of_work)
    async with unit_of_work() as uow:
        await uow.outbox.postpone(item.id, due_at=NOON + timedelta(minutes=10))
    assert await claim(unit_of_work, minutes=9) == []
    assert len(await claim(unit_of_work, minutes=10)) == 1


async def test_a_done_item_is_never_done_again_and_its_payload_is_gone(
    opened: tuple[OpenUnitOfWork, Any],
) -> None:
    unit_of_work, engine = opened
    await add_items(unit_of_work, "a")
    [item] = await claim(unit_of_work)
    async with unit_of_work() as uow:
        await uow.outbox.done(item.id)
    await add_items(unit_of_work, "a")
    assert await claim(unit_of_work, minutes=60) == []
    async with engine.connect() as connection:
        assert (await connection.execute(select(outbox.c.payload))).scalar_one() == {}


async def test_parallel_workers_claim_different_items(unit_of_work: OpenUnitOfWork) -> None:
    await add_items(unit_of_work, *(f"k{n}" for n in range(12)))
    claimed = await asyncio.gather(*(claim(unit_of_work, limit=3) for _ in range(4)))
    keys = [item.key for items in claimed for item in items]
    assert len(keys) == len(set(keys))
    while rest := await claim(unit_of_work, limit=3):
        keys += [item.key for item in rest]
    assert len(keys) == 12


async def test_refunds_are_walked_by_time_and_id_within_their_scope(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        for id, minutes in (("c", 0), ("a", 0), ("b", 1), ("d", 2)):
            await uow.refunds.add(make_refund(id, created_at=NOON + timedelta(minutes=minutes)))
        await uow.refunds.add(make_refund("e", order_number="RD2", customer_id="c2"))
    async with unit_of_work(read_only=True) as uow:
        first = await uow.refunds.walk(Scope(order_number="RD1"), after=None, limit=2)
        second = await uow.refunds.walk(Scope(order_number="RD1"), after=first[-1], limit=9)
        assert [[refund.id for refund in page] for page in (first, second)] == [["a", "c"], ["b", "d"]]
        timed = await uow.refunds.walk(Scope(since=SOON, before=SOON + timedelta(minutes=1)), after=None, limit=9)
        assert [refund.id for refund in timed] == ["b"]
        theirs = await uow.refunds.walk(Scope(customer_id="c2"), after=None, limit=9)
        assert [refund.id for refund in theirs] == ["e"]


async def test_the_journals_of_several_are_read_at_once(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        for subject, id, trigger in (("refund", "f1", "x"), ("refund", "f2", "y"), ("refund", "f1", "z")):
            await uow.journal.add(make_entry(subject, id, trigger))
        await uow.journal.add(make_entry("return", "f1", "other"))
    async with unit_of_work(read_only=True) as uow:
        found = await uow.journal.of_each("refund", ["f1", "f2", "f3"])
        triggers = {id: [entry.trigger for entry in entries] for id, entries in found.items()}
        assert triggers == {"f1": ["x", "z"], "f2": ["y"]}
        assert await uow.journal.of_each("refund", []) == {}


async def test_returns_are_read_by_their_ids_with_their_lines(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as uow:
        await uow.returns.add(make_return("r1"))
        await uow.returns.add(make_return("r2"))
        assert await uow.returns.by_ids(["r2", "r3"]) == [make_return("r2")]
        assert await uow.returns.by_ids([]) == []


def make_entry(subject: str, id: str, trigger: str) -> Entry:
    return Entry(
        subject=subject,
        subject_id=id,
        actor="system",
        channel="worker",
        trigger=trigger,
        from_state=None,
        to_state="created",
        at=NOON,
    )


async def test_a_customers_refunds_come_newest_first_and_in_the_wanted_states_alone(
    unit_of_work: OpenUnitOfWork,
) -> None:
    async with unit_of_work() as uow:
        await uow.refunds.add(make_refund("a"))
        await uow.refunds.add(make_refund("b", created_at=SOON, state=RefundState.AWAITING_APPROVAL))
        await uow.refunds.add(make_refund("c", created_at=SOON))
        await uow.refunds.add(make_refund("d", customer_id="c2"))
        wanted = {RefundState.CREATED}
        found = [await uow.refunds.of_customer("c1", states=wanted, limit=limit) for limit in (9, 1)]
    assert [[refund.id for refund in refunds] for refunds in found] == [["c", "a"], ["c"]]
