from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from aftersales.domain.journal import Entry
from aftersales.domain.seals import Fault, FaultKind, make_seal
from aftersales.services.sealing import Audit, audit_journal, seal_due
from aftersales.stores.schema.returns import journal
from aftersales.stores.schema.seals import journal_seals
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.goods import SHOES, SOCKS, Goods, open_goods

KEY = b"the audit key"
ENTRY = Entry(
    subject="return",
    subject_id="r1",
    actor="customer:c-lin",
    channel="web",
    trigger="request",
    from_state=None,
    to_state="requested",
    at=NOON,
    detail={"reason": "太小"},
)


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    """Some entries, sealed, and one that is not sealed yet."""
    async with open_goods(request.param, tmp_path) as opened:
        await opened.ask((SHOES, 1))
        assert await seal_due(opened.ctx, key=KEY) > 1
        assert await seal_due(opened.ctx, key=KEY) == 0
        await opened.ask((SOCKS, 1), key="later")
        yield opened


async def audit(goods: Goods, **more: Any) -> Audit:
    return await audit_journal(goods.ctx, key=KEY, **more)


async def run(goods: Goods, statement: Any) -> Any:
    async with goods.engine.begin() as connection:
        return await connection.execute(statement)


async def entry_at(goods: Goods, position: int) -> int:
    query = select(journal_seals.c.entry_id).where(journal_seals.c.position == position)
    return int((await run(goods, query)).scalar_one())


async def test_a_journal_that_nobody_touched_is_sound(goods: Goods) -> None:
    found = await audit(goods)
    assert (found.sound, found.faults, found.late) == (True, (), 0)
    sealed = found.sealed
    assert await seal_due(goods.ctx, key=KEY) > 0
    again = await audit(goods, noted=found.head)
    assert (again.sound, again.met) == (True, True)
    assert again.sealed > sealed


async def test_an_entry_that_was_changed_is_found(goods: Goods) -> None:
    entry = await entry_at(goods, 2)
    await run(goods, update(journal).where(journal.c.id == entry).values(actor="agent:somebody"))
    found = await audit(goods)
    assert found.faults == (Fault(kind=FaultKind.CHANGED, position=2, entry_id=entry),)
    assert not found.sound


async def test_an_entry_that_was_removed_is_found(goods: Goods) -> None:
    entry = await entry_at(goods, 1)
    await run(goods, delete(journal).where(journal.c.id == entry))
    assert (await audit(goods)).faults == (Fault(kind=FaultKind.REMOVED, position=1, entry_id=entry),)


async def test_an_entry_that_was_removed_with_its_seal_is_found(goods: Goods) -> None:
    entry = await entry_at(goods, 1)
    await run(goods, delete(journal).where(journal.c.id == entry))
    await run(goods, delete(journal_seals).where(journal_seals.c.position == 1))
    assert [(one.kind, one.position) for one in (await audit(goods)).faults] == [(FaultKind.GAP, 1)]


async def test_a_seal_cannot_be_made_without_the_key(goods: Goods) -> None:
    entry = await entry_at(goods, 1)
    seal = make_seal(b"another key", position=1, before="", entry_id=entry, entry=ENTRY)
    await run(goods, update(journal_seals).where(journal_seals.c.position == 1).values(seal=seal))
    assert [(one.kind, one.position) for one in (await audit(goods)).faults] == [
        (FaultKind.CHANGED, 1),
        (FaultKind.CHANGED, 2),
    ]
    with pytest.raises(ValueError, match="key"):
        make_seal(b"", position=1, before="", entry_id=1, entry=ENTRY)


async def test_a_chain_whose_end_was_cut_off_does_not_hold_the_head_that_was_noted(goods: Goods) -> None:
    head = (await audit(goods)).head
    last = (await audit(goods)).sealed
    entry = await entry_at(goods, last)
    await run(goods, delete(journal).where(journal.c.id == entry))
    await run(goods, delete(journal_seals).where(journal_seals.c.position == last))
    assert (await audit(goods)).sound
    found = await audit(goods, noted=head)
    assert (found.met, found.sound) == (False, False)


async def test_what_should_be_sealed_by_now_and_is_not_is_told(goods: Goods) -> None:
    goods.clock.advance(minutes=6)
    found = await audit(goods)
    assert found.late > 0
    assert not found.sound
    await seal_due(goods.ctx, key=KEY)
    assert (await audit(goods)).sound


async def test_an_entry_that_came_to_light_late_is_sealed_too(goods: Goods) -> None:
    await seal_due(goods.ctx, key=KEY)
    columns = {column.name: getattr(ENTRY, column.name) for column in journal.c if column.name != "id"}
    await run(goods, insert(journal).values(id=900, **columns | {"at": NOON + timedelta(seconds=1)}))
    assert await seal_due(goods.ctx, key=KEY) == 1
    await run(goods, insert(journal).values(id=899, **columns))
    assert await seal_due(goods.ctx, key=KEY) == 1
    assert (await audit(goods)).sound


async def test_of_many_workers_each_entry_is_sealed_once(goods: Goods) -> None:
    done = await asyncio.gather(*(seal_due(goods.ctx, key=KEY) for _ in range(8)))
    assert sum(count > 0 for count in done) == 1
    assert (await audit(goods)).sound
