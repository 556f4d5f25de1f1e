"""The bot's wiring with real ports and secrets, written into the data folder (Rasa reads files only)."""

from __future__ import annotations

import os
import shutil
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
                # As a header: Rasa would put a token into the address, which some errors of its client repeat.
                "headers": {"Authorization": f"Bearer {secret}"},
                "enable_selective_domain": True,
            },
            "tracker_store": tracker_store(settings.database, folder=folder),
        },
    )


def tracker_store(database: str, *, folder: Path) -> dict[str, Any]:
    """The bot's sessions: a SQLite file of their own, or table `bot_sessions` of the service's PostgreSQL."""
    url: URL = make_url(database)
    if url.get_backend_name() == "sqlite":
        own = URL.create("sqlite", database=str(folder / "trackers.sqlite3"))
    else:
        encrypted = {"sslmode": str(url.query["ssl"])} if "ssl" in url.query else {}
        own = url.set(drivername="postgresql", query=encrypted)
    return {"type": "bot.sessions.SessionStore", "url": own.render_as_string(hide_password=False)}


def _clear(temporary: Path) -> None:
    """Removes what a killed bot has left behind; single files are caches and stay."""
    temporary.mkdir(mode=0o700, exist_ok=True)
    for left in temporary.iterdir():
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)


def _write(path: Path, content: dict[str, Any]) -> None:
    text = yaml.safe_dump(content, sort_keys=False)
    # Rasa replaces ${NAME} in its files by the environment; a value of ours must not be read so.
    if "${" in text:
        raise ValueError(f"{path.name}: a value holds ${{")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf8") as file:
        file.write(text)
