from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.conversations import Owner
from aftersales.domain.outside import OutsideTalk
from tests.databases import DATABASES
from tests.talks import open_world

LEASE = timedelta(seconds=60)


@pytest.mark.parametrize("kind", DATABASES)
async def test_a_worker_whose_lease_on_a_talk_elsewhere_ran_out_lets_go_of_nothing_that_another_has(
    kind: str, tmp_path: Path
) -> None:
    async with open_world(kind, tmp_path) as world:
        talk = await world.talk()
        await world.move(talk, Owner.WAITING)
        async with world.ctx.unit_of_work() as uow:
            handover = await uow.handovers.current(talk.id)
            now = world.clock.now()
            opened = OutsideTalk(handover_id=handover.id, conversation_id=talk.id, sent_seq=0, due_at=now)
            await uow.outside.add(opened)

        async def claim() -> Sequence[OutsideTalk]:
            async with world.ctx.unit_of_work() as uow:
                return await uow.outside.claim(now=world.clock.now(), limit=9, lease=LEASE)

        [late] = await claim()
        world.clock.advance(seconds=61)
        [other] = await claim()
        async with world.ctx.unit_of_work() as uow:
            await uow.outside.release(late, due_at=None)
            await uow.outside.wake(talk.id, at=world.clock.now())
        assert await claim() == []
        async with world.ctx.unit_of_work() as uow:
            await uow.outside.release(other, due_at=None)
        assert len(await claim()) == 1
