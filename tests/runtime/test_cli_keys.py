"""`returndesk keys`: keys of programs from the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runtime.cli_keys import app


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RETURNDESK_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_key_is_shown_once_listed_and_revoked() -> None:
    made = run("add", "Warehouse", "--scope", "returns:read", "--scope", "returns:write", "--days", "30")
    found = re.fullmatch(r"rd_([a-z0-9]{8})_([A-Za-z0-9_-]{43})\n", made.stdout)
    assert found is not None, made.output
    listed = run("list").output
    assert listed.startswith(f"{found[1]}  Warehouse  returns:read returns:write  never used  until 20")
    assert found[2] not in listed
    assert run("revoke", found[1]).output == f"{found[1]} is revoked\n"
    assert run("list").output.endswith("  revoked\n")


def test_what_cannot_be_is_said_in_one_line() -> None:
    assert run("revoke", "aaaaaaaa").output == "there is no such key\n"
    assert run("add", " ", "--scope", "returns:read").output == "a name has 1 to 80 characters\n"
    assert run("add", "ERP", "--scope", "everything").exit_code == 2
