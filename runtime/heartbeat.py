"""The worker's sign of life: a file that it touches each second, looked at by the front's health."""

from __future__ import annotations

from pathlib import Path


def beat_file(data: Path) -> Path:
    return data / "worker.heartbeat"


def beat(data: Path) -> None:
    """Says that the worker is alive."""
    data.mkdir(parents=True, exist_ok=True)
    beat_file(data).touch()
