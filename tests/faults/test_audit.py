"""The comparison of the books finds what it looks for: each kind of damage is done here by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from aftersales.domain.returns import Return
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.stores.schema.returns import refunds
from aftersales.stores.schema.shop import shop_payments
from tests.databases import DATABASES
from tests.faults.audit import Findings, audit
from tests.goods import NUMBER, SOCKS, Goods, open_goods

OWED = {NUMBER: 3000}


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
async def item(goods: Goods) -> Return:
    """A return whose refund was paid by p-gift."""
    item = await goods.arrived((SOCKS, 1))
    for _ in range(3):
        await submit_due(goods.ctx)
        goods.clock.advance(seconds=61)
        await reconcile_due(goods.ctx)
    return item


async def found(goods: Goods, folder: Path, *moves: tuple[str, str, str]) -> Findings:
    """What is found when the provider has paid these (key, payment, amount)."""
    ledger = folder / "provider.sqlite3"
    with sqlite3.connect(ledger) as connection:
        connection.execute("CREATE TABLE moves (key, payment_id, amount, currency, status)")
        rows = [(*move, "CNY", "succeeded") for move in moves]
        connection.executemany("INSERT INTO moves VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return await audit(goods.engine, ledger=ledger, orders=OWED)


async def test_books_that_agree_are_clean(goods: Goods, item: Return, tmp_path: Path) -> None:
    told = await found(goods, tmp_path, ("k1", "p-gift", "30.00"))
    assert told.is_clean
    assert str(told) == "refunds=1 double=0 lost=0 over=0"


async def test_a_key_that_was_paid_twice_is_double(goods: Goods, item: Return, tmp_path: Path) -> None:
    told = await found(goods, tmp_path, ("k1", "p-gift", "30.00"), ("k1", "p-gift", "30.00"))
    assert (told.double, told.is_clean) == (1, False)


async def test_a_payment_that_the_provider_never_made_is_lost(goods: Goods, item: Return, tmp_path: Path) -> None:
    assert (await found(goods, tmp_path)).lost == 1


async def test_a_return_that_is_owed_and_not_paid_is_lost(goods: Goods, item: Return, tmp_path: Path) -> None:
    async with goods.engine.begin() as connection:
        await connection.execute(update(refunds).values(state="failed"))
        await connection.execute(update(shop_payments).values(refunded=0))
    assert (await found(goods, tmp_path)).lost == 1


async def test_more_than_was_captured_is_over(goods: Goods, item: Return, tmp_path: Path) -> None:
    told = await found(goods, tmp_path, ("k1", "p-gift", "30.00"), ("k2", "p-gift", "70.01"))
    assert (told.over, told.lost) == (1, 1)
