"""What the documents say is true of the code, and both languages say the same things."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from aftersales.domain.cases import CASE_MACHINE
from aftersales.domain.changes import CHANGE_MACHINE
from aftersales.domain.refunds import REFUND_MACHINE
from aftersales.domain.returns import RETURN_MACHINE
from connectors.web.site_token import SiteTokens
from runtime.cli import app
from runtime.settings import Settings
from tests.project_data import ROOT, read_yaml

DOCS = ROOT / "docs"
MODEL_CARD = ROOT / "models" / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), *([MODEL_CARD] if MODEL_CARD.exists() else [])]
ENGLISH = sorted([*DOCS.glob("*.md"), *DOCS.glob("connectors/*.md")])
CHINESE = [DOCS / "zh" / page.relative_to(DOCS) for page in ENGLISH]
PAIRS = [(ROOT / "README.md", ROOT / "README.zh-CN.md"), *zip(ENGLISH, CHINESE, strict=True)]
State = TypeVar("State", bound=StrEnum)
Trigger = TypeVar("Trigger", bound=StrEnum)
# Environment variables that are no settings of the service.
OF_TESTS = {
    *("RETURNDESK_TEST_POSTGRES", "RETURNDESK_TEST_REQUIRE_ALL"),
    *("RETURNDESK_TEST_MEDUSA", "RETURNDESK_TEST_SHOPIFY_SCHEMA"),
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf8")


def fenced(text: str) -> list[str]:
    """The blocks of code."""
    return re.findall(r"^```[^\n]*\n.*?^```", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    return re.sub(r"^```[^\n]*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def headings(text: str) -> list[tuple[int, str]]:
    """(level, words)."""
    return [(len(marks), words.strip()) for marks, words in re.findall(r"^(#+) (.+)$", prose(text), re.MULTILINE)]


def code(text: str) -> str:
    """Everything that is set as code, a line each."""
    return "\n".join([*fenced(text), *re.findall(r"`([^`\n]+)`", prose(text))])


def table_rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def anchor(words: str) -> str:
    """As the usual renderers make it from a heading."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", text_of(ROOT / "Makefile"), re.MULTILINE))


# Both languages


@pytest.mark.parametrize("page", CHINESE, ids=name_of)
def test_every_page_has_a_chinese_one(page: Path) -> None:
    assert page.is_file()


def test_every_chinese_page_has_an_english_one() -> None:
    assert set((DOCS / "zh").rglob("*.md")) - set(CHINESE) == set()


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda page: name_of(page))
def test_headings_and_code_correspond(english: Path, chinese: Path) -> None:
    ours, theirs = headings(text_of(english)), headings(text_of(chinese))
    assert [level for level, _ in ours] == [level for level, _ in theirs], list(zip(ours, theirs, strict=False))
    assert len(fenced(text_of(english))) == len(fenced(text_of(chinese)))


def test_the_readmes_show_the_same_commands() -> None:
    assert fenced(text_of(ROOT / "README.md")) == fenced(text_of(ROOT / "README.zh-CN.md"))


# Links


def links(page: Path) -> Iterator[tuple[str, str]]:
    """(target, anchor) of every link or picture that stays in the repository."""
    text = prose(text_of(page))
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|href|srcset)=\"([^\"]+)\"", text):
        where = target[0] or target[1]
        if not re.match(r"[a-z]+:", where):
            path, _, place = where.partition("#")
            yield path, place


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for path, place in links(page):
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            broken.append(path)
        elif place and place not in {anchor(words) for _, words in headings(text_of(target))}:
            broken.append(f"{path}#{place}")
    assert broken == []


# Commands


def test_make_targets_that_are_named_exist() -> None:
    named = {
        target for page in PAGES for target in re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", code(text_of(page)))
    }
    assert named - make_targets() == set()


@pytest.mark.parametrize("target", sorted(make_targets()))
def test_every_make_target_is_documented(target: str) -> None:
    assert any(re.search(rf"\bmake {target}\b", code(text_of(page))) for page in PAGES)


def commands(application: typer.Typer) -> dict[str, Any]:
    """Name -> None for a command, a dict again for a group; a group without a name adds its commands to ours."""
    known: dict[str, Any] = {
        str(command.name or getattr(command.callback, "__name__", "")): None
        for command in application.registered_commands
    }
    for group in application.registered_groups:
        if group.typer_instance:
            inner = commands(group.typer_instance)
            known |= {group.name: inner} if isinstance(group.name, str) else inner
    return known


def test_commands_that_are_named_exist() -> None:
    known = commands(app)
    unknown = set()
    for page in PAGES:
        for first, second in re.findall(r"\./returndesk ([a-z]+)(?: ([a-z]+))?", code(text_of(page))):
            group = known.get(first)
            if first not in known or (group is not None and second not in group):
                unknown.add((name_of(page), first, second))
    assert unknown == set()


def test_files_that_are_named_exist() -> None:
    roots = "actions|aftersales|benchmarks|bot|connectors|data|desk|docs|models|requirements|runtime|tests"
    missing = set()
    for page in PAGES:
        for path in re.findall(rf"(?<![\w/.-])((?:{roots})/[\w./-]+\w/?)(?![\w<*{{-])", code(text_of(page))):
            if not (ROOT / path).exists():
                missing.add((name_of(page), path))
    assert missing == set()


# Settings


def variable(setting: str) -> str:
    return f"RETURNDESK_{setting.upper()}"


def settings_table(page: Path) -> dict[str, tuple[str, str]]:
    """Variable -> (default, description)."""
    rows = [row for row in table_rows(text_of(page)) if re.fullmatch(r"`RETURNDESK_[A-Z_]+`", row[0])]
    assert all(len(row) >= 3 for row in rows)
    return {row[0].strip("`"): (row[1].strip("`"), row[2]) for row in rows}


def written(default: object) -> str:
    """A default as one writes it in the environment; secrets and empty lists are empty."""
    value = getattr(default, "get_secret_value", lambda: default)()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("page", [DOCS / "settings.md", DOCS / "zh" / "settings.md"], ids=name_of)
def test_the_settings_table_is_the_settings(page: Path) -> None:
    described = settings_table(page)
    fields = {variable(name): written(field.default) for name, field in Settings.model_fields.items()}
    assert {name: default for name, (default, _) in described.items()} == fields
    assert [name for name, (_, words) in described.items() if not words] == []


def test_variables_that_are_named_are_settings() -> None:
    known = {variable(name) for name in Settings.model_fields} | OF_TESTS
    named = {found for page in PAGES for found in re.findall(r"\bRETURNDESK_[A-Z_]*[A-Z]\b", text_of(page))}
    assert named - known == set()


# States


def machine_rows(machine: Mapping[tuple[State, Trigger], State]) -> list[tuple[str, ...]]:
    return [(state.value, trigger.value, following.value) for (state, trigger), following in machine.items()]


RETURNS = [*machine_rows(RETURN_MACHINE), *machine_rows(REFUND_MACHINE)]
CHANGES = machine_rows(CHANGE_MACHINE)


@pytest.mark.parametrize("folder", [DOCS, DOCS / "zh"], ids=name_of)
@pytest.mark.parametrize(("name", "machines"), [("returns.md", RETURNS), ("order-changes.md", CHANGES)])
def test_the_state_tables_are_the_state_machines(folder: Path, name: str, machines: list[tuple[str, ...]]) -> None:
    page = folder / name
    rows = [tuple(cell.strip("`") for cell in row[:3]) for row in table_rows(text_of(page)) if len(row) >= 3]
    told = [row for row in rows if all(re.fullmatch(r"[a-z_]+", cell) for cell in row) and row[0] != "state"]
    assert sorted(told) == sorted(machines)


@pytest.mark.parametrize("page", [DOCS / "cases.md", DOCS / "zh" / "cases.md"], ids=name_of)
def test_the_table_of_cases_is_their_state_machine(page: Path) -> None:
    rows = [tuple(cell.strip("`") for cell in row[:3]) for row in table_rows(text_of(page)) if len(row) == 4]
    told = [row for row in rows if all(re.fullmatch(r"[a-z_]+", cell) for cell in row) and row[0] != "state"]
    assert told == machine_rows(CASE_MACHINE)


# Signing


def test_the_tokens_of_the_guide_are_accepted() -> None:
    (sample,) = (block for block in fenced(text_of(ROOT / "README.md")) if block.startswith("```python"))
    guide: dict[str, Any] = {}
    exec(sample.removeprefix("```python").removesuffix("```"), guide)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    secret = "a secret that is long enough for it"
    audience = Settings.model_fields["site_token_audience"].default
    for token, key in (
        (guide["with_shared_secret"]("c1", secret), secret),
        (guide["with_private_key"]("c1", pem), public),
    ):
        assert SiteTokens(key, audience=audience).verify(token).customer_id == "c1"


# Versions, connectors, licence


def project() -> Any:
    return tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]


def test_the_newest_change_is_of_this_version() -> None:
    versions = re.findall(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == project()["version"]


def test_the_api_is_of_this_version() -> None:
    assert read_yaml(ROOT / "runtime" / "api_docs" / "openapi.yml")["info"]["version"] == project()["version"]


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert project()["license"] == "Apache-2.0"
    assert re.search(r"Apache License\s+Version 2\.0, January 2004", text_of(ROOT / "LICENSE"))


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in ROOT.glob("connectors/*/*.py")}))
def test_every_connector_is_documented(folder: str) -> None:
    for pages in ([ROOT / "README.md", *ENGLISH], [ROOT / "README.zh-CN.md", *CHINESE]):
        assert any(f"connectors/{folder}" in text_of(page) for page in pages)
