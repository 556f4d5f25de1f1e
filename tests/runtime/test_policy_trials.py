"""`returndesk policy explain` and `rehearse` at the command line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runtime.cli import app
from tests.goods import POLICY


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with the demo shop."""
    monkeypatch.setenv("RETURNDESK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RETURNDESK_POLICY_FILE", str(POLICY))
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    return tmp_path / "data"


def policy(*words: str) -> Result:
    return CliRunner().invoke(app, ["policy", *words])


def an_order(data: Path) -> str:
    with closing(sqlite3.connect(data / "returndesk.sqlite3")) as database:
        (number,) = database.execute("SELECT number FROM shop_orders ORDER BY id LIMIT 1").fetchone()
        return str(number)


def test_an_order_is_explained_in_both_languages(data: Path) -> None:
    number = an_order(data)
    for language, word in (("zh", "退"), ("en", "return")):
        done = policy("explain", number, "--reason", "wrong_size", "--date", "2027-12-01", "--language", language)
        assert done.exit_code == 0, done.output
        assert "(2027-12-01)" in done.output
        assert "reason wrong_size" in done.output
        assert word in done.output


def test_what_cannot_be_explained_is_said(data: Path) -> None:
    missing = policy("explain", "RD1")
    assert (missing.exit_code, missing.output) == (1, "RD1: there is no such order\n")
    assert policy("explain", an_order(data), "--reason", "boredom").exit_code == 2
    assert policy("explain", an_order(data), "--language", "fr").exit_code == 2


def test_a_new_policy_is_rehearsed_as_table_and_as_json(data: Path) -> None:
    assert data.is_dir()
    table = policy("rehearse", str(POLICY))
    assert (table.exit_code, table.output) == (
        0,
        "2026-11-24: 0 of 0 returns would change\npaid back: no difference\n",
    )
    found = json.loads(policy("rehearse", str(POLICY), "--json").output)
    assert (found["version"], found["returns"], found["changed"]) == ("2026-11-24", 0, [])


def test_a_policy_with_problems_is_not_rehearsed(data: Path, tmp_path: Path) -> None:
    assert data.is_dir()
    path = tmp_path / "next.yml"
    path.write_text("version: next\n", encoding="utf8")
    done = policy("rehearse", str(path))
    assert done.exit_code == 1
    assert f"{path}:1: policy: 'windows' is missing" in done.output
