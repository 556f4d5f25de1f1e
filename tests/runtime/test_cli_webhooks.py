"""`returndesk webhooks`: webhooks from the command line."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aftersales.services.context import Context
from aftersales.services.moves import By
from aftersales.services.webhooks import add_endpoint
from runtime.cli_agent import in_context
from runtime.cli_webhooks import app


@pytest.fixture(autouse=True)
def webhook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RETURNDESK_DATA", str(tmp_path / "data"))

    async def make(ctx: Context) -> str:
        url, by = "https://erp.example.com/hooks?token=4711", By("system", "cli")
        return (await add_endpoint(ctx, url=url, events=["case.*"], key=b"k", local=False, by=by)).endpoint.id

    return asyncio.run(in_context(make))


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_webhook_is_listed_switched_and_removed(webhook: str) -> None:
    line = f"{webhook}  https://erp.example.com/hooks  case.*"
    assert run("list").output == f"{line}  on\n"
    assert run("disable", webhook).output == f"{line}  off: by_hand\n"
    assert run("enable", webhook).output == f"{line}  on\n"
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert run("replay", webhook, "--since", today).output == f"{line}  on\n"
    assert run("remove", webhook).exit_code == 0
    assert run("list").output == ""


def test_what_cannot_be_is_said_in_one_line(webhook: str) -> None:
    assert run("replay", webhook, "--since", "2020-01-01").output == "the time is more than 30 days ago\n"
    assert run("enable", "none").output == "there is no such webhook\n"
