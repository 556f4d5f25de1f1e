"""What a customer hears when a return is refused: the rule with its facts, and what would be possible instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actions.base import Events, Scene, ServiceAction
from actions.returns import draft as d
from actions.returns.quote import QUOTED
from actions.returns.verdict import AskReturnsConfirmed
from aftersales.domain.reasons import Reason
from tests.actions.stage import Line, play
from tests.goods import NUMBER, SHOES, Goods, open_goods


class Asked(ServiceAction):
    """The question of the form by itself."""

    async def act(self, scene: Scene) -> Events:
        return await AskReturnsConfirmed().ask(scene)


@pytest.fixture
async def goods(tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods("sqlite", tmp_path) as opened:
        yield opened


def told(**changes: Any) -> dict[str, Any]:
    return {d.ORDER: NUMBER, d.ITEMS: [SHOES], d.QUANTITY: 1, d.REMEDY: "return", **changes}


async def verdict(goods: Goods, *, language: str, reason: Reason) -> tuple[Line, dict[str, Any]]:
    slots = told(**{d.REASON: reason.value})
    lines, events = await play(
        goods.ctx,
        Asked(),
        "",
        intent="inform",
        customer_id="c-lin",
        language=language,
        slots=slots,
    )
    (quoted,) = [event["value"] for event in events if event["name"] == QUOTED]
    return lines[0], quoted


@pytest.mark.parametrize(
    ("language", "rule", "instead"),
    [("zh", "最后一天是 2026年12月19日", "附上照片"), ("en", "the last day is 19 December 2026", "add a photo")],
)
async def test_a_late_return_is_told_the_day_that_passed_and_that_a_fault_would_be_another_matter(
    goods: Goods, language: str, rule: str, instead: str
) -> None:
    goods.clock.advance(days=40)
    line, quoted = await verdict(goods, language=language, reason=Reason.PRICE)
    assert (line.response, quoted["allowed"]) == ("utter_returns_verdict_refused", False)
    assert rule in line.parameters["rule"]
    assert instead in line.parameters["instead"]
    assert "utter_returns_instead" not in line.parameters["instead"]


async def test_where_nothing_is_possible_a_person_is_offered(goods: Goods) -> None:
    goods.clock.advance(days=200)
    line, _ = await verdict(goods, language="en", reason=Reason.PRICE)
    assert line.parameters["instead"] == "utter_returns_instead_person/en"
