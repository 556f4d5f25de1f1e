"""The start of the service notes the policy; from then on orders keep the rules of their day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from aftersales.ports import OpenUnitOfWork
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from runtime.cli_policy import app
from runtime.policy_file import PolicyFileError
from runtime.policy_history import SameVersionError, note_policy, read_history
from runtime.settings import Settings
from runtime.start import prepare_database, put_in_force
from tests.databases import DATABASES, open_database
from tests.fakes import NOON
from tests.goods import POLICY

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORDS = POLICY.read_text(encoding="utf8")
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(version: str, *, days: int = 15, valid_from: str = "") -> Path:
        path = tmp_path / "policy.yml"
        words = WORDS.replace('version: "2026-11-24"', f'version: "{version}"')
        words = words.replace("    days: 15\n", f"    days: {days}\n", 1)
        path.write_text(words + (f"valid_from: {valid_from}\n" if valid_from else ""), encoding="utf8")
        return path

    return _write


@pytest.fixture(params=DATABASES)
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenUnitOfWork]:
    async with open_database(request.param, tmp_path) as engine:
        yield SqlUnitOfWorkFactory(engine)


async def note(opened: OpenUnitOfWork, path: Path, *, now: datetime = NOON) -> None:
    await note_policy(opened, path, zone=SHANGHAI, now=now)


async def days_at(opened: OpenUnitOfWork, time: datetime) -> int:
    policy = (await read_history(opened)).at(time)
    assert policy is not None
    return policy.default_window.days


async def test_a_new_version_holds_from_its_first_start_on(opened: OpenUnitOfWork, write: Write) -> None:
    await note(opened, write("a", days=15))
    await note(opened, write("b", days=20), now=NOON + timedelta(days=3))
    assert await days_at(opened, NOON + timedelta(days=2)) == 15
    assert await days_at(opened, NOON + timedelta(days=3)) == 20


async def test_the_same_file_again_is_noted_once_and_journalled_once(opened: OpenUnitOfWork, write: Write) -> None:
    await note(opened, write("a"))
    await note(opened, write("a"), now=NOON + timedelta(days=1))
    async with opened(read_only=True) as uow:
        assert [one.valid_from for one in await uow.policies.all()] == [NOON]
        (entry,) = await uow.journal.of("policy", "a")
    assert (entry.trigger, entry.policy_version) == ("note", "a")


async def test_two_that_start_at_once_note_it_once(opened: OpenUnitOfWork, write: Write) -> None:
    path = write("a")
    await asyncio.gather(note(opened, path), note(opened, path))
    async with opened(read_only=True) as uow:
        assert len(await uow.policies.all()) == 1


async def test_other_rules_under_a_version_that_was_in_force_are_refused(
    opened: OpenUnitOfWork, write: Write
) -> None:
    await note(opened, write("a", days=15))
    with pytest.raises(SameVersionError, match="give the changed file a new version"):
        await note(opened, write("a", days=16))
    assert await days_at(opened, NOON) == 15


async def test_a_changed_comment_is_no_other_rule(opened: OpenUnitOfWork, write: Write) -> None:
    path = write("a")
    await note(opened, path)
    path.write_text(f"# reviewed\n{path.read_text(encoding='utf8')}", encoding="utf8")
    await note(opened, path)


async def test_a_day_to_come_is_that_of_the_shops_zone(opened: OpenUnitOfWork, write: Write) -> None:
    await note(opened, write("a", days=15))
    await note(opened, write("b", days=20, valid_from="2026-12-01"))
    midnight = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert await days_at(opened, midnight - timedelta(seconds=1)) == 15
    assert await days_at(opened, midnight) == 20


async def test_a_day_that_is_over_does_not_reach_back(opened: OpenUnitOfWork, write: Write) -> None:
    await note(opened, write("a", days=15))
    later = NOON + timedelta(days=3)
    await note(opened, write("b", days=20, valid_from="2026-11-01"), now=later)
    assert await days_at(opened, NOON) == 15
    assert await days_at(opened, later) == 20


async def test_an_earlier_version_may_come_back(opened: OpenUnitOfWork, write: Write) -> None:
    for number, (version, days) in enumerate([("a", 15), ("b", 20), ("a", 15)]):
        await note(opened, write(version, days=days), now=NOON + timedelta(days=number))
    assert [await days_at(opened, NOON + timedelta(days=number)) for number in range(3)] == [15, 20, 15]


async def test_a_version_that_cannot_be_read_any_more_is_passed_over(tmp_path: Path, write: Write) -> None:
    async with open_database("sqlite", tmp_path) as engine:
        opened = SqlUnitOfWorkFactory(engine)
        await note(opened, write("a", days=15))
        await note(opened, write("b", days=20), now=NOON + timedelta(days=1))
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE policy_versions SET text = 'version: b' WHERE version = 'b'"))
        assert await days_at(opened, NOON + timedelta(days=2)) == 15


async def test_a_file_with_problems_is_not_noted(opened: OpenUnitOfWork, write: Write) -> None:
    with pytest.raises(PolicyFileError):
        await note(opened, write("a", days=-1))
    assert (await read_history(opened)).periods == ()


def test_the_command_lists_the_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    monkeypatch.setenv("RETURNDESK_DATA", str(tmp_path))
    monkeypatch.setenv("RETURNDESK_DEMO", "false")
    settings = Settings(_env_file=None)
    asyncio.run(prepare_database(settings))
    nothing = CliRunner().invoke(app, ["history"])
    assert "no version was put in force yet" in nothing.output
    settings = Settings(_env_file=None, policy_file=write("a"))
    asyncio.run(put_in_force(settings))
    (line,) = CliRunner().invoke(app, ["history"]).output.splitlines()
    assert line.startswith(f"a\t{datetime.now(UTC):%Y-%m-%d}")
