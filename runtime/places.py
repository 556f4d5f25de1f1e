"""Where things lie: in the checkout and in the data folder."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"


def make_data_folder(data: Path) -> None:
    """Makes the data folder, for its owner only. Raises OSError."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)


def bot_folder(data: Path) -> Path:
    """The bot's wiring and its trackers."""
    return data / "bot"


def temporary_folder(data: Path) -> Path:
    """The bot's own temporary files (jieba trusts its cache there, so nobody else may write to it)."""
    return (bot_folder(data) / "tmp").absolute()


def pids_file(data: Path) -> Path:
    """JSON: the process id of the supervisor and of each of its processes."""
    return data / "pids.json"
