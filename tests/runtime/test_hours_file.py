"""The file of hours: the shipped one, the one of the guide, and what is refused at which line."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from aftersales.domain.business_time import Span
from runtime.cli_hours import app
from runtime.hours_file import load_hours
from runtime.places import ROOT
from runtime.policy_file import PolicyFileError

ZONE = ZoneInfo("Asia/Shanghai")
PAGES = (ROOT / "docs" / "hours.md", ROOT / "docs" / "zh" / "hours.md")


def example(page: Path) -> str:
    (words,) = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf8"), re.DOTALL)
    return str(words)


def write(folder: Path, words: str) -> Path:
    path = folder / "hours.yml"
    path.write_text(words, encoding="utf8")
    return path


def refusal(folder: Path, words: str) -> list[str]:
    with pytest.raises(PolicyFileError) as caught:
        load_hours(write(folder, words), zone=ZONE)
    return [f"{problem.line}: {problem.reason}" for problem in caught.value.problems]


def test_the_shipped_file_leaves_nobody_waiting_for_the_morning() -> None:
    assert load_hours(ROOT / "desk_hours.yml", zone=ZONE).schedules == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_example_of_the_guide_is_read_whole(page: Path, tmp_path: Path) -> None:
    hours = load_hours(write(tmp_path, example(page)), zone=ZONE)
    assert set(hours.schedules) == {"zh", "en"}
    zh = hours.schedules["zh"]
    assert zh.of(date(2027, 2, 1)) == (Span(540, 720), Span(810, 1260))
    assert zh.of(date(2027, 2, 5)) == zh.of(date(2027, 2, 11)) == zh.of(date(2027, 1, 1)) == ()
    assert zh.of(date(2027, 2, 14)) == (Span(540, 1080),)
    assert zh.of(date(2027, 3, 1)) == (Span(540, 720), Span(810, 840), Span(1080, 1260))
    assert hours.schedules["en"].of(date(2027, 1, 1)) == (Span(540, 1080),)


def test_the_guides_show_the_same_example() -> None:
    assert len({example(page) for page in PAGES}) == 1


def test_hours_for_all_hold_for_every_language_that_has_none(tmp_path: Path) -> None:
    words = 'default:\n  week: {mon: ["09:00-24:00"]}\nen: {always: true}\n'
    hours = load_hours(write(tmp_path, words), zone=ZONE)
    assert hours.schedules["zh"].of(date(2027, 2, 1)) == (Span(540, 1440),)
    assert "en" not in hours.schedules


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        ("zh: {always: true}", ["1: hours: 'en' is missing, and there is no 'default'"]),
        ("default: {}", ["1: default: either 'always: true' or 'week' is needed"]),
        ("default: {always: false}", ["1: default: either 'always: true' or 'week' is needed"]),
        (
            'default:\n  always: true\n  week: {mon: ["09:00-10:00"]}',
            ["2: default: 'always' leaves no room for other hours"],
        ),
        ("default:\n  week: {mon: []}", ["2: default.week: no day is open"]),
        (
            "default:\n  week: {monday: []}",
            ["2: default.week: no day is open", "2: default.week: unknown key 'monday'"],
        ),
        (
            'default:\n  week: {mon: ["18:00-09:00"]}',
            [
                "2: default.week.mon: 18:00-09:00 does not end after it begins, on the same day",
                "2: default.week: no day is open",
            ],
        ),
        (
            'default:\n  week:\n    mon: ["09:00-13:00", "12:00-18:00"]',
            ["3: default.week.mon: 12:00-18:00 begins before the one before it has ended"],
        ),
        (
            'default:\n  week: {mon: ["09:00-18:00"]}\n  holidays:\n    - {from: 2027-02-11, to: 2027-02-05}\n'
            "    - {from: 2027-02-11}\n    - {day: 2027-02-30}",
            [
                "4: default.holidays: 2027-02-11 to 2027-02-05 are -5 days (1 to 60 are possible)",
                "5: default.holidays: either 'day', or 'from' and 'to' are needed",
                "6: default.holidays: there is no day 2027-02-30",
            ],
        ),
        (
            'default:\n  week: {mon: ["09:00-18:00"]}\n  extra:\n    - {day: 2027-02-13, hours: []}\n'
            '    - {day: 2027-02-14, hours: ["09:00-10:00"]}\n    - {day: 2027-02-14, hours: ["11:00-12:00"]}',
            ["4: default.extra: 2027-02-13 has no hours", "6: default.extra: 2027-02-14 stands twice"],
        ),
    ],
)
def test_a_problem_is_told_with_its_line(words: str, problems: list[str], tmp_path: Path) -> None:
    assert sorted(refusal(tmp_path, words)) == sorted(problems)


def test_the_command_lists_seven_days_of_each_language(tmp_path: Path) -> None:
    path = write(tmp_path, example(PAGES[0]))
    done = CliRunner().invoke(app, ["check", str(path), "--start", "2027-02-04"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "zh (Asia/Shanghai)"
    assert lines[1] == "  2027-02-04 Thu  09:00-12:00, 13:30-21:00"
    assert lines[2] == "  2027-02-05 Fri  closed"
    assert lines[8] == "en (Asia/Shanghai)"
    assert lines[-1] == "ok"


def test_the_command_tells_every_problem_and_fails(tmp_path: Path) -> None:
    path = write(tmp_path, "default: {}\n")
    done = CliRunner().invoke(app, ["check", str(path)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.strip() == f"{path}:1: default: either 'always: true' or 'week' is needed"
