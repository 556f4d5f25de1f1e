"""One service in real processes for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from runtime.model import model_path
from runtime.settings import Settings
from tests.browsers import chromium
from tests.services_at_work import BOT_PYTHON, Service, environment, serving

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A service takes a while to start, more than a test may take elsewhere."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model for the present data."""
    if not BOT_PYTHON.is_file():
        pytest.skip(f"there is no bot environment at {BOT_PYTHON}: make setup")
    path = model_path(Settings(_env_file=None, model=""))
    if not path.is_file():
        pytest.skip(f"there is no model {path.name} for the present data: make train")
    return path


@pytest.fixture(scope="session")
def service(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own data folder, shared by the tests: leave it running and well."""
    folder = tmp_path_factory.mktemp("service")
    with serving(environment(folder / "data", model=model), folder=folder) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser
