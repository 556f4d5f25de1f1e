"""What goes along when a person is called: what is filled in, in words and by which the policy is asked again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Scene
from actions.handoff import call_person
from actions.returns import draft as d
from aftersales.domain.handovers import HandoverReason
from aftersales.services.returns_in_chat import asked_before
from aftersales.services.sessions import open_session
from tests.desks import agent
from tests.goods import NUMBER, SHOES, Goods, open_goods


@pytest.fixture
async def goods(tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods("sqlite", tmp_path) as opened:
        yield opened


async def told(goods: Goods, **slots: Any) -> Any:
    """What goes along from a talk with these slots."""
    await agent(goods, "wei")
    _, talk = await open_session(goods.ctx, channel="web", language="en", customer_id="c-lin")
    message = {"text": "a person", "intent": {"name": "talk_to_human"}, "metadata": {"message_id": "m1"}}
    slots = {"language": "en", **slots}
    tracker = Tracker(f"{talk.id}.1", slots, message, [], False, None, {}, None)
    dispatcher = CollectingDispatcher()
    assert await call_person(Scene(goods.ctx, tracker, dispatcher), HandoverReason.REQUESTED)
    return next(found["custom"] for found in dispatcher.messages if found.get("custom"))


async def test_goods_go_along_by_title_and_by_line(goods: Goods) -> None:
    slots = {d.ORDER: NUMBER, d.ITEMS: [SHOES], d.QUANTITY: 2, d.REASON: "wrong_size"}
    about = (await told(goods, **slots))["wish"]["about"]
    assert about["filled"]["returns_items"] == "l-shoes"
    assert about["lines"] == [[SHOES, 2]]
    asked = asked_before(about)
    assert asked is not None
    assert asked.items == [(SHOES, 2)]


@pytest.mark.parametrize("slots", [{}, {d.ORDER: NUMBER}, {d.ORDER: "RD1", d.ITEMS: [SHOES]}], ids=str)
async def test_without_goods_of_a_known_order_there_are_no_lines(goods: Goods, slots: dict[str, Any]) -> None:
    about = (await told(goods, **slots))["wish"]["about"]
    assert (about["lines"], "returns_items" in about["filled"]) == ([], False)
