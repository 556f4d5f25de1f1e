"""Alembic's environment: always on a connection that is handed in (see __init__), never on a URL."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from aftersales.stores.base import UtcDateTime, metadata
from aftersales.stores.migrations import load_tables


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name plain SQLAlchemy types, so that they stay as they are when our own types change."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leaves tables alone that are not ours (the bot keeps its own in the same PostgreSQL database)."""
    return kind != "table" or name in metadata.tables


def run() -> None:
    """Runs inside the caller's transaction."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        include_name=include_name,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


load_tables()
run()
