"""The quicker ways of the bot come to what Rasa's own come to."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from runtime.model import model_path
from runtime.processes import bot_environment
from runtime.settings import Settings
from tests.project_data import ROOT
from tests.services_at_work import BOT_PYTHON


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    archive = model_path(Settings(_env_file=None, model=""))
    if not archive.is_file():
        pytest.skip("there is no model for the present data: make train")
    done = subprocess.run(
        [str(BOT_PYTHON.absolute()), "-m", "tests.bot.same_as_rasa", str(archive.absolute())],
        cwd=ROOT,
        env=bot_environment({}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_the_search_by_latest_step_finds_the_rules_that_a_search_through_all_finds(found: dict[str, Any]) -> None:
    assert found["rules"] > 50
    assert found["fits"] > found["rules"]
    assert found["different_rules"] == 0


def test_a_copied_talk_is_a_replayed_one_and_goes_its_own_way(found: dict[str, Any]) -> None:
    assert found["talks"] == 400
    assert found["different_copies"] == 0
    assert found["mixed_up"] == 0
