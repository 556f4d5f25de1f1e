"""The table of what customers were promised, and what became of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from aftersales.stores.base import UtcDateTime, metadata

promises = Table(
    "promises",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(20), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("number", String(32), nullable=False),
    Column("conversation_id", String(64), nullable=False),
    Column("customer_id", String(100)),
    Column("language", String(2), nullable=False),
    Column("told_by", String(120), nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Column("late_from", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("moved_to", UtcDateTime),
    Column("late_told_at", UtcDateTime),
    Column("kept_at", UtcDateTime),
    Column("broken_at", UtcDateTime),
    Column("released_at", UtcDateTime),
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("seq", Integer),
    Column("warn_from", UtcDateTime),
    Column("warned_at", UtcDateTime),
    Index("ix_promises_subject", "subject", "subject_id"),
    Index("ix_promises_conversation", "conversation_id"),
    Index("ix_promises_open", "kept_at", "released_at", "due_at"),
)
