"""What is relied on in the store of the policy's versions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.ports import PolicyVersion
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from tests.databases import WAYS, open_database
from tests.fakes import NOON


def version(name: str, *, days: int = 0) -> PolicyVersion:
    return PolicyVersion(
        version=name, text=f"version: {name} 退货", valid_from=NOON + timedelta(days=days), noted_at=NOON
    )


@pytest.mark.parametrize("kind", WAYS)
async def test_versions_come_back_in_the_order_in_which_they_were_noted(kind: str, tmp_path: Path) -> None:
    noted = [version("b", days=9), version("a"), version("b")]
    async with open_database(kind, tmp_path) as engine:
        unit_of_work = SqlUnitOfWorkFactory(engine)
        async with unit_of_work() as uow:
            assert await uow.policies.all() == []
            await uow.policies.lock()
            for one in noted:
                await uow.policies.add(one)
        async with unit_of_work(read_only=True) as uow:
            assert await uow.policies.all() == noted
