"""The bot's tracker store, on both databases, in the bot's own environment."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from runtime.bot_files import tracker_store
from runtime.processes import bot_environment
from tests.databases import DATABASES, SERVER, on_server
from tests.project_data import ROOT
from tests.services_at_work import BOT_PYTHON


@pytest.fixture(scope="module", params=DATABASES)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("sessions")
    if request.param == "sqlite":
        yield at_work("sqlite+aiosqlite:///service.sqlite3", folder)
        return
    name = f"returndesk_test_bot_{os.getpid()}"
    asyncio.run(on_server(f"CREATE DATABASE {name}"))
    try:
        yield at_work(make_url(SERVER).set(database=name).render_as_string(hide_password=False), folder)
    finally:
        asyncio.run(on_server(f"DROP DATABASE {name} WITH (FORCE)"))


def at_work(database: str, folder: Path) -> dict[str, Any]:
    url = tracker_store(database, folder=folder)["url"]
    done = subprocess.run(
        [str(BOT_PYTHON.absolute()), "-m", "tests.bot.session_store_at_work", url],
        cwd=ROOT,
        env=bot_environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    findings: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return findings


def test_a_session_in_which_nothing_happened_leaves_no_row(found: dict[str, Any]) -> None:
    assert found["rows_of_an_empty_session"] == []
    assert found["unknown"] is None


def test_a_recent_session_is_not_read_again(found: dict[str, Any]) -> None:
    assert found["the_same_tracker"] is True


def test_a_turn_that_failed_leaves_nothing_behind(found: dict[str, Any]) -> None:
    assert found["texts_after_a_failed_turn"] == ["text 1"]


def test_of_two_processes_that_took_a_turn_at_once_one_is_refused(found: dict[str, Any]) -> None:
    assert found["refused"] == "SavedElsewhereError"
    assert found["texts_after_two_at_once"] == ["text 1", "text 3"]


def test_a_long_talk_stays_short_and_loses_nothing_that_was_settled(found: dict[str, Any]) -> None:
    long = found["long"]
    assert max(long["lengths"]) <= 25
    assert long["live"] == long["replayed"]
    assert (long["live"]["slots"]["order"], long["live"]["slots"]["reason"]) == ("RD14", None)
    assert long["live"]["texts"] == ["text 18", "text 19"]


def test_what_nobody_came_back_to_is_forgotten(found: dict[str, Any]) -> None:
    assert found["after_ninety_days"] == []
