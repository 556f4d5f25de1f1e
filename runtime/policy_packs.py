"""The policies that ship with the product: ready packs to start from, and the one of the demo shop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runtime.places import ROOT

PACKS = ROOT / "policies"


def pack_names() -> Sequence[str]:
    return sorted(path.stem for path in PACKS.glob("*.yml"))


def pack(name: str) -> Path:
    """Raises KeyError when there is no such pack."""
    if name not in pack_names():
        raise KeyError(name)
    return PACKS / f"{name}.yml"


def shipped_policies() -> Sequence[Path]:
    return [ROOT / "returns_policy.yml", *(pack(name) for name in pack_names())]
