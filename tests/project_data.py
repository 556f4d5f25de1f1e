"""What the tests of data and documents read: rules, responses, examples, and the names that code uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
LANGUAGES = ("zh", "en")


@cache
def read_yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf8"), Loader=yaml.CSafeLoader)  # as safe_load, ten times faster


def domain() -> Any:
    return read_yaml(ROOT / "domain.yml")


def forms() -> Mapping[str, list[str]]:
    """Form name -> the slots that it requires."""
    return {name: form["required_slots"] for name, form in domain()["forms"].items()}


def responses() -> Iterator[tuple[Path, str, list[dict[str, Any]]]]:
    """Every response with its file and its variations."""
    for path in sorted((DATA / "responses").glob("*.yml")):
        for name, variations in read_yaml(path)["responses"].items():
            yield path, name, variations


def variation_language(variation: Mapping[str, Any]) -> str | None:
    """The language that a variation is conditioned on; None where that is not its one condition."""
    match variation.get("condition"):
        case [{"type": "slot", "name": "language", "value": str(language)}]:
            return language
    return None


def rules() -> Iterator[dict[str, Any]]:
    for path in sorted((DATA / "rules").glob("*.yml")):
        yield from read_yaml(path)["rules"]


def flat_steps(rule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a rule with alternatives unfolded."""
    for step in rule["steps"]:
        yield from step.get("or", [step])


def examples(language: str) -> Iterator[tuple[str, str]]:
    """(intent, example) of one language."""
    for path in sorted((DATA / "nlu" / language).glob("*.yml")):
        for entry in read_yaml(path)["nlu"]:
            for line in entry["examples"].splitlines():
                if line.strip():
                    yield entry["intent"], line.strip().removeprefix("- ").strip()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf8"))


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every string literal that is not a docstring, pieces of f-strings included."""
    tree = parsed(path)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def composed_prefixes(path: Path) -> Iterator[str]:
    """How every f-string begins that begins with words of its own."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.JoinedStr) and len(node.values) > 1:
            first = node.values[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
