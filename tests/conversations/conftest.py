"""One service for all scripted dialogues, with every customer and order brought in at once."""

from __future__ import annotations

import pytest

from tests.conversations.script import Script, scripts
from tests.conversations.world import records
from tests.e2e.conftest import model, service
from tests.e2e.stock import import_records
from tests.services_at_work import Service

__all__ = ["model", "service"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/conversations" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session")
def serials() -> dict[str, int]:
    """The place of each script among all, by its id."""
    return {script.id: number for number, script in enumerate(scripts(), 1)}


@pytest.fixture(scope="session")
def shop(service: Service, serials: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The service with the customers of all scripts."""
    every: list[Script] = list(scripts())
    found = [record for script in every for record in records(script, serial=serials[script.id])]
    import_records(service, tmp_path_factory.mktemp("scripts") / "customers.jsonl", found)
    return service
