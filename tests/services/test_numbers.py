"""Numbers for people are drawn by chance: what happens when chance gives one that is taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from aftersales.domain.errors import Conflict
from aftersales.services import numbers
from aftersales.services.numbers import add_numbered
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.goods import Goods, open_goods
from tests.records import make_return


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is drawn next; the last one for ever."""
    to_come: list[str] = []

    def draw(prefix: str, _: date) -> str:
        return prefix + (to_come.pop(0) if to_come[1:] else to_come[0])

    monkeypatch.setattr(numbers, "dated_number", draw)
    return to_come


async def add(goods: Goods, name: str, *, key: str = "") -> str:
    draft = make_return(id=name, number="", key=key or name)
    async with goods.ctx.unit_of_work() as uow:
        return (await add_numbered(uow.returns, draft, prefix="RT", day=NOON.date())).number


async def test_a_number_that_is_taken_is_drawn_again(goods: Goods, drawn: list[str]) -> None:
    drawn += ["1", "1", "1", "2"]
    assert [await add(goods, "r1"), await add(goods, "r2")] == ["RT1", "RT2"]


async def test_a_key_that_is_taken_needs_no_second_draw(goods: Goods, drawn: list[str]) -> None:
    drawn += ["1", "2", "3"]
    await add(goods, "r1")
    with pytest.raises(Conflict):
        await add(goods, "r2", key="r1")
    assert drawn == ["3"]


async def test_a_day_without_a_free_number_is_given_up(goods: Goods, drawn: list[str]) -> None:
    drawn += ["1"]
    await add(goods, "r1")
    with pytest.raises(Conflict, match="no free number"):
        await add(goods, "r2")
