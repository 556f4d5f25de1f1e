"""One service for all scripted dialogues, with every customer and order brought in at once.

It ends with the last dialogue: 800 MB and a worker that looks for work would be in the way of the tests after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conversations.play import play
from tests.conversations.script import Script, interrupted_scripts, scripts
from tests.conversations.world import records, stranger
from tests.e2e.conftest import model
from tests.e2e.stock import import_records
from tests.services_at_work import Service, environment, serving

__all__ = ["model"]

CUSTOMERS_AT_ONCE = 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/conversations" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session")
def serials() -> dict[str, int]:
    """The place of each script among all, by its id."""
    return {script.id: number for number, script in enumerate([*scripts(), *interrupted_scripts()], 1)}


@pytest.fixture(scope="package")
def shop(model: Path, serials: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the customers of all scripts, behind a proxy that tells the address of each.

    Chats that wait for a person are left for agents to take.
    """
    folder = tmp_path_factory.mktemp("scripts")
    settings = environment(folder / "data", model=model, trusted_proxies=1, chat_assignment="by_agents")
    with serving(settings, folder=folder) as service:
        everybody = [*scripts(), *interrupted_scripts()]
        people = [record for script in everybody for record in records(script, serial=serials[script.id])]
        import_records(service, folder / "customers.jsonl", [*stranger(), *people])
        yield service


@pytest.fixture(scope="module")
def played(
    shop: Service, serials: dict[str, int], request: pytest.FixtureRequest
) -> Iterator[dict[str, Future[None]]]:
    """The outcomes of the chosen scripts by id, several at a time; those that end a process are left out."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    given = [test.callspec.params["script"] for test in tests if "played" in test.fixturenames]
    chosen = [script for script in given if isinstance(script, Script)]
    with ThreadPoolExecutor(CUSTOMERS_AT_ONCE) as pool:
        yield {
            script.id: pool.submit(play, shop, script, serial=serials[script.id])
            for script in chosen
            if not script.kills
        }
