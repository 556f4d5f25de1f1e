"""`returndesk migration`: for developers, writes a migration after a change of the tables."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

import typer

from aftersales.stores import migrations
from aftersales.stores.base import make_engine

VERSIONS = Path(migrations.__file__).parent / "versions"


def next_number() -> str:
    """Four digits, one more than the newest migration's."""
    numbers = [int(path.name[:4]) for path in VERSIONS.glob("[0-9][0-9][0-9][0-9]_*.py")]
    return f"{max(numbers, default=0) + 1:04}"


def write(message: str) -> None:
    """Writes the next migration from the tables that all present migrations make to the tables of the code."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9 ,]{2,60}", message):
        raise typer.BadParameter("a short sentence that begins with a capital letter")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_write(f"sqlite+aiosqlite:///{folder}/scratch.sqlite3", message))


async def _write(url: str, message: str) -> None:
    engine = make_engine(url)
    try:
        await migrations.upgrade(engine)
        await migrations.revise(engine, message, number=next_number())
    finally:
        await engine.dispose()
