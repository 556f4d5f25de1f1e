from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runtime.cli import app


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with an empty database."""
    monkeypatch.setenv("RETURNDESK_DATA", str(tmp_path / "data"))
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    return tmp_path / "data"


def verify(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", *words])


def test_a_sound_journal_is_said_to_be_ok(data: Path) -> None:
    done = verify()
    assert (done.exit_code, done.output) == (0, "ok 0 entries, head none\n")
    assert (data / "secrets" / "audit_key").is_file()


def test_what_was_removed_is_named(data: Path) -> None:
    with closing(sqlite3.connect(data / "returndesk.sqlite3")) as database, database:
        database.execute("INSERT INTO journal_seals VALUES (1, 7, 'ab', '2026-11-22 00:00:00.000000')")
    done = verify()
    assert (done.exit_code, done.output) == (1, "entry 7 (seal 1) was removed after it was sealed\n")


def test_a_noted_head_that_is_gone_is_told(data: Path) -> None:
    done = verify("--head", "ab")
    assert done.exit_code == 1
    assert "the noted head is not part of the chain" in done.output
