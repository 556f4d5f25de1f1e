"""Signs between a customer and an agent: typing both ways, and what has arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aftersales.domain.conversations import Conversation, TalkSigns
from aftersales.services.handoff_claims import claim
from aftersales.services.handoff_talk import hand_back
from aftersales.services.talk_signs import agent_types, customer_types, note_fetched, signs_of
from tests.databases import DATABASES
from tests.desks import agent, waiting_talk
from tests.talks import World, open_world


@pytest.fixture(params=DATABASES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(request.param, tmp_path) as opened:
        yield opened


async def signs(world: World, conversation: Conversation) -> TalkSigns:
    return await signs_of(world.ctx, await world.now(conversation))


async def test_each_sees_the_other_typing_for_a_few_seconds(world: World) -> None:
    wei = await agent(world, "wei")
    talk = await waiting_talk(world)
    await claim(world.ctx, wei, conversation_id=talk.id)
    await customer_types(world.ctx, conversation_id=talk.id)
    await agent_types(world.ctx, wei, conversation_id=talk.id)
    now = world.clock.now()
    found = await signs(world, talk)
    assert (found.customer_types(now), found.agent_types(now)) == (True, True)
    world.clock.advance(seconds=6)
    later = world.clock.now()
    assert (found.customer_types(later), found.agent_types(later)) == (False, False)


async def test_only_the_agent_who_has_the_talk_is_seen_typing(world: World) -> None:
    wei, li = await agent(world, "wei"), await agent(world, "li")
    talk = await waiting_talk(world)
    await agent_types(world.ctx, wei, conversation_id=talk.id)
    await claim(world.ctx, wei, conversation_id=talk.id)
    await agent_types(world.ctx, li, conversation_id=talk.id)
    assert not (await signs(world, talk)).agent_types(world.clock.now())


async def test_nobody_is_seen_typing_to_the_bot(world: World) -> None:
    wei = await agent(world, "wei")
    talk = await waiting_talk(world)
    await customer_types(world.ctx, conversation_id=talk.id)
    await claim(world.ctx, wei, conversation_id=talk.id)
    assert not (await signs(world, talk)).customer_types(world.clock.now())
    await agent_types(world.ctx, wei, conversation_id=talk.id)
    await hand_back(world.ctx, wei, conversation_id=talk.id)
    assert await signs(world, talk) == TalkSigns(conversation_id=talk.id)


async def test_what_was_fetched_never_goes_back(world: World) -> None:
    wei = await agent(world, "wei")
    talk = await waiting_talk(world)
    await claim(world.ctx, wei, conversation_id=talk.id)
    for seq in (3, 2):
        known = await signs(world, talk)
        await note_fetched(world.ctx, await world.now(talk), known=known, seq=seq)
    assert (await signs(world, talk)).fetched_seq == 3
