"""`returndesk preview`: every mail in both languages, and what keeps one from being written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from typer.testing import CliRunner, Result

from aftersales.domain.mail_subjects import SUBJECTS
from aftersales.domain.texts import LANGUAGES
from runtime.cli import app
from runtime.places import ROOT
from runtime.texts import RESPONSES

SAMPLES = yaml.safe_load((ROOT / "runtime" / "preview" / "samples.yml").read_text(encoding="utf8"))


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["preview", *words])


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RESPONSES, tmp_path / "responses"))


def change(texts: Path, before: str, after: str) -> None:
    path = texts / "refunds.yml"
    words = path.read_text(encoding="utf8")
    assert before in words
    path.write_text(words.replace(before, after), encoding="utf8")


def test_every_mail_is_written_in_both_languages_and_shown_side_by_side(tmp_path: Path) -> None:
    result = run("--folder", str(tmp_path / "preview"))
    assert result.exit_code == 0, result.output
    for name in SUBJECTS:
        for language in LANGUAGES:
            written = (tmp_path / "preview" / f"{name}.{language}.txt").read_text(encoding="utf8")
            assert "{" not in written
    page = BeautifulSoup((tmp_path / "preview" / "index.html").read_text(encoding="utf8"), "html.parser")
    frames = [str(frame["src"]) for frame in page.select("iframe")]
    assert len(frames) == 4 * len(SUBJECTS)
    assert all((tmp_path / "preview" / frame).is_file() for frame in frames)


def test_one_mail_is_printed_by_its_name_with_or_without_the_prefix() -> None:
    for name in ("refunds_succeeded", "utter_refunds_succeeded"):
        result = run(name)
        assert result.exit_code == 0
        assert "退款已退回：RT2026112100001" in result.stdout
        assert "Refund sent for RT2026112100001" in result.stdout


def test_a_name_that_is_not_mailed_is_told_with_those_that_are() -> None:
    result = run("returns_done")
    assert result.exit_code == 1
    assert "utter_refunds_succeeded" in result.stderr


def test_a_parameter_without_a_sample_is_told_and_the_others_are_written(texts: Path, tmp_path: Path) -> None:
    change(texts, "Your refund of {amount} has gone", "Your refund of {sum} has gone")
    result = run("--folder", str(tmp_path / "preview"), "--responses", str(texts))
    assert result.exit_code == 1
    assert "utter_refunds_succeeded (en): utter_refunds_succeeded needs sum" in result.stderr
    assert f"{2 * len(SUBJECTS) - 1} mails" in result.stdout


def test_a_text_that_is_missing_is_told(texts: Path, tmp_path: Path) -> None:
    change(texts, "  utter_refunds_succeeded:", "  utter_refunds_arrived:")
    result = run("--folder", str(tmp_path / "preview"), "--responses", str(texts))
    assert result.exit_code == 1
    assert "utter_refunds_succeeded (zh): utter_refunds_succeeded" in result.stderr


def test_samples_have_the_same_names_in_both_languages() -> None:
    assert SAMPLES["zh"].keys() == SAMPLES["en"].keys()
