"""Brings a database to the present tables (Alembic; the configuration is built in code)."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.stores import schema

_LOCK = 7_368_011  # any number that nobody else locks in this database


def load_tables() -> None:
    """Imports every module of the schema, so that the metadata knows all tables."""
    for module in pkgutil.iter_modules(schema.__path__):
        importlib.import_module(f"{schema.__name__}.{module.name}")


async def upgrade(engine: AsyncEngine) -> None:
    """Runs the missing migrations in one transaction; harmless when there are none.

    Several processes may do so at once: the second waits for the first (BEGIN IMMEDIATE in SQLite, an advisory
    lock in PostgreSQL).
    """
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def revise(engine: AsyncEngine, message: str, *, number: str) -> None:
    """Writes migration `number` (four digits) from the database's tables to those of the code; for developers."""
    async with engine.begin() as connection:
        await connection.run_sync(
            lambda sync: command.revision(_config(sync), message, autogenerate=True, rev_id=number)
        )


async def is_current(engine: AsyncEngine) -> bool:
    """Whether no migration is missing."""
    async with engine.connect() as connection:
        return await connection.run_sync(_is_current)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    if not _is_current(connection):
        command.upgrade(_config(connection), "head")


def _is_current(connection: Connection) -> bool:
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
