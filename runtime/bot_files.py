"""The bot's wiring with real ports and secrets, written into the data folder (Rasa reads files only)."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.engine import URL, make_url

from runtime.places import bot_folder, temporary_folder
from runtime.settings import Settings


def write_bot_files(settings: Settings) -> None:
    """Writes credentials.yml and endpoints.yml (mode 0600). The secrets of `settings` must be filled."""
    folder = bot_folder(settings.data).absolute()
    folder.mkdir(mode=0o700, exist_ok=True)
    _clear(temporary_folder(settings.data))
    secret = settings.internal_secret.get_secret_value()
    _write(folder / "credentials.yml", {"bot.channel.ReturnDeskChannel": {"token": secret}})
    _write(
        folder / "endpoints.yml",
        {
            "action_endpoint": {
                "url": f"http://127.0.0.1:{settings.actions_port}/webhook",
                "token": secret,
                "enable_selective_domain": True,
            },
            "tracker_store": tracker_store(settings.database, folder=folder),
        },
    )
    _make_tracker_file(folder / "trackers.sqlite3")


def tracker_store(database: str, *, folder: Path) -> dict[str, Any]:
    """Rasa's trackers: a SQLite file of their own, or the service's PostgreSQL database (table `events`)."""
    url: URL = make_url(database)
    if url.get_backend_name() == "sqlite":
        return {"type": "SQL", "dialect": "sqlite", "db": str(folder / "trackers.sqlite3")}
    return {
        "type": "SQL",
        "dialect": "postgresql",
        "url": url.host or "127.0.0.1",
        "port": url.port or 5432,
        "db": url.database or "",
        "username": url.username or "",
        "password": url.password or "",
        **({"query": {"sslmode": str(url.query["ssl"])}} if "ssl" in url.query else {}),
    }


def _clear(temporary: Path) -> None:
    """Removes what a killed bot has left behind; single files are caches and stay."""
    temporary.mkdir(mode=0o700, exist_ok=True)
    for left in temporary.iterdir():
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)


def _make_tracker_file(path: Path) -> None:
    """WAL is a property of the file: readers and the one writer do not block each other."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _write(path: Path, content: dict[str, Any]) -> None:
    text = yaml.safe_dump(content, sort_keys=False)
    # Rasa replaces ${NAME} in its files by the environment; a value of ours must not be read so.
    if "${" in text:
        raise ValueError(f"{path.name}: a value holds ${{")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf8") as file:
        file.write(text)
