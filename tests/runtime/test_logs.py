"""Logs tell where something went wrong, never what anybody said."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from aftersales.stores.base import make_engine
from runtime.answers import Answers
from runtime.logs import without_words

SECRET = "13800138000"


def fail() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError(SECRET) from error


def test_an_error_is_told_by_types_and_places() -> None:
    with pytest.raises(ValueError, match=SECRET) as caught:
        fail()
    told = without_words(caught.value)
    assert SECRET not in told
    first, second = told.split("; from ")
    assert first.startswith("ValueError at test_logs.py:")
    assert first.endswith(" fail")
    assert second.startswith("KeyError at test_logs.py:")


async def test_an_answer_that_fails_is_logged_without_its_words() -> None:
    async def answer(_conversation_id: str) -> None:
        raise RuntimeError(SECRET)

    answers = Answers(answer)
    with capture_logs() as logs:
        answers.start("c1")
        await answers.drain(seconds=5)
    [line] = logs
    assert (line["event"], line["conversation"]) == ("answer_failed", "c1")
    assert "RuntimeError at " in line["failure"]
    assert SECRET not in str(line)
    assert "exc_info" not in line


async def test_an_error_of_the_database_does_not_repeat_the_values(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite+aiosqlite:///{tmp_path / 'new.sqlite3'}")
    try:
        async with asyncio.timeout(10), engine.connect() as connection:
            with pytest.raises(DBAPIError) as caught:
                await connection.execute(text("SELECT * FROM nothing WHERE phone = :phone"), {"phone": SECRET})
    finally:
        await engine.dispose()
    assert SECRET not in str(caught.value)
