"""Changed rules are taken by every process without a restart, and wrong ones by none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from aftersales.domain.faq import Faq
from aftersales.domain.policy_rules import Policy
from aftersales.services.context import Context
from aftersales.services.rules import Rules
from runtime.cli_policy import app
from runtime.faq_file import FaqFileError
from runtime.rules_watch import RulesWatch
from runtime.settings import Settings
from runtime.start import prepare_database, put_in_force
from tests.databases import DATABASES
from tests.goods import NUMBER, POLICY, SOCKS, Goods, open_goods, shipped_faq

WORDS = POLICY.read_text(encoding="utf8")
HOURS = 'default: {week: {mon: ["09:00-18:00"]}}\n'


@dataclass
class Shop:
    """The files of one host and the database of all; each process has a watch and a context of its own."""

    goods: Goods
    folder: Path

    def write(self, version: str, *, days: int = 15, more: str = "") -> None:
        words = WORDS.replace('version: "2026-11-24"', f'version: "{version}"')
        self.put(words.replace("    days: 15\n", f"    days: {days}\n", 1) + more)

    def put(self, words: str) -> None:
        (self.folder / "policy.yml").write_text(words, encoding="utf8")

    async def process(self, faq_for: Callable[[Policy], Faq] = lambda _policy: shipped_faq()) -> Process:
        watch = RulesWatch(
            self.goods.ctx.unit_of_work,
            policy_file=self.folder / "policy.yml",
            hours_file=self.folder / "hours.yml",
            faq_for=faq_for,
            clock=self.goods.clock,
            zone=ZoneInfo("Asia/Shanghai"),
        )
        rules = await watch.begin()
        return Process(watch, rules, replace(self.goods.ctx, rules=rules))

    async def versions(self) -> list[str]:
        async with self.goods.ctx.unit_of_work(read_only=True) as uow:
            return [one.version for one in await uow.policies.all()]


@dataclass
class Process:
    watch: RulesWatch
    rules: Rules
    ctx: Context

    async def look(self, times: int = 2) -> None:
        for _ in range(times):
            await self.watch.look()

    @property
    def in_force(self) -> tuple[str, int]:
        return self.ctx.policy.version, self.ctx.policy.default_window.days


@pytest.fixture(params=DATABASES)
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    (tmp_path / "hours.yml").write_text(HOURS)
    async with open_goods(request.param, tmp_path) as goods:
        opened = Shop(goods, tmp_path)
        opened.write("a")
        yield opened


async def test_a_changed_file_is_taken_by_every_process_and_noted_once(shop: Shop) -> None:
    front, worker = await shop.process(), await shop.process()
    await asyncio.gather(front.look(), worker.look())
    assert await shop.versions() == ["a"]
    shop.goods.clock.advance(seconds=60)
    shop.write("b", days=20)
    await asyncio.gather(front.look(3), worker.look(3))
    assert front.in_force == worker.in_force == ("b", 20)
    assert await shop.versions() == ["a", "b"]
    [entry] = await shop.goods.journal("policy", "b")
    assert (entry.channel, entry.trigger) == ("file", "note")


async def test_an_order_from_before_keeps_its_rules(shop: Shop) -> None:
    process = await shop.process()
    await process.look()
    shop.write("b", days=20)
    shop.goods.clock.advance(seconds=60)
    await process.look(3)
    before = await process.ctx.shop.find_order(NUMBER)
    later = replace(before, placed_at=shop.goods.clock.now() + timedelta(minutes=1))
    assert process.ctx.policy_for(before).default_window.days == 15
    assert process.ctx.policy_for(later).default_window.days == 20
    item = await shop.goods.ask((SOCKS, 1))
    assert item.policy_version != "b"


async def test_a_text_that_is_still_being_written_is_left_alone(shop: Shop) -> None:
    process = await shop.process()
    await process.look()
    for days in (16, 17, 18):  # an editor that writes bit by bit
        shop.write("b", days=days)
        await process.look(1)
        assert process.in_force == ("a", 15)
    await process.look(2)
    assert process.in_force == ("b", 18)
    assert await shop.versions() == ["a", "b"]


@pytest.mark.parametrize(
    "words", ["version: [", "", WORDS[: len(WORDS) // 2], WORDS.replace("    days: 15\n", "    days: -1\n", 1)]
)
async def test_a_wrong_file_is_refused_and_told_of_until_it_is_right(shop: Shop, words: str) -> None:
    process = await shop.process()
    await process.look()
    shop.put(words)
    await process.look(3)
    assert process.in_force == ("a", 15)
    assert "policy.yml:" in process.rules.troubles["policy_file"]
    shop.write("b", days=20)
    await process.look(3)
    assert process.in_force == ("b", 20)
    assert process.rules.troubles == {}


async def test_other_rules_under_a_version_that_was_in_force_are_refused(shop: Shop) -> None:
    process = await shop.process()
    await process.look()
    shop.write("a", days=20)
    await process.look(3)
    assert process.in_force == ("a", 15)
    assert "give the changed file a new version" in process.rules.troubles["policy_file"]
    shop.write("a")
    await process.look(2)
    assert process.rules.troubles == {}


async def test_a_policy_that_no_answers_can_be_filled_from_is_refused(shop: Shop) -> None:
    def picky(policy: Policy) -> Faq:
        if policy.version == "b":
            raise FaqFileError(())
        return shipped_faq()

    process = await shop.process(picky)
    await process.look()
    shop.write("b", days=20)
    await process.look(3)
    assert process.in_force == ("a", 15)
    assert await shop.versions() == ["a"]


async def test_a_file_that_is_gone_changes_nothing(shop: Shop) -> None:
    process = await shop.process()
    await process.look()
    (shop.folder / "policy.yml").unlink()
    await process.look(1)
    assert process.rules.troubles == {}  # it may be replaced at this moment
    await process.look(1)
    assert "cannot be read" in process.rules.troubles["policy_file"]
    assert process.in_force == ("a", 15)
    shop.write("a")
    await process.look(3)
    assert process.rules.troubles == {}


async def test_a_process_that_begins_later_with_an_older_file_brings_nothing_back(shop: Shop) -> None:
    first = await shop.process()
    await first.look()
    shop.write("b", days=20)
    await first.look(3)
    shop.write("a")
    late = await shop.process()
    await late.look(3)
    assert late.in_force == ("b", 20)
    assert await shop.versions() == ["a", "b"]


async def test_an_announced_version_holds_from_its_day_on_without_a_restart(shop: Shop) -> None:
    process = await shop.process()
    await process.look()
    day = (shop.goods.ctx.today() + timedelta(days=2)).isoformat()
    shop.write("b", days=20, more=f"valid_from: {day}\n")
    await process.look(3)
    assert process.in_force == ("a", 15)
    shop.goods.clock.advance(days=2)
    await process.look(1)
    assert process.in_force == ("b", 20)


async def test_answers_are_filled_from_the_rules_in_force(shop: Shop) -> None:
    filled: list[str] = []

    def fill(policy: Policy) -> Faq:
        filled.append(policy.version)
        return shipped_faq()

    process = await shop.process(fill)
    await process.look(3)
    shop.write("b", days=20)
    await process.look(4)
    assert filled == ["a", "b"]


async def test_changed_hours_are_taken_and_wrong_ones_refused(shop: Shop) -> None:
    process = await shop.process()
    before = process.ctx.hours
    (shop.folder / "hours.yml").write_text("default: {week: {mon: [nine]}}\n")
    await process.look(3)
    assert process.ctx.hours == before
    assert set(process.rules.troubles) == {"hours_file"}
    (shop.folder / "hours.yml").write_text("default: {always: true}\n")
    await process.look(2)
    assert process.ctx.hours != before
    assert process.rules.troubles == {}


def test_publishing_replaces_the_file_and_notes_it_from_when_it_was_wished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, draft = tmp_path / "policy.yml", tmp_path / "draft.yml"
    place.write_text(WORDS, encoding="utf8")
    monkeypatch.setenv("RETURNDESK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RETURNDESK_POLICY_FILE", str(place))
    (tmp_path / "data").mkdir()
    settings = Settings()
    asyncio.run(prepare_database(settings))
    asyncio.run(put_in_force(settings))
    draft.write_text(WORDS.replace('version: "2026-11-24"', 'version: "next"'), encoding="utf8")
    done = CliRunner().invoke(app, ["publish", str(draft), "--from", "2099-01-01T08:00"])
    assert (done.exit_code, done.stdout) == (0, "ok next\n")
    assert place.read_bytes() == draft.read_bytes()
    listed = CliRunner().invoke(app, ["history"]).stdout.splitlines()
    assert listed[-1] == "next\t2099-01-01 00:00:00"
    draft.write_text("version: [", encoding="utf8")
    refused = CliRunner().invoke(app, ["publish", str(draft)])
    assert refused.exit_code == 1
    assert place.read_text(encoding="utf8") != "version: ["
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "draft.yml", "policy.yml"]
