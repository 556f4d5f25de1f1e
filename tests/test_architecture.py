"""What the import rules in pyproject.toml cannot say."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.project_data import ROOT, parsed, python_files


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", python_files("aftersales/domain"), ids=lambda path: path.stem)
def test_the_domain_knows_the_standard_library_alone(path: Path) -> None:
    others = {name for name in imported(path) if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in others if not name.startswith("aftersales.domain")} == set()


def test_every_connector_has_its_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [layer for contract in contracts if contract["type"] == "layers" for layer in contract["layers"]]
    placed = {name.strip() for layer in layers for name in re.split("[|:]", layer)}
    modules = [f"connectors.{path.parent.name}.{path.stem}" for path in ROOT.glob("connectors/*/[!_]*.py")]
    assert [name for name in modules if not {name, name.rpartition(".")[0]} & placed] == []
