from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.errors import Invalid
from aftersales.domain.feedback import Feedback, FeedbackKind
from aftersales.services.feedback import give_feedback, read_feedback
from tests.databases import DATABASES
from tests.goods import Goods, open_goods


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def give(goods: Goods, key: str = "k", **changes: Any) -> Feedback:
    wanted: dict[str, Any] = {
        "conversation_id": "conv-1",
        "customer_id": None,
        "kind": FeedbackKind.RATING,
        "rating": 4,
        "comment": "快",
    }
    return await give_feedback(goods.ctx, key=key, **(wanted | changes))


async def test_feedback_counts_once(goods: Goods) -> None:
    assert await give(goods) == await give(goods)
    newest, averages = await read_feedback(goods.ctx)
    assert len(newest) == 1
    assert {(average.count, average.tenths) for average in averages} == {(1, 40)}


async def test_averages_are_of_their_days_and_rounded_half_up(goods: Goods) -> None:
    await give(goods, "old", rating=1)
    goods.clock.advance(hours=24 * 8)
    await give(goods, "a", rating=5)
    await give(goods, "b", rating=4)
    await give(goods, "words", rating=None, kind=FeedbackKind.SUGGESTION)
    newest, averages = await read_feedback(goods.ctx)
    assert [(average.days, average.count, average.tenths) for average in averages] == [
        (7, 2, 45),
        (30, 3, 33),
        (365, 3, 33),
    ]
    assert len(newest) == 4


async def test_without_feedback_there_is_no_average(goods: Goods) -> None:
    assert {average.count for average in (await read_feedback(goods.ctx))[1]} == {0}


@pytest.mark.parametrize("changes", [{"rating": 0}, {"rating": 6}, {"rating": None, "comment": " "}])
async def test_what_says_nothing_is_refused(goods: Goods, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await give(goods, **changes)


async def test_card_numbers_are_not_kept(goods: Goods) -> None:
    assert (await give(goods, comment="4111111111111111")).comment == "****1111"


async def test_a_rating_completes_the_praise_that_came_just_before(goods: Goods) -> None:
    await give(goods, "a", rating=None, kind=FeedbackKind.PRAISE, comment="客服很耐心")
    for _ in range(2):  # a turn may be run again
        assert (await give(goods, "b", rating=5, comment="")).comment == "客服很耐心"
    goods.clock.advance(seconds=1)
    await give(goods, "c", rating=5, comment="物流也快")
    newest, _ = await read_feedback(goods.ctx)
    assert [(item.rating, item.comment) for item in newest] == [(5, "物流也快"), (5, "客服很耐心")]


async def test_a_rating_of_another_talk_or_another_day_stands_alone(goods: Goods) -> None:
    await give(goods, "a", rating=None, kind=FeedbackKind.PRAISE)
    await give(goods, "b", conversation_id="conv-2", comment="")
    goods.clock.advance(hours=2)
    await give(goods, "c", comment="")
    assert len((await read_feedback(goods.ctx))[0]) == 3
