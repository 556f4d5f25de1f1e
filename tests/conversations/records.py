"""What the database holds of one customer, and whether that is what a script says."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

Fill = Callable[[str], str]
# Tables have the time of their rows under one of these names.
_TIMES = ("created_at", "placed_at", "at")
# What hangs on the rows of a table: its name there, its own table, the column that leads back, its order.
_PARTS = {
    "returns": ("lines", "return_lines", "return_id", "position"),
    "cases": ("notes", "case_notes", "case_id", "at"),
}


def open_database(folder: Path) -> closing[sqlite3.Connection]:
    """The service's database, for reading."""
    database = sqlite3.connect(f"file:{folder / 'returndesk.sqlite3'}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return closing(database)


def conversation_of(database: sqlite3.Connection, *, session_token: str) -> str:
    """The conversation that the token opens."""
    name = hashlib.sha256(session_token.encode()).hexdigest()
    query = "SELECT conversation_id FROM chat_sessions WHERE token_hash = ?"
    return str(database.execute(query, [name]).fetchone()["conversation_id"])


def rows(
    database: sqlite3.Connection, table: str, *, customer: str, conversations: Collection[str]
) -> list[dict[str, Any]]:
    """Rows of this customer or of these conversations, oldest first, with their lines or notes."""
    columns = {row["name"] for row in database.execute(f"PRAGMA table_info({table})")}
    own, values = [], []
    if "customer_id" in columns:
        own.append("customer_id = ?")
        values.append(customer)
    if "conversation_id" in columns:
        own.append(f"conversation_id IN ({','.join('?' * len(conversations))})")
        values.extend(conversations)
    time = next(name for name in _TIMES if name in columns)
    query = f"SELECT * FROM {table} WHERE {' OR '.join(own)} ORDER BY {time}"
    found = [dict(row) for row in database.execute(query, values)]
    if table in _PARTS:
        name, parts, owner, order = _PARTS[table]
        for row in found:
            query = f"SELECT * FROM {parts} WHERE {owner} = ? ORDER BY {order}"
            row[name] = [dict(part) for part in database.execute(query, [row["id"]])]
    return found


def agree(found: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]], *, fill: Fill) -> bool:
    """Whether there are just these rows, each with what its part says; texts are patterns for the whole value."""
    return len(found) == len(wanted) and all(
        holds(row, part, fill=fill) for row, part in zip(found, wanted, strict=True)
    )


def holds(row: Mapping[str, Any], part: Mapping[str, Any], *, fill: Fill) -> bool:
    return all(name in row and _like(row[name], value, fill=fill) for name, value in part.items())


def _like(found: Any, wanted: Any, *, fill: Fill) -> bool:
    if isinstance(wanted, str):
        return re.fullmatch(fill(wanted), str(found), re.DOTALL) is not None
    if isinstance(wanted, Sequence):
        return agree(found, wanted, fill=fill)
    return bool(found == wanted)
