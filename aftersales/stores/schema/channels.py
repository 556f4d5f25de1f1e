"""Tables of messaging apps: what they told, the threads with their customers, and what was sent."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from aftersales.stores.base import UtcDateTime, metadata

_DUE = text("due_at IS NOT NULL")
_OPEN = text("done_at IS NULL")

threads = Table(
    "threads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("account", String(64), nullable=False),
    Column("sender", String(128), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="SET NULL"), index=True),
    Column("customer_id", String(64), index=True),
    Column("remaining", Integer),
    Column("until", UtcDateTime),
    Column("sent_seq", Integer, nullable=False),
    Column("sending_seq", Integer, nullable=False),
    Column("cursor", String(128), nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    # The lease of the worker that is at it just now; not part of the thread itself.
    Column("busy_until", UtcDateTime),
    UniqueConstraint("channel", "account", "sender", name="uq_threads_sender"),
    Index("ix_threads_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
)

pushes = Table(
    "pushes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("account", String(64), nullable=False),
    Column("sender", String(128), nullable=False),
    Column("key", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("rank", BigInteger, nullable=False),
    Column("body", JSON, nullable=False),
    Column("granted", Integer),
    Column("granted_seconds", Integer),
    Column("received_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime, index=True),
    UniqueConstraint("channel", "account", "key", name="uq_pushes_key"),
    Index("ix_pushes_open", "channel", "account", "sender", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("last_seq", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reference", String(64), nullable=False, index=True),
    Column("reason", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
